//! The log: follows its end, and stays where the reader is.

use berth_shared::api::{LogLine, LogSource};
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::Subject;
use crate::{components::Icon, format, live::feed::LogTail, log_text};

/// How many lines stand in the page at once; *Load earlier* adds as many again.
const SHOWN: u64 = 5_000;
/// How near to its end, in pixels, a log counts as scrolled to the end.
const NEAR: i32 = 24;

/// Which lines of the log the page shows: from `first` up to but without `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Window {
    first: u64,
    end: u64,
    limit: u64,
}

/// The panel. Lines are put into the page by hand: a keyed list would compare thousands for each new one.
#[component]
pub(super) fn Logs(subject: Subject, follow: RwSignal<bool>, shown: Signal<bool>) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let lines = NodeRef::<html::Div>::new();
    let window = StoredValue::new(Window { limit: SHOWN, ..Window::default() });
    let earlier = RwSignal::new(false);
    let log = subject.feed.log.clone();
    let run = subject.run;

    let to_end = move || {
        if let Some(scroller) = scroller.get_untracked() {
            scroller.set_scroll_top(scroller.scroll_height());
        }
    };
    Effect::new({
        let log = log.clone();
        move |_| {
            let Some(node) = lines.get() else { return };
            log.with(|log| {
                window.update_value(|window| *window = draw(&node, log, *window));
                earlier.set(window.with_value(|window| window.first) > log.first());
            });
            // A hidden panel cannot scroll: it does so when it is shown again.
            if shown.get() && follow.get() {
                to_end();
            }
        }
    });
    let on_scroll = move |_| {
        let Some(scroller) = scroller.get_untracked() else { return };
        let left = scroller.scroll_height() - scroller.scroll_top() - scroller.client_height();
        let at_end = left <= NEAR;
        if shown.get_untracked() && at_end != follow.get_untracked() {
            follow.set(at_end);
        }
    };
    let load_earlier = {
        let log = log.clone();
        move |_| {
            let (Some(node), Some(scroller)) = (lines.get_untracked(), scroller.get_untracked()) else {
                return;
            };
            follow.set(false);
            let below = scroller.scroll_height() - scroller.scroll_top();
            log.with_untracked(|log| {
                window.update_value(|window| {
                    window.limit += SHOWN;
                    let first = log.end().saturating_sub(window.limit).max(log.first());
                    prepend(&node, log, first, window.first);
                    window.first = first;
                });
                earlier.set(window.with_value(|window| window.first) > log.first());
            });
            // What the reader looks at stays where it is.
            scroller.set_scroll_top(scroller.scroll_height() - below);
        }
    };
    let empty = {
        let log = log.clone();
        Memo::new(move |_| log.with(|log| log.end() == 0))
    };
    let note = move || {
        let answered = log.with(LogTail::is_answered);
        match (answered, run.with(|run| run.status.is_finished())) {
            (false, _) => "Loading the log…",
            (true, false) => "Nothing was written yet. Lines appear here as they are.",
            (true, true) => "It wrote nothing.",
        }
    };
    view! {
        <div class="log__view">
            <div class="log" role="log" tabindex="0" aria-label="Log" node_ref=scroller on:scroll=on_scroll>
                <Show when=move || earlier.get()>
                    <button class="btn log__earlier" data-size="sm" on:click=load_earlier.clone()><Icon name="history"/>"Load earlier lines"</button>
                </Show>
                <Show when=move || empty.get()><p class="log__note">{note.clone()}</p></Show>
                <div node_ref=lines></div>
            </div>
            <Show when=move || !follow.get() && !empty.get()>
                <button class="btn log__jump" data-size="sm" on:click=move |_| { follow.set(true); to_end(); }><Icon name="down"/>"To the end"</button>
            </Show>
        </div>
    }
}

/// Brings the page to what the log now is; gives the lines that it then shows.
fn draw(node: &HtmlElement, log: &LogTail, window: Window) -> Window {
    let end = log.end();
    let first = window.first.max(end.saturating_sub(window.limit)).max(log.first());
    for _ in window.first..first.min(window.end) {
        if let Some(line) = node.first_element_child() {
            line.remove();
        }
    }
    if window.end < end {
        let fragment = document().create_document_fragment();
        for line in (window.end.max(first)..end).filter_map(|number| log.line(number)) {
            if let Some(line) = element(line) {
                let _ = fragment.append_child(&line);
            }
        }
        let _ = node.append_child(&fragment);
    }
    Window { first, end, limit: window.limit }
}

fn prepend(node: &HtmlElement, log: &LogTail, from: u64, to: u64) {
    let fragment = document().create_document_fragment();
    for line in (from..to).filter_map(|number| log.line(number)) {
        if let Some(line) = element(line) {
            let _ = fragment.append_child(&line);
        }
    }
    let _ = node.insert_before(&fragment, node.first_child().as_ref());
}

fn element(line: &LogLine) -> Option<Element> {
    let make = |class: &str, text: &str| {
        let span = document().create_element("span").ok()?;
        span.set_class_name(class);
        span.set_text_content(Some(text));
        Some(span)
    };
    let text = log_text::plain(&line.text);
    let row = document().create_element("div").ok()?;
    row.set_class_name("log__line");
    let stream = match line.source {
        LogSource::Stdout => None,
        LogSource::Stderr => Some("stderr"),
        LogSource::System => Some("system"),
    };
    if let Some(stream) = stream {
        let _ = row.set_attribute("data-stream", stream);
    }
    if let Some(level) = log_text::level(&text) {
        let _ = row.set_attribute("data-level", level);
    }
    let time = make("log__time", &format::clock_seconds(line.at))?;
    let _ = time.unchecked_ref::<HtmlElement>().set_attribute("title", &format::exact(line.at));
    let _ = row.append_child(&time);
    let body = make("log__text", &text)?;
    let _ = row.append_child(&body);
    Some(row)
}
