//! A row as it is in the page.

use std::ops::Range;

use berth_shared::{
    api::LogSource,
    log::{self, Color, Needle, Row, Span, Style},
};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::{format, log_text};

/// How much of a row is shown, characters: more makes no line that anybody reads.
const SHOWN: usize = 20_000;

/// Makes a row; `None` stands for one that has not come yet.
pub(super) fn row(row: Option<&Row>, needle: Option<&Needle>) -> Option<Element> {
    let line = make("div", "log__line")?;
    let Some(row) = row else {
        line.set_attribute("data-missing", "").ok()?;
        let time = make("span", "log__time")?;
        line.append_child(&time).ok()?;
        let text = make("span", "log__text")?;
        text.set_text_content(Some("…"));
        line.append_child(&text).ok()?;
        return Some(line.into());
    };
    if let Some(stream) = stream(row.source) {
        line.set_attribute("data-stream", stream).ok()?;
    }
    let time = make("span", "log__time")?;
    time.set_text_content(Some(&format::clock_millis(row.at)));
    time.set_attribute("title", &format::exact(row.at)).ok()?;
    line.append_child(&time).ok()?;
    let text = make("span", "log__text")?;
    let spans = shown(log::spans(&row.text));
    let plain: String = spans.iter().map(|span| span.text.as_str()).collect();
    if let Some(level) = log_text::level(&plain) {
        line.set_attribute("data-level", level).ok()?;
    }
    let places = needle.map(|needle| needle.places(&plain)).unwrap_or_default();
    let mut at = 0;
    for span in &spans {
        let end = at + span.text.len();
        let holder = if span.style == Style::default() { text.clone() } else { styled(span.style)? };
        marked(&holder, &span.text, at..end, &places)?;
        if span.style != Style::default() {
            text.append_child(&holder).ok()?;
        }
        at = end;
    }
    line.append_child(&text).ok()?;
    Some(line.into())
}

/// The stream that a row's look depends on.
pub(in crate::pages) fn stream(source: LogSource) -> Option<&'static str> {
    match source {
        LogSource::Stdout => None,
        LogSource::Stderr => Some("stderr"),
        LogSource::System => Some("system"),
    }
}

fn shown(mut spans: Vec<Span>) -> Vec<Span> {
    let mut left = SHOWN;
    for span in &mut spans {
        match span.text.char_indices().nth(left) {
            Some((at, _)) => {
                span.text.truncate(at);
                span.text.push('…');
                left = 0;
            }
            None => left -= span.text.chars().count(),
        }
    }
    spans
}

/// Puts the text at `range` of the row into `to`, with what was looked for marked.
fn marked(to: &HtmlElement, text: &str, range: Range<usize>, places: &[Range<usize>]) -> Option<()> {
    let add = |from: usize, until: usize| {
        let node = document().create_text_node(text.get(from..until)?);
        to.append_child(&node).ok()
    };
    let mut at = range.start;
    for place in places.iter().filter(|place| place.start < range.end && place.end > range.start) {
        let (from, until) = (place.start.max(range.start), place.end.min(range.end));
        if from > at {
            add(at - range.start, from - range.start)?;
        }
        let mark = make("mark", "log__mark")?;
        mark.set_text_content(text.get(from - range.start..until - range.start));
        to.append_child(&mark).ok()?;
        at = until;
    }
    if at < range.end {
        add(at - range.start, range.end - range.start)?;
    }
    Some(())
}

/// A span in this style; the style sheet makes readable colours of those that programs choose.
fn styled(style: Style) -> Option<HtmlElement> {
    let span = make("span", "ansi")?;
    let ink = style.foreground;
    // What is written in inverse stands on its own ink, which the style sheet keeps readable.
    let paper = style.background.filter(|_| !style.inverse);
    let flags = [
        ("data-bold", style.bold),
        ("data-dim", style.dim),
        ("data-italic", style.italic),
        ("data-underline", style.underline),
        ("data-struck", style.struck),
        ("data-inverse", style.inverse),
        ("data-ink", ink.is_some()),
        ("data-paper", paper.is_some()),
    ];
    for (name, _) in flags.iter().filter(|(_, set)| *set) {
        span.set_attribute(name, "").ok()?;
    }
    for (name, color) in [("--ink", ink), ("--paper", paper)] {
        if let Some(color) = color {
            span.style().set_property(name, &css(color)).ok()?;
        }
    }
    Some(span)
}

fn css(color: Color) -> String {
    match color {
        Color::Named(index) => format!("var(--ansi-{index})"),
        Color::Rgb(red, green, blue) => format!("rgb({red} {green} {blue})"),
    }
}

fn make(name: &str, class: &str) -> Option<HtmlElement> {
    let element = document().create_element(name).ok()?;
    element.set_class_name(class);
    element.dyn_into().ok()
}
