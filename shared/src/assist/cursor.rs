//! Where in a configuration a place of the text is.

use std::fmt;

use super::outline::{Ix, Kind, Outline, ROOT, Spot, Style};
use crate::{
    diagnostics::ByteRange,
    schema::{self, Dialect, Field},
};

/// A step on the way from the root to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'t> {
    Key(&'t str),
    Item(usize),
}

/// The way from the root to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path<'t>(pub(super) Vec<Step<'t>>);

impl fmt::Display for Path<'_> {
    /// As diagnostics have it: `resources.gpu`, `env[2]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if i == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Path<'_> {
    /// As the table of fields has it: `ports[].local_port`, `env.*`.
    pub(super) fn in_table(&self) -> String {
        let mut path = String::new();
        for step in &self.0 {
            match step {
                Step::Item(_) => path.push_str("[]"),
                Step::Key(_) if matches!(path.as_str(), "env" | "tags") => path.push_str(".*"),
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
            }
        }
        path
    }

    /// The field that the value belongs to in a dialect; an item belongs to its list's.
    pub(super) fn field(&self, dialect: Dialect) -> Option<&'static Field> {
        let path = self.in_table();
        schema::field(&path, dialect).or_else(|| schema::field(path.strip_suffix("[]")?, dialect))
    }
}

/// What may be written at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A key of the mapping at the path.
    Key,
    /// The value at the path.
    Value,
    /// On a line of its own: the value at the path, or the first key or dash of it.
    Below,
    /// An item of the list at the path, with its dash.
    Dash,
}

/// A place in the text, understood.
pub(super) struct Cursor<'t> {
    /// What the text is read as.
    pub(super) dialect: Dialect,
    pub(super) outline: Outline<'t>,
    pub(super) place: Place,
    /// The mapping, list or value that it is about.
    pub(super) node: Ix,
    /// The way to it.
    pub(super) path: Path<'t>,
    /// The word there, which a completion replaces; empty where none is begun.
    pub(super) range: ByteRange,
    /// Whether it is inside of brackets.
    pub(super) flow: bool,
    /// The quotes around the word.
    pub(super) style: Style,
    /// Bytes before the keys of the mapping, or before what is written below.
    pub(super) column: usize,
    /// Whether a colon follows the word.
    pub(super) colon: bool,
    /// The key or item that the word is, when it is one already.
    word: Option<Ix>,
}

impl<'t> Cursor<'t> {
    /// What may be written at `offset` (bytes); `None` where nothing belongs: in comments and texts, behind values.
    pub(super) fn new(text: &'t str, offset: usize, dialect: Dialect) -> Option<Self> {
        let outline = Outline::new(text, offset);
        let at = outline.offset;
        let here = ByteRange::new(at, at);
        let line = text[..at].rfind(['\n', '\r']).map_or(0, |n| n + 1);
        let mut cursor = Self {
            dialect,
            place: Place::Value,
            node: ROOT,
            path: Path::default(),
            range: here,
            flow: false,
            style: Style::Plain,
            column: at - line,
            colon: false,
            word: None,
            outline,
        };
        match cursor.outline.spot {
            Spot::Nowhere => return None,
            Spot::Key(ix) => {
                let node = &cursor.outline.nodes[ix];
                cursor.place = Place::Key;
                cursor.node = node.parent?;
                cursor.range = node.key?;
                cursor.style = quotes(cursor.outline.slice(cursor.range));
                cursor.colon = node.colon;
                cursor.word = Some(ix);
            }
            Spot::Value(ix) => {
                let node = &cursor.outline.nodes[ix];
                cursor.node = ix;
                cursor.word = Some(ix);
                match node.kind {
                    Kind::Scalar(style) => {
                        cursor.range = node.range;
                        cursor.style = style;
                        if node.begins_line() {
                            cursor.place = Place::Below;
                            cursor.column = node.column;
                        }
                    }
                    // Behind a dash there is no telling yet.
                    Kind::Missing if node.key.is_none() && !node.flow => cursor.place = Place::Below,
                    _ => {}
                }
            }
            Spot::Below(ix, column) => {
                cursor.place = Place::Below;
                cursor.node = ix;
                cursor.column = column;
            }
            Spot::Inside(ix) => {
                let node = &cursor.outline.nodes[ix];
                cursor.node = ix;
                cursor.place = match (node.kind, node.flow) {
                    (Kind::Map, _) => Place::Key,
                    (_, true) => Place::Value,
                    (_, false) => Place::Dash,
                };
            }
        }
        // Between a colon and what follows it, on the next line perhaps: nothing else belongs there.
        if at < cursor.range.start || at > cursor.range.end {
            return None;
        }
        let node = &cursor.outline.nodes[cursor.node];
        cursor.flow = node.flow;
        if cursor.place == Place::Key && !node.flow {
            cursor.column = node.column;
        }
        cursor.path = cursor.outline.path(cursor.node);
        if cursor.outline.spot == Spot::Inside(cursor.node) && cursor.place == Place::Value {
            cursor.path.0.push(Step::Item(usize::MAX));
        }
        Some(cursor)
    }

    /// What of the word stands before the place, without an opening quote.
    pub(super) fn typed(&self) -> &'t str {
        let typed = self.outline.slice(ByteRange::new(self.range.start, self.outline.offset));
        match self.style {
            Style::Single | Style::Double => typed.get(1..).unwrap_or_default(),
            _ => typed,
        }
    }

    /// Whether a blank is missing before the place: `gpu:`, `-`.
    pub(super) fn wants_blank(&self) -> bool {
        self.range.start == self.range.end
            && self.outline.text[..self.range.start].ends_with([':', '-'])
            && self.place != Place::Key
    }

    /// The keys that the mapping has, but for the one at the place.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'t str> {
        let mapping = self.node;
        self.outline
            .children(mapping)
            .filter(|(ix, _)| Some(*ix) != self.word)
            .filter_map(|(_, node)| Some(self.outline.bare(node.key?)))
    }

    /// The items of the list that the place is in, but for the one at the place.
    pub(super) fn items(&self) -> impl Iterator<Item = &'t str> {
        let nodes = &self.outline.nodes;
        let list = match nodes[self.node].kind {
            Kind::Seq => Some(self.node),
            _ => nodes[self.node].parent.filter(|&ix| nodes[ix].kind == Kind::Seq),
        };
        list.into_iter()
            .flat_map(|list| self.outline.children(list))
            .filter(|(ix, node)| Some(*ix) != self.word && matches!(node.kind, Kind::Scalar(_)))
            .map(|(_, node)| self.outline.bare(node.range))
    }
}

fn quotes(text: &str) -> Style {
    match text.as_bytes().first() {
        Some(b'"') => Style::Double,
        Some(b'\'') => Style::Single,
        _ => Style::Plain,
    }
}

impl<'t> Outline<'t> {
    /// The way from the root to a node.
    pub(super) fn path(&self, mut ix: Ix) -> Path<'t> {
        let mut steps = Vec::new();
        // No field lies deeper, and the keys and items of thousands of brackets say nothing.
        while steps.len() < 16
            && let Some(parent) = self.nodes[ix].parent
        {
            steps.push(match self.nodes[ix].key {
                Some(key) => Step::Key(self.bare(key)),
                None => Step::Item(self.children(parent).take_while(|(child, _)| *child != ix).count()),
            });
            ix = parent;
        }
        if self.nodes[ix].parent.is_some() {
            // Too deep for anything: no field has this path.
            steps.push(Step::Item(usize::MAX));
        }
        steps.reverse();
        Path(steps)
    }
}
