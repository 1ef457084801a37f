//! The log: follows its end, stays where the reader is, and goes wherever they want.

mod draw;
mod find;
pub(super) mod load;
mod view;

use leptos::html;
use wasm_bindgen::{JsCast, prelude::Closure};

use self::{find::FindBar, view::View};
use super::Subject;
use crate::{
    browser,
    components::{Icon, Switch},
    format,
    live::log_book::LogBook,
    prelude::*,
};

pub(in crate::pages) use draw::stream;

/// Where the browser keeps whether times are shown.
const TIMES: &str = "berth.log.times";

/// The panel.
#[component]
pub(super) fn Logs(subject: Subject, follow: RwSignal<bool>, shown: Signal<bool>) -> impl IntoView {
    let log = subject.feed.log.clone();
    let run = subject.run;
    let view = View::new(log.clone(), subject.name.clone(), follow, shown);
    Effect::new({
        let log = log.clone();
        move |_| {
            log.track();
            if shown.get() && view.lines.get().is_some() {
                follow.track();
                view.refresh();
            }
        }
    });
    Effect::new(move |_| {
        view.current.track();
        view.needle.track();
        view.soon();
    });
    watch_size(view.scroller, view);
    let times = RwSignal::new(match browser::recall(TIMES).as_deref() {
        Some("on") => true,
        Some("off") => false,
        // There is little room on a phone.
        _ => window().inner_width().ok().and_then(|width| width.as_f64()).is_none_or(|width| width > 640.0),
    });
    let flip = move |()| {
        times.update(|times| *times = !*times);
        browser::keep(TIMES, Some(if times.get_untracked() { t!("on") } else { t!("off") }));
    };
    let state = {
        let log = log.clone();
        Memo::new(move |_| log.with(|log| (log.rows() == 0, log.is_answered(), log.dropped())))
    };
    let note = move || match (state.get().1, run.with(|run| run.status.is_finished())) {
        (false, _) => t!("Loading the log…"),
        (true, false) => t!("Nothing was written yet. Lines appear here as they are."),
        (true, true) => t!("It wrote nothing."),
    };
    let empty = move || state.get().0;
    let dropped = move || state.get().2;
    let count = {
        let log = log.clone();
        Memo::new(move |_| log.with(LogBook::rows))
    };
    let download = crate::site::endpoint(&format!("/api/v1/runs/{}/logs/download", subject.name));
    view! {
        <div class="logbar">
            <FindBar view=view/>
            <span class="logbar__spring"></span>
            <span class="meta logbar__count">{move || lines(count.get())}</span>
            <Switch on=times flip>"Times"</Switch>
            <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="To the start of the log" title="To the start of the log" on:click=move |_| view.go_to_start()><Icon name="top"/></button>
            <a class="btn" data-kind="quiet" data-icon="" data-size="sm" href=download download="" aria-label="Download the log" title="Download what the programs wrote, to the byte"><Icon name="download"/></a>
        </div>
        <Show when=move || { dropped() > 0 }>
            <p class="logbar__dropped">{move || tf!("The first {} were dropped: a log keeps its last 64 MB.", format::bytes(dropped()))}</p>
        </Show>
        <div class="log__view">
            <div class="log" role="log" tabindex="0" aria-label="Log" aria-live=move || if follow.get() { "polite" } else { "off" }
                data-times=move || times.get().then_some("") node_ref=view.scroller on:scroll=move |_| view.scrolled()>
                <Show when=empty><p class="log__note">{note}</p></Show>
                <div class="log__space" node_ref=view.space>
                    <div class="log__rows" node_ref=view.lines></div>
                </div>
            </div>
            <Show when=move || !follow.get() && !empty()>
                <button class="btn log__jump" data-size="sm" on:click=move |_| view.go_to_end()><Icon name="down"/>"To the end"</button>
            </Show>
        </div>
    }
}

fn lines(count: u64) -> String {
    match count {
        0 => String::new(),
        1 => t!("1 line").to_owned(),
        _ => tf!("{} lines", format::grouped(count)),
    }
}

/// Draws anew when the scroller becomes larger or smaller.
fn watch_size(scroller: NodeRef<html::Div>, view: View) {
    Effect::new(move |_| {
        let Some(node) = scroller.get() else { return };
        let changed = Closure::<dyn FnMut()>::new(move || {
            if !view.current.is_disposed() {
                view.soon();
            }
        });
        let Ok(observer) = web_sys::ResizeObserver::new(changed.as_ref().unchecked_ref()) else { return };
        observer.observe(view::element(&node));
        let held = StoredValue::new_local((observer, changed));
        on_cleanup(move || {
            held.try_update_value(|(observer, _)| observer.disconnect());
        });
    });
}
