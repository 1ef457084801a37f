//! One terminal: a screen by xterm.js, a WebSocket of its own, a search over it, and what is said of it.

mod find;
mod screen;
mod session;

use berth_shared::api::TerminalId;
use leptos::{ev::KeyboardEvent, html, task::spawn_local};
use wasm_bindgen::JsCast;

use self::{
    find::FindBar,
    screen::Screen,
    session::{Session, State},
};
use crate::{
    browser,
    components::{Icon, Prose},
    live::{Live, machine::Connection},
    prelude::*,
    terminal_text,
};

/// The terminal.
#[component]
pub(super) fn Terminal(
    name: String,
    id: TerminalId,
    number: usize,
    shown: Signal<bool>,
    alive: Signal<bool>,
    live: Live,
    /// Counts how often a search was asked for.
    looking: Signal<u32>,
    leads: Callback<String, String>,
    on_close: Callback<()>,
    on_new: Callback<()>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let session = Session::new(&crate::site::endpoint(&format!("/api/v1/terminals/{name}/{id}")));
    let Session { state, asks, .. } = session;
    let label = tf!("Terminal {number} of {name}");
    let held = StoredValue::new_local(session);
    let begun = StoredValue::new(false);
    // The screen is measured when it is made, so it is made when it can be seen.
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        if shown.get() && !begun.get_value() {
            begun.set_value(true);
            let (session, label) = (held.get_value(), label.clone());
            request_animation_frame(move || {
                let leads = Box::new(move |address: &str| leads.run(address.to_owned()));
                spawn_local(async move { session.show(element.unchecked_into(), label, leads).await });
            });
        }
    });
    Effect::new(move |_| {
        // Who walks along the tabs with the arrow keys stays there.
        let walking = || document().query_selector("[role=tab]:focus-visible").ok().flatten().is_some();
        if shown.get() && state.get() == State::Attached && !walking() {
            held.with_value(|session| session.with_screen(Screen::focus));
        }
    });
    // When the stream is back, so is the server.
    Effect::new(move |was: Option<bool>| {
        let is = matches!(live.connection.get(), Connection::Live { .. });
        if is && was == Some(false) {
            held.with_value(Session::retry);
        }
        is
    });
    on_cleanup(move || {
        held.try_with_value(Session::close);
    });

    let retry = move |_| {
        state.set(State::Loading);
        held.with_value(Session::connect);
    };
    Effect::new(move |before: Option<u32>| {
        let asked = looking.get();
        if before.is_some_and(|before| before != asked) && shown.get_untracked() {
            asks.finding.update(|finding| *finding += 1);
        }
        asked
    });
    let answer = move |may: bool| {
        asks.many_lines.set(None);
        held.with_value(|session| session.with_screen(|screen| screen.answer_paste(may)));
    };
    let note = Memo::new(move |_| match state.get() {
        State::Attached => None,
        State::Loading => Some(t!("Connecting…").to_owned()),
        State::Waiting(at) => {
            live.now.track();
            let left = at.saturating_sub(browser::steady_millis()).div_ceil(1000);
            Some(tf!("Connection lost. What runs in it goes on. Next try in {left} s."))
        }
        State::Exited(code) => Some(terminal_text::ending(code)),
        State::Failed(why) => Some(why),
    });
    let tone = move || match state.get() {
        State::Waiting(_) => Some("warn"),
        State::Failed(_) => Some("danger"),
        _ => None,
    };
    let ended = move || matches!(state.get(), State::Exited(_) | State::Failed(_));
    view! {
        <div class="term" hidden=move || !shown.get()>
            <div class="term__screen" node_ref=node></div>
            <FindBar session=held.get_value()/>
            <Show when=move || asks.many_lines.get().is_some()>
                <ManyLines count=asks.many_lines answer=Callback::new(answer)/>
            </Show>
            <Show when=move || note.get().is_some()>
                <div class="notice term__note" role="status" data-tone=tone>
                    <Icon name="term"/>
                    <span class="notice__text"><Prose text=Signal::derive(move || note.get().unwrap_or_default())/></span>
                    <Show when=move || matches!(state.get(), State::Failed(_)) && alive.get()>
                        <button class="btn" data-size="sm" on:click=retry>"Try again"</button>
                    </Show>
                    <Show when=move || ended() && alive.get()>
                        <button class="btn" data-size="sm" on:click=move |_| on_new.run(())>"New terminal"</button>
                    </Show>
                    <Show when=ended>
                        <button class="btn" data-kind="quiet" data-size="sm" on:click=move |_| on_close.run(())>"Close"</button>
                    </Show>
                </div>
            </Show>
        </div>
    }
}

/// Asks whether lines may be pasted that a program would run one by one.
#[component]
fn ManyLines(count: RwSignal<Option<u32>>, answer: Callback<bool>) -> impl IntoView {
    let button = NodeRef::<html::Button>::new();
    Effect::new(move |_| button.get().map(|button| button.focus()));
    let text = Signal::derive(move || count.get().map(terminal_text::many_lines).unwrap_or_default());
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            answer.run(false);
        }
    };
    view! {
        <div class="notice term__note" role="alertdialog" aria-label="Paste" aria-describedby="many-lines" data-tone="warn" on:keydown=key>
            <Icon name="warn"/>
            <span class="notice__text" id="many-lines">{text}</span>
            <button class="btn" data-size="sm" node_ref=button on:click=move |_| answer.run(true)>"Paste"</button>
            <button class="btn" data-kind="quiet" data-size="sm" on:click=move |_| answer.run(false)>"Cancel"</button>
        </div>
    }
}
