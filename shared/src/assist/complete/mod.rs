//! What may be written at a place.

mod examples;
mod keys;
mod plain;
mod values;

pub(super) use values::machine;

use serde::Serialize;

use super::{
    Facts,
    cursor::{Cursor, Place},
    facts::Choice,
    outline::{Kind, Outline, ROOT},
};
use crate::{
    config::TEXT_LIMIT,
    diagnostics::{ByteRange, LineIndex, Range},
    schema::Dialect,
};

/// More than these help nobody to choose.
const MOST: usize = 100;

/// What a [`Completion`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletionKind {
    /// A key.
    Key,
    /// One of the values that a key takes.
    Value,
    /// The name of a GPU.
    Gpu,
    /// A backend.
    Backend,
    /// A region of a backend.
    Region,
    /// An instance type of a backend.
    InstanceType,
    /// One value of many that would do.
    Example,
    /// Several lines at once.
    Snippet,
}

/// A part of [`Completion::insert`], in UTF-16 code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// Its start.
    pub start: usize,
    /// Its end.
    pub end: usize,
}

/// One thing that may be written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Completion {
    /// What to show: the key or value itself.
    pub label: String,
    /// What to put in place of [`Completions::range`].
    pub insert: String,
    /// What to select of it afterwards: a value to type over. Without it the cursor goes behind it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select: Option<Selection>,
    /// What it is.
    pub kind: CompletionKind,
    /// A few words beside the label, such as `1,240 offers from $0.747/h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What it means, in one or two sentences; literals in backticks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
    /// Whether there is something to choose from at the place where it leads.
    pub again: bool,
}

/// What may be written at a place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Completions {
    /// What a completion replaces: the word at the place, empty where none is begun.
    pub range: Range,
    /// What fits the part of the word before the place, the likeliest first; at most 100.
    pub items: Vec<Completion>,
    /// Whether there are more than are listed.
    pub incomplete: bool,
    /// Whether the word is one of them already, as it is.
    pub exact: bool,
}

/// What may be written at `offset` (bytes; the character boundary before it) of `text`, which may be unfinished or
/// wrong in any way, and is read as a dialect of dstack. Nothing in comments, behind values, and in texts longer than 256 KiB.
///
/// `facts` add the names that the catalogue knows.
#[must_use]
pub fn complete(text: &str, offset: usize, dialect: Dialect, facts: Option<&Facts>) -> Completions {
    let cursor = if text.len() > TEXT_LIMIT { None } else { Cursor::new(text, offset, dialect) };
    let Some(cursor) = cursor else { return nothing(text, offset) };
    let mut found = Found::new(&cursor);
    match cursor.place {
        Place::Key => keys::offer(&cursor, &mut found),
        Place::Value | Place::Dash => values::offer(&cursor, facts, &mut found),
        Place::Below => {
            keys::offer(&cursor, &mut found);
            values::offer(&cursor, facts, &mut found);
        }
    }
    // Before the quote of a word, its parts are not at the place.
    let at = cursor.outline.offset;
    if at < found.range.start || at > found.range.end { nothing(text, offset) } else { found.finish(text) }
}

fn nothing(text: &str, offset: usize) -> Completions {
    let here = LineIndex::new(text).position(offset);
    let range = Range { start: here, end: here };
    Completions { range, items: Vec::new(), incomplete: false, exact: false }
}

/// What was found so far.
struct Found<'t> {
    /// What of the word stands before the place.
    typed: &'t str,
    /// The word.
    word: &'t str,
    range: ByteRange,
    items: Vec<(u8, Completion)>,
    more: bool,
    exact: bool,
}

impl<'t> Found<'t> {
    fn new(cursor: &Cursor<'t>) -> Self {
        let word = cursor.outline.bare(cursor.range);
        Self {
            typed: cursor.typed(),
            word,
            range: cursor.range,
            items: Vec::new(),
            more: false,
            exact: false,
        }
    }

    /// Looks at a part of the word only.
    fn narrow(&mut self, text: &'t str, range: ByteRange, offset: usize) {
        self.range = range;
        self.word = text.get(range.start..range.end).unwrap_or_default();
        self.typed = text.get(range.start..offset.max(range.start)).unwrap_or_default();
    }

    /// Takes a completion that fits what is typed.
    fn add(&mut self, completion: Completion) {
        if let Some(mut rank) = rank(&completion.label, self.typed) {
            // What stands there is the first choice where nothing is typed yet.
            if self.typed.is_empty() && completion.label != self.word {
                rank = 1;
            }
            self.exact |= completion.kind != CompletionKind::Key && completion.label == self.word;
            self.items.push((rank, completion));
        }
    }

    fn finish(mut self, text: &str) -> Completions {
        // Stable: those that fit equally well stay in their order.
        crate::order::sort_by_key(&mut self.items, |(rank, _)| *rank);
        let incomplete = self.more || self.items.len() > MOST;
        self.items.truncate(MOST);
        let crlf = text.contains("\r\n");
        let items = self
            .items
            .into_iter()
            .map(|(_, mut item)| {
                if crlf && item.insert.contains('\n') {
                    item.with_crlf();
                }
                item
            })
            .collect();
        let index = LineIndex::new(text);
        Completions { range: index.range(self.range), items, incomplete, exact: self.exact }
    }
}

impl Completion {
    /// What is added at the end keeps the line ends of the text.
    fn with_crlf(&mut self) {
        if let Some(select) = &mut self.select {
            let lines = |to: usize| self.insert.encode_utf16().take(to).filter(|&unit| unit == 0x0a).count();
            *select =
                Selection { start: select.start + lines(select.start), end: select.end + lines(select.end) };
        }
        self.insert = self.insert.replace('\n', "\r\n");
    }
}

/// How well a name fits what is typed, 0 the best; `None` when it does not. Case does not count.
fn rank(label: &str, typed: &str) -> Option<u8> {
    if typed.is_empty() {
        return Some(0);
    }
    let (label, typed) = (label.as_bytes(), typed.as_bytes());
    let at = |i: usize| label.get(i..i + typed.len()).is_some_and(|part| part.eq_ignore_ascii_case(typed));
    if at(0) {
        return Some(u8::from(label.len() != typed.len()));
    }
    let mut best = None;
    for i in 1..label.len() {
        if at(i) {
            if !label[i - 1].is_ascii_alphanumeric() {
                return Some(2);
            }
            best = Some(3);
        }
    }
    if best.is_none() && typed.len() > 1 {
        let mut rest = typed.iter();
        let mut next = rest.next();
        for b in label {
            if next.is_some_and(|n| n.eq_ignore_ascii_case(b)) {
                next = rest.next();
            }
        }
        // Letters that are scattered over a name still mean it, if the first one is right.
        best = (next.is_none() && label[0].eq_ignore_ascii_case(&typed[0])).then_some(4);
    }
    best
}

/// Which backends and regions the text chooses; a list without anything chooses nothing yet.
struct Chosen<'t> {
    backends: Option<Vec<&'t str>>,
    regions: Option<Vec<&'t str>>,
}

impl<'t> Chosen<'t> {
    fn new(outline: &Outline<'t>) -> Self {
        let list = |name: &str| outline.texts(&[name]).filter(|list| !list.is_empty());
        Self { backends: list("backends"), regions: list("regions") }
    }

    fn choice(&self) -> Choice<'_> {
        Choice { backends: self.backends.as_deref(), regions: self.regions.as_deref() }
    }
}

/// Whether the text holds nothing, or nothing but the word at the place.
fn is_empty(cursor: &Cursor<'_>) -> bool {
    let nodes = &cursor.outline.nodes;
    cursor.node == ROOT && nodes.len() == 1 && matches!(nodes[ROOT].kind, Kind::Missing | Kind::Scalar(_))
}
