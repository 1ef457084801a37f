//! What every reader of a field works with: the text, its tree, a place in it, and where to report.

use super::coerce;
use crate::{
    diagnostics::{ByteRange, Code, Draft, Sink},
    schema::Dialect,
    yaml::{Document, NodeId, Value},
};

/// The reading of one text.
pub(super) struct Cx<'t> {
    pub(super) text: &'t str,
    pub(super) doc: &'t Document,
    pub(super) sink: Sink,
    pub(super) dialect: Dialect,
}

/// Where in the configuration, linked on the stack so that nothing is built unless it is reported.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl Path<'_> {
    /// Whether it is the key `name` of the document or lies below it.
    pub(super) fn is_within(&self, name: &str) -> bool {
        match self {
            Self::Root => false,
            Self::Key(Path::Root, key) => *key == name,
            Self::Key(parent, _) | Self::Index(parent, _) => parent.is_within(name),
        }
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Path::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, i) => write!(f, "{parent}[{i}]"),
        }
    }
}

/// A value, where it is referred to, and what it is called.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    pub(super) node: NodeId,
    /// Where the value is referred to: an alias, when it is one.
    pub(super) range: ByteRange,
    /// The key it belongs to; empty for items and the root.
    pub(super) key: ByteRange,
    pub(super) path: &'p Path<'p>,
}

impl At<'_> {
    /// The range to mark: the value, or its key when the value is not written.
    pub(super) fn spot(&self) -> ByteRange {
        if self.range.start < self.range.end { self.range } else { self.key }
    }
}

impl<'t> Cx<'t> {
    /// Whether it is read as dstack 0.22 does, whose libraries are stricter.
    pub(super) fn is_newer(&self) -> bool {
        self.dialect == Dialect::V0_22
    }

    /// The text that a scalar stands for; `None` for what the dialect takes for none.
    pub(super) fn text_of(&self, value: &Value) -> Option<String> {
        if self.is_newer() { coerce::strict_text(value) } else { coerce::text(value) }
    }

    /// The whole number that a scalar stands for; `None` for what the dialect takes for none.
    pub(super) fn int_of(&self, value: &Value) -> Option<coerce::Int> {
        if self.is_newer() { coerce::strict_int(value) } else { coerce::int(value) }
    }

    /// The number that a scalar stands for; `None` for what the dialect takes for none.
    pub(super) fn float_of(&self, value: &Value) -> Option<f64> {
        if self.is_newer() { coerce::strict_float(value) } else { coerce::float(value) }
    }

    /// The whole number that a part of a text stands for; `None` for what the dialect takes for none.
    pub(super) fn int_of_text(&self, text: &str) -> Option<coerce::Int> {
        if self.is_newer() { coerce::strict_int_of_text(text) } else { coerce::int_of_text(text) }
    }

    pub(super) fn value(&self, at: At<'_>) -> &'t Value {
        &self.doc.node(at.node).value
    }

    /// Reports about a value.
    pub(super) fn report(&mut self, code: Code, at: At<'_>, message: impl Into<String>) -> &mut Draft {
        self.sink.report(code, at.path.to_string(), at.spot(), message.into())
    }

    /// The value as it is written, shortened, in backticks.
    pub(super) fn quote(&self, at: At<'_>) -> String {
        let node = self.doc.node(at.node);
        match &node.text {
            Some(text) => quote(text),
            None => quote(self.text.get(at.range.start..at.range.end).unwrap_or_default()),
        }
    }

    /// Whether the value stands right here, without a tag: what is written in its place is what is read.
    pub(super) fn is_in_place(&self, at: At<'_>) -> bool {
        let range = self.doc.node(at.node).range;
        range == at.range && range.start < range.end && !self.is_tagged(range.start)
    }

    /// Whether the value is moreover a plain scalar: what it is read as can be changed by quoting it.
    pub(super) fn is_bare(&self, at: At<'_>) -> bool {
        self.doc.node(at.node).plain && self.is_in_place(at)
    }

    /// What to write in the place of the value to have it read as this text: quoted when it is now.
    /// `None` when the value does not stand here on its own.
    pub(super) fn replacement(&self, at: At<'_>, text: &str) -> Option<String> {
        let quotes = self.text.get(at.range.start..)?.starts_with(['"', '\'']);
        if self.is_bare(at) {
            Some(text.to_owned())
        } else {
            (quotes && self.is_in_place(at)).then(|| crate::yaml::quoted(text))
        }
    }

    /// Whether a tag stands before this place, among the properties of the value.
    fn is_tagged(&self, start: usize) -> bool {
        // YAML's line ends are among them.
        let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let mut before = self.text.get(..start).unwrap_or_default();
        loop {
            before = before.trim_end_matches(blank);
            let ends = |c: char| blank(c) || matches!(c, ',' | '[' | '{');
            let word = before.rsplit(ends).next().unwrap_or_default();
            if word.starts_with('!') {
                return true;
            }
            if !word.starts_with('&') {
                return false;
            }
            before = &before[..before.len() - word.len()];
        }
    }

    /// The entries of a value that Python's `dict()` takes: a mapping, a list of pairs, or something
    /// empty. (Texts of two characters count as pairs, too: `env` sees to them; no object has a key
    /// of one character.)
    pub(super) fn entries(&self, at: At<'_>) -> Option<Vec<Entry>> {
        match self.value(at) {
            Value::Map(entries) => Some(
                entries
                    .iter()
                    .map(|e| Entry {
                        key: e.key,
                        value: e.value,
                        key_range: e.key_range,
                        value_range: e.value_range,
                        merged: e.merged,
                    })
                    .collect(),
            ),
            _ if self.is_newer() => None,
            Value::Pairs(pairs) => Some(pairs.iter().map(|&(key, value)| self.pair(key, value)).collect()),
            Value::Str(text) if text.is_empty() => Some(Vec::new()),
            Value::Binary(bytes) if bytes.is_empty() => Some(Vec::new()),
            Value::Seq(items) | Value::Set(items) => {
                items.iter().map(|&(item, _)| self.pair_of(item)).collect()
            }
            _ => None,
        }
    }

    /// A value of two as a pair: a list of two, or the keys of a mapping of two.
    pub(super) fn pair_of(&self, item: NodeId) -> Option<Entry> {
        let ((key, key_range), (value, value_range)) = match &self.doc.node(item).value {
            Value::Seq(pair) | Value::Set(pair) => match pair[..] {
                [a, b] => (a, b),
                _ => return None,
            },
            Value::Map(entries) => match &entries[..] {
                [a, b] => ((a.key, a.key_range), (b.key, b.key_range)),
                _ => return None,
            },
            _ => return None,
        };
        self.is_hashable(key).then_some(Entry { key, value, key_range, value_range, merged: false })
    }

    fn pair(&self, key: NodeId, value: NodeId) -> Entry {
        let (key_range, value_range) = (self.doc.node(key).range, self.doc.node(value).range);
        Entry { key, value, key_range, value_range, merged: false }
    }

    fn is_hashable(&self, key: NodeId) -> bool {
        !matches!(self.doc.node(key).value, Value::Seq(_) | Value::Map(_) | Value::Set(_) | Value::Pairs(_))
    }

    /// The items of a list, or of what counts as one; `None` when it is something else.
    pub(super) fn items(&self, at: At<'_>) -> Option<Vec<(NodeId, ByteRange)>> {
        match self.value(at) {
            Value::Seq(items) | Value::Set(items) => Some(items.clone()),
            // Python sees a list of tuples; none of the lists here takes a tuple.
            Value::Pairs(pairs) => Some(pairs.iter().map(|_| (at.node, at.range)).collect()),
            _ => None,
        }
    }

    /// What a value is, in words: `the number 5`, `a list`.
    pub(super) fn kind_of(&self, at: At<'_>) -> String {
        let value = self.value(at);
        match value {
            Value::Null => "nothing".to_owned(),
            Value::Str(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Bool(_) => format!(
                "{} {}",
                kind(value).trim_start_matches("a ").trim_start_matches("an "),
                self.quote(at)
            )
            .replacen("text", "the text", 1)
            .replacen("number", "the number", 1)
            .replacen("boolean", "the boolean", 1),
            _ => kind(value).to_owned(),
        }
    }
}

/// What a value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => "a number",
        Value::Str(_) => "a text",
        Value::Binary(_) => "binary data",
        Value::Timestamp(_) => "a date",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a mapping",
        Value::Set(_) => "a set",
        Value::Pairs(_) => "a list of pairs",
    }
}

/// An entry of a mapping.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) key: NodeId,
    pub(super) value: NodeId,
    pub(super) key_range: ByteRange,
    pub(super) value_range: ByteRange,
    pub(super) merged: bool,
}

/// A text in backticks, shortened to what fits a line, on one line.
pub(super) fn quote(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(one_line).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

fn one_line(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let plain = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn join(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} {word} {last}", rest.join(", ")),
    }
}
