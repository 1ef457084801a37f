//! The rows that are seen, and no others: a log may have millions.

use std::{collections::BTreeMap, ops::Range};

use berth_shared::log::Needle;
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{draw, load};
use crate::{
    launch::window::window as seen_lines,
    live::log_book::{LogBook, Missing, Place},
};

/// The most that browsers scroll through, pixels, with room to spare; beyond, a pixel scrolled stands for more.
const HEIGHT: f64 = 12e6;
/// How near to its end, in pixels, a log counts as scrolled to the end.
const NEAR: i32 = 24;
/// The height of a row before there is a style sheet to ask, pixels.
const LINE: f64 = 20.0;
/// How long to wait when the server does not answer, milliseconds.
const RETRY: u32 = 2000;

/// The view of a log. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) scroller: NodeRef<html::Div>,
    pub(super) space: NodeRef<html::Div>,
    pub(super) lines: NodeRef<html::Div>,
    pub(super) follow: RwSignal<bool>,
    pub(super) shown: Signal<bool>,
    /// What is looked for, and the offset of the row that was gone to.
    pub(super) needle: RwSignal<Option<Needle>>,
    pub(super) current: RwSignal<Option<u64>>,
    log: StoredValue<ArcRwSignal<LogBook>>,
    name: StoredValue<String>,
    drawn: StoredValue<BTreeMap<u64, (Stamp, Element)>, LocalStorage>,
    /// A frame was asked for.
    due: StoredValue<bool>,
    loading: StoredValue<bool>,
}

/// All that a drawn row depends on.
#[derive(Clone, PartialEq)]
struct Stamp {
    /// Its length; `None` while it is missing.
    bytes: Option<usize>,
    offset: u64,
    needle: Option<Needle>,
}

/// How rows lie in the scroller.
#[derive(Clone, Copy, Debug)]
struct Shape {
    rows: u64,
    line: f64,
    seen: f64,
    height: f64,
}

impl Shape {
    /// Pixels of the log for one that is scrolled.
    fn scale(self) -> f64 {
        let real = self.rows as f64 * self.line;
        if real > self.height && self.height > self.seen {
            (real - self.seen) / (self.height - self.seen)
        } else {
            1.0
        }
    }
}

impl View {
    pub(super) fn new(
        log: ArcRwSignal<LogBook>,
        name: String,
        follow: RwSignal<bool>,
        shown: Signal<bool>,
    ) -> Self {
        Self {
            scroller: NodeRef::new(),
            space: NodeRef::new(),
            lines: NodeRef::new(),
            follow,
            shown,
            needle: RwSignal::new(None),
            current: RwSignal::new(None),
            log: StoredValue::new(log),
            name: StoredValue::new(name),
            drawn: StoredValue::new_local(BTreeMap::new()),
            due: StoredValue::new(false),
            loading: StoredValue::new(false),
        }
    }

    pub(super) fn log(&self) -> ArcRwSignal<LogBook> {
        self.log.get_value()
    }

    pub(super) fn name(&self) -> String {
        self.name.get_value()
    }

    fn shape(&self, scroller: &HtmlElement) -> Shape {
        let rows = self.log().with_untracked(LogBook::rows);
        let line = window()
            .get_computed_style(scroller)
            .ok()
            .flatten()
            .and_then(|style| style.get_property_value("line-height").ok())
            .and_then(|text| text.strip_suffix("px")?.parse().ok())
            .unwrap_or(LINE);
        let height = (rows as f64 * line).min(HEIGHT);
        Shape { rows, line, seen: f64::from(scroller.client_height()), height }
    }

    /// Brings the page to what the log now is, and to its end where that is followed.
    pub(super) fn refresh(&self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        if !self.shown.get_untracked() {
            return;
        }
        self.paint();
        if self.follow.get_untracked() {
            scroller.set_scroll_top(scroller.scroll_height());
            self.paint();
        }
    }

    /// Draws with the next frame, once however often it is asked.
    pub(super) fn soon(&self) {
        if self.due.try_update_value(|due| std::mem::replace(due, true)) == Some(false) {
            let view = *self;
            request_animation_frame(move || {
                view.due.try_update_value(|due| *due = false);
                view.paint();
            });
        }
    }

    pub(super) fn scrolled(&self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let left = scroller.scroll_height() - scroller.scroll_top() - scroller.client_height();
        let at_end = left <= NEAR;
        if self.shown.get_untracked() && at_end != self.follow.get_untracked() {
            self.follow.set(at_end);
        }
        self.soon();
    }

    pub(super) fn go_to_end(&self) {
        self.follow.set(true);
        self.refresh();
    }

    pub(super) fn go_to_start(&self) {
        self.follow.set(false);
        if let Some(scroller) = self.scroller.get_untracked() {
            scroller.set_scroll_top(0);
        }
        self.soon();
    }

    /// Goes to the row at an offset of the log, wherever that is, and shows it as the current one.
    pub(super) fn go(&self, offset: u64) {
        let view = *self;
        view.follow.set(false);
        view.current.set(Some(offset));
        spawn_local(async move {
            for _ in 0..3 {
                match view.log().with_untracked(|log| log.place(offset)) {
                    Some(Place::Row(row)) => {
                        if !view.current.is_disposed() && view.current.get_untracked() == Some(offset) {
                            view.bring(row);
                        }
                        return;
                    }
                    Some(Place::Missing(missing)) => {
                        let _ = load::block(&view.log(), &view.name(), missing).await;
                        if view.current.is_disposed() {
                            return;
                        }
                    }
                    None => return,
                }
            }
        });
    }

    /// Scrolls so that the row is seen, in the middle unless it is seen already.
    fn bring(&self, row: u64) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let shape = self.shape(&scroller);
        let scale = shape.scale();
        let top = f64::from(scroller.scroll_top()) * scale;
        let place = row as f64 * shape.line;
        if place < top || place + shape.line > top + shape.seen {
            let wanted = (place - (shape.seen - shape.line) / 2.0).max(0.0) / scale;
            scroller.set_scroll_top(wanted as i32);
        }
        self.paint();
    }

    /// Which rows are seen now, and how far down the first of them is drawn.
    fn seen(&self, scroller: &HtmlElement) -> (Range<u64>, f64) {
        let shape = self.shape(scroller);
        let top = f64::from(scroller.scroll_top());
        let real = top * shape.scale();
        let range =
            seen_lines(-real, shape.seen, shape.line, usize::try_from(shape.rows).unwrap_or(usize::MAX));
        let range = range.start as u64..range.end as u64;
        let down = top - real + range.start as f64 * shape.line;
        (range, down)
    }

    fn paint(&self) {
        let nodes = (
            self.scroller.try_get_untracked().flatten(),
            self.space.try_get_untracked().flatten(),
            self.lines.try_get_untracked().flatten(),
        );
        let (Some(scroller), Some(space), Some(lines)) = nodes else { return };
        let height = format!("{}px", self.shape(&scroller).height);
        let style: &web_sys::CssStyleDeclaration = &HtmlElement::style(&space);
        if style.get_property_value("block-size").ok().as_deref() != Some(&height) {
            let _ = style.set_property("block-size", &height);
        }
        let (range, down) = self.seen(&scroller);
        let _ = HtmlElement::style(&lines).set_property("transform", &format!("translateY({down}px)"));
        self.draw(&lines, range.clone());
        let missing = self.log().try_update_untracked(|log| log.missing(range)).unwrap_or_default();
        if !missing.is_empty() {
            self.load();
        }
    }

    /// Puts rows into the page. Those that stay are not touched, so that what a reader has selected stays selected.
    fn draw(&self, lines: &HtmlElement, range: Range<u64>) {
        let needle = self.needle.get_untracked();
        let current = self.current.get_untracked();
        let log = self.log();
        self.drawn.update_value(|drawn| {
            drawn.retain(|number, (_, element)| {
                let stays = range.contains(number);
                if !stays {
                    element.remove();
                }
                stays
            });
            log.with_untracked(|log| {
                let here = current.and_then(|offset| log.place(offset));
                let mut before: Option<Element> = None;
                for number in range {
                    let row = log.row(number);
                    let stamp = Stamp {
                        bytes: row.map(|row| row.text.len()),
                        offset: row.map_or(0, |row| row.offset),
                        needle: needle.clone(),
                    };
                    let known = drawn.get(&number).filter(|(drawn, _)| *drawn == stamp);
                    let element = match known {
                        Some((_, element)) => element.clone(),
                        None => {
                            let Some(element) = draw::row(row, needle.as_ref()) else { continue };
                            if let Some((_, old)) = drawn.remove(&number) {
                                old.remove();
                            }
                            let next = match &before {
                                Some(before) => before.next_sibling(),
                                None => lines.first_child(),
                            };
                            let _ = lines.insert_before(&element, next.as_ref());
                            drawn.insert(number, (stamp, element.clone()));
                            element
                        }
                    };
                    let is_current = here == Some(Place::Row(number));
                    if is_current != element.has_attribute("data-current") {
                        let _ = element.toggle_attribute("data-current");
                    }
                    before = Some(element);
                }
            });
        });
    }

    /// Loads what is seen and missing, one block after the other, until nothing is.
    fn load(&self) {
        if self.loading.try_update_value(|loading| std::mem::replace(loading, true)) != Some(false) {
            return;
        }
        let view = *self;
        spawn_local(async move {
            while let Some(missing) = view.next_missing() {
                let answer = load::block(&view.log(), &view.name(), missing).await;
                if view.loading.is_disposed() {
                    return;
                }
                match answer {
                    Ok(()) => view.paint(),
                    Err(_) => gloo_timers::future::TimeoutFuture::new(RETRY).await,
                }
            }
            view.loading.try_update_value(|loading| *loading = false);
        });
    }

    fn next_missing(&self) -> Option<Missing> {
        if self.loading.is_disposed() {
            return None;
        }
        let scroller = self.scroller.try_get_untracked().flatten()?;
        let (range, _) = self.seen(&scroller);
        self.log().try_update_untracked(|log| log.missing(range))?.first().copied()
    }
}

/// The element behind a reference, for what needs no more than that.
pub(super) fn element(node: &HtmlElement) -> &Element {
    node.unchecked_ref()
}
