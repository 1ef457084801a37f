//! Gives one field of a text another value and leaves the rest as it stands, comments and layout included.

mod difference;
mod same;
mod ways;

use super::context::Cx;
use crate::{
    diagnostics::{ByteRange, LineIndex, Range, Sink},
    schema::Dialect,
    yaml::{self, Document, MapEntry, NodeId, Value},
};

pub use difference::difference;
use same::only_set;
use ways::ways;
pub(super) use ways::written_end;

/// Where the value of a field is written, such as that of `resources.gpu`; of a field that is not written, where
/// its nearest parent is. `None` when nothing of it is there, or the text cannot be read.
#[must_use]
pub fn place(text: &str, path: &str) -> Option<Range> {
    let document = yaml::load(text).ok()?;
    let (_, entry, _) = deepest(&document, path)?;
    let (key, value) = (entry.key_range, entry.value_range);
    Some(LineIndex::new(text).range(if value.start < value.end { value } else { key }))
}

/// What a field is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NewValue {
    /// This value, as YAML that may stand inside of brackets, too.
    Set(String),
    /// The list that it is, and this item, which is YAML.
    Append {
        /// The item.
        item: String,
        /// The whole list, where the item cannot be put in by itself.
        list: String,
    },
    /// Not written.
    Remove,
}

/// An edit: what is replaced, and by what.
pub(crate) type Edit = (ByteRange, String);

/// The value of a field as it is written; `None` when it is not.
pub(crate) fn written<'t>(text: &'t str, document: &Document, path: &str) -> Option<&'t str> {
    let (_, value) = spot(document, path)?;
    text.get(value.start..value.end)
}

/// The texts of a field that is written as a list of them.
pub(crate) fn texts(document: &Document, path: &str) -> Option<Vec<String>> {
    let (_, entry, _) = deepest(document, path).filter(|(.., missing)| missing.is_empty())?;
    let Value::Seq(items) = &document.node(entry.value).value else { return None };
    let text = |node: NodeId| match &document.node(node).value {
        Value::Str(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().map(|&(node, _)| text(node)).collect()
}

/// Where the key and the value of a field are written; `None` when they are not.
pub(crate) fn spot(document: &Document, path: &str) -> Option<(ByteRange, ByteRange)> {
    let (_, entry, missing) = deepest(document, path)?;
    missing.is_empty().then_some((entry.key_range, entry.value_range))
}

/// Whether the value of a field is written as a mapping.
pub(crate) fn is_mapping(document: &Document, path: &str) -> bool {
    let found = deepest(document, path).filter(|(.., missing)| missing.is_empty());
    found.is_some_and(|(_, entry, _)| matches!(document.node(entry.value).value, Value::Map(_)))
}

/// The text with the field `path` (`max_price`, `resources.gpu`) set to `value`, which is YAML on one line. Comments,
/// order and layout of all else stay. `None` where that cannot be done safely: the text cannot be read, or no way of
/// writing the field leaves all other values as they are.
#[must_use]
pub fn set(text: &str, path: &str, value: &str) -> Option<String> {
    let document = yaml::load(text).ok()?;
    set_in(text, &document, path, value)
}

/// The text with one more item, which is YAML on one line, at the end of the list `path`. Comments, order and layout of
/// all else stay. `None` where that cannot be done safely, as for a list that is not written as one.
#[must_use]
pub fn append(text: &str, path: &str, item: &str) -> Option<String> {
    let document = yaml::load(text).ok()?;
    let cx = Cx { text, doc: &document, sink: Sink::default(), dialect: Dialect::V0_18 };
    let (_, entry, _) = deepest(&document, path).filter(|(.., missing)| missing.is_empty())?;
    let (range, new) = appended(&cx, entry, item)?;
    let after = format!("{}{new}{}", text.get(..range.start)?, text.get(range.end..)?);
    yaml::load(&after).is_ok().then_some(after)
}

fn set_in(text: &str, document: &Document, path: &str, value: &str) -> Option<String> {
    let expected = yaml::load(value).ok()?;
    let names: Vec<&str> = path.split('.').collect();
    ways(text, document, path, value)
        .into_iter()
        .find(|after| yaml::load(after).is_ok_and(|after| only_set(document, &after, &names, &expected)))
}

/// The ways to change a field such as `resources.cpu`, the one that looks best first. That each of them does what
/// it should is for the caller to see: what a text means may depend on more than what stands here.
pub(crate) fn rewrite(text: &str, document: &Document, path: &str, value: &NewValue) -> Vec<Edit> {
    let cx = Cx { text, doc: document, sink: Sink::default(), dialect: Dialect::V0_18 };
    let entry = deepest(document, path).filter(|(.., missing)| missing.is_empty()).map(|(_, entry, _)| entry);
    let set = |value: &str| {
        let after = set_in(text, document, path, value)?;
        // Where the value is the same already, an edit that changes nothing.
        let (range, new) = difference(text, &after).unwrap_or((ByteRange::new(0, 0), ""));
        Some((range, new.to_owned()))
    };
    let (best, plain) = match (value, entry) {
        (NewValue::Set(value), _) => (None, set(value)),
        (NewValue::Append { item, list }, entry) => {
            (entry.and_then(|entry| appended(&cx, entry, item)), set(list))
        }
        (NewValue::Remove, Some(entry)) => {
            (cx.removal(entry.key_range, entry.value_range).map(|range| (range, String::new())), set("null"))
        }
        (NewValue::Remove, None) => (None, None),
    };
    best.into_iter().chain(plain).collect()
}

/// The deepest written entry on the way to a field with the mapping that it is in, and the names that are missing
/// below it. What merge keys bring in is not written: a key beside them counts more.
fn deepest<'d, 'p>(document: &'d Document, path: &'p str) -> Option<(NodeId, &'d MapEntry, Vec<&'p str>)> {
    let mut node = document.root?;
    let mut found = None;
    let mut names = path.split('.');
    while let Some(name) = names.clone().next() {
        let Value::Map(entries) = &document.node(node).value else { break };
        let is_it = |entry: &&MapEntry| !entry.merged && is_key(document, entry, name);
        let Some(entry) = entries.iter().rev().find(is_it) else { break };
        names.next();
        found = Some((node, entry));
        node = entry.value;
    }
    found.map(|(map, entry)| (map, entry, names.collect()))
}

fn is_key(document: &Document, entry: &MapEntry, name: &str) -> bool {
    matches!(&document.node(entry.key).value, Value::Str(key) if key == name)
}

/// One more item at the end of a list that is written here.
fn appended(cx: &Cx<'_>, entry: &MapEntry, item: &str) -> Option<Edit> {
    let node = cx.doc.node(entry.value);
    let Value::Seq(items) = &node.value else { return None };
    let &(_, last) = items.last().filter(|_| node.range == entry.value_range)?;
    if cx.text.get(node.range.start..)?.starts_with('[') {
        return Some((ByteRange::new(last.end, last.end), format!(", {item}")));
    }
    let before = cx.text.get(..last.start)?;
    let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let indent = before[line..].strip_suffix("- ")?;
    let rest = cx.text.get(last.end..)?;
    let tail = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let blank = indent.chars().all(|c| c == ' ');
    let one_line = !cx.text.get(last.start..last.end)?.contains(['\n', '\r']);
    let at = last.end + tail;
    (blank && one_line).then(|| (ByteRange::new(at, at), format!("{}{indent}- {item}", cx.line_break())))
}

#[cfg(test)]
mod tests;
