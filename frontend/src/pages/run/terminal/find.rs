//! Looking for something in what a terminal has shown.

use leptos::{ev::KeyboardEvent, html};
use web_sys::EventTarget;

use super::{screen::Screen, session::Session};
use crate::{components::Icon, prelude::*, terminal_text};

/// The bar over a terminal; hidden until it is asked for.
#[component]
pub(super) fn FindBar(session: Session) -> impl IntoView {
    let asks = session.asks;
    let held = StoredValue::new_local(session);
    let open = RwSignal::new(false);
    let text = RwSignal::new(String::new());
    let (match_case, pattern) = (RwSignal::new(false), RwSignal::new(false));
    let is_none = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let look = move |step: i32| {
        let (match_case, pattern) = (match_case.get_untracked(), pattern.get_untracked());
        let look = |screen: &Screen| text.with_untracked(|text| screen.look(text, match_case, pattern, step));
        let found = held.with_value(|session| session.with_screen(look));
        is_none.set(found == Some(false));
    };
    let close = move || {
        open.set(false);
        held.with_value(|session| {
            session.with_screen(|screen| {
                screen.stop_looking();
                screen.focus();
            })
        });
    };
    Effect::new(move |before: Option<u32>| {
        let asked = asks.finding.get();
        if before.is_some_and(|before| before != asked) {
            open.set(true);
            // It is there, and can be typed into, once the bar is drawn.
            request_animation_frame(move || {
                if let Some(input) = input.get_untracked() {
                    let _ = input.focus();
                    input.select();
                }
                look(0);
            });
        }
        asked
    });
    // Enter on a button presses that.
    let is_input = move |event: &KeyboardEvent| {
        let target = event.target();
        input
            .get_untracked()
            .is_some_and(|input| target.is_some_and(|target| *AsRef::<EventTarget>::as_ref(&input) == target))
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            close();
        }
        "Enter" if is_input(&event) => {
            event.prevent_default();
            look(if event.shift_key() { -1 } else { 1 });
        }
        // It is open already, and the browser's own would not find what is scrolled out.
        "f" | "F" if event.ctrl_key() || event.meta_key() => {
            event.prevent_default();
            if let Some(input) = input.get_untracked() {
                input.select();
            }
        }
        _ => {}
    };
    let told = move || match (text.with(String::is_empty), is_none.get(), asks.found.get()) {
        (true, _, _) => String::new(),
        (_, true, _) => t!("Not a pattern").to_owned(),
        (_, _, found) => found.map_or_else(String::new, |(at, count)| terminal_text::found(at, count)),
    };
    let none = move || {
        text.with(String::is_empty) || is_none.get() || asks.found.get().is_none_or(|(_, count)| count == 0)
    };
    let toggle = move |on: RwSignal<bool>| {
        on.update(|on| *on = !*on);
        look(0);
    };
    view! {
        <Show when=move || open.get()>
            <search class="term__find" aria-label="Terminal" on:keydown=key>
                <label class="search">
                    <Icon name="search"/>
                    <input class="search__input" type="text" placeholder="Find" aria-label="Find in the terminal" autocomplete="off" spellcheck="false" node_ref=input
                        prop:value=text
                        on:input:target=move |event| {
                            text.set(event.target().value());
                            look(0);
                        }/>
                </label>
                <button class="btn term__toggle" data-kind="quiet" data-icon="" data-size="sm" aria-label="Match case" title="Match case" aria-pressed=move || match_case.get().to_string() on:click=move |_| toggle(match_case)>"Aa"</button>
                <button class="btn term__toggle" data-kind="quiet" data-icon="" data-size="sm" aria-label="Regular expression" title="Regular expression" aria-pressed=move || pattern.get().to_string() on:click=move |_| toggle(pattern)>".*"</button>
                <output class="term__found" aria-live="polite">{told}</output>
                <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="Previous match" title="Previous match (Shift Enter)" disabled=none on:click=move |_| look(-1)><Icon name="up"/></button>
                <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="Next match" title="Next match (Enter)" disabled=none on:click=move |_| look(1)><Icon name="down"/></button>
                <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="Close the search" title="Close (Escape)" on:click=move |_| close()><Icon name="x"/></button>
            </search>
        </Show>
    }
}
