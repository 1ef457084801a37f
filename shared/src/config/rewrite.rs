//! Gives one field of a text another value and leaves the rest as it stands, comments and layout included.

use super::context::Cx;
use crate::{
    diagnostics::{ByteRange, LineIndex, Range, Sink},
    yaml::{self, Document, MapEntry, NodeId, Value},
};

/// Where the value of a field is written, such as that of `resources.gpu`; of a field that is not written, where
/// its nearest parent is. `None` when nothing of it is there, or the text cannot be read.
#[must_use]
pub fn place(text: &str, path: &str) -> Option<Range> {
    let document = yaml::load(text).ok()?;
    let (entry, _) = deepest(&document, path)?;
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

/// Where the key and the value of a field are written; `None` when they are not.
pub(crate) fn spot(document: &Document, path: &str) -> Option<(ByteRange, ByteRange)> {
    let (entry, rest) = deepest(document, path)?;
    rest.is_empty().then_some((entry.key_range, entry.value_range))
}

/// Whether the value of a field is written as a mapping.
pub(crate) fn is_mapping(document: &Document, path: &str) -> bool {
    let found = deepest(document, path).filter(|(_, rest)| rest.is_empty());
    found.is_some_and(|(entry, _)| matches!(document.node(entry.value).value, Value::Map(_)))
}

/// The ways to change a field such as `resources.cpu`, the one that looks best first. That each of them does what
/// it should is for the caller to see: what a text means may depend on more than what stands here.
pub(crate) fn rewrite(text: &str, document: &Document, path: &str, value: &NewValue) -> Vec<Edit> {
    let cx = Cx { text, doc: document, sink: Sink::default() };
    let (entry, missing) = match deepest(document, path) {
        Some((entry, missing)) => (Some(entry), missing),
        None => (None, path.split('.').collect()),
    };
    match (entry.filter(|_| missing.is_empty()), value) {
        (Some(entry), NewValue::Set(value)) => replaced(&cx, entry, value).into_iter().collect(),
        (Some(entry), NewValue::Append { item, list }) => {
            appended(&cx, entry, item).into_iter().chain(replaced(&cx, entry, list)).collect()
        }
        (Some(entry), NewValue::Remove) => {
            let gone = cx.removal(entry.key_range, entry.value_range).map(|range| (range, String::new()));
            gone.into_iter().chain(replaced(&cx, entry, "null")).collect()
        }
        (None, NewValue::Remove) => Vec::new(),
        (None, NewValue::Set(value) | NewValue::Append { list: value, .. }) => {
            let node = entry.map(|entry| entry.value).or(document.root);
            node.map(|node| below(&cx, node, entry, &missing, value)).unwrap_or_default()
        }
    }
}

/// The deepest written entry on the way to a field, and the names that are missing below it. What merge keys bring
/// in is not written: a key beside them counts more.
fn deepest<'d, 'p>(document: &'d Document, path: &'p str) -> Option<(&'d MapEntry, Vec<&'p str>)> {
    let mut node = document.root?;
    let mut found = None;
    let mut names = path.split('.');
    while let Some(name) = names.clone().next() {
        let Value::Map(entries) = &document.node(node).value else { break };
        let is_it = |entry: &&MapEntry| {
            !entry.merged && matches!(&document.node(entry.key).value, Value::Str(key) if key == name)
        };
        let Some(entry) = entries.iter().rev().find(is_it) else { break };
        names.next();
        found = Some(entry);
        node = entry.value;
    }
    found.map(|entry| (entry, names.collect()))
}

/// Another value in the place of the one of an entry.
fn replaced(cx: &Cx<'_>, entry: &MapEntry, value: &str) -> Option<Edit> {
    let range = entry.value_range;
    let key_end = entry.key_range.end;
    let colon = key_end + cx.text.get(key_end..)?.find(':')?;
    cx.text.get(key_end..colon).filter(|between| between.trim().is_empty())?;
    let old = cx.text.get(range.start..range.end)?;
    let between = cx.text.get(colon + 1..range.start.max(colon + 1))?;
    // Nothing but a space before it, and all on one line: only the value goes.
    if !old.is_empty() && !old.contains(['\n', '\r']) && between.chars().all(|c| c == ' ') {
        return Some((range, value.to_owned()));
    }
    let end = colon + 1 + cx.text.get(colon + 1..range.end.max(colon + 1))?.trim_end().len();
    Some((ByteRange::new(colon + 1, end), format!(" {value}")))
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

/// A field that is not written: beside the others of its mapping.
fn below(cx: &Cx<'_>, node: NodeId, entry: Option<&MapEntry>, names: &[&str], value: &str) -> Vec<Edit> {
    let [first, rest @ ..] = names else { return Vec::new() };
    let nested = |value: &str, names: &[&str]| {
        names.iter().rev().fold(value.to_owned(), |value, name| format!("{{{name}: {value}}}"))
    };
    let here = cx.doc.node(node);
    let entries = match &here.value {
        Value::Map(entries) => &entries[..],
        Value::Null => &[],
        _ => return Vec::new(),
    };
    if entry.is_some_and(|entry| !entries.is_empty() && entry.value_range != here.range) {
        // It stands at an anchor, and others may refer to it.
        return Vec::new();
    }
    let line = format!("{first}: {}", nested(value, rest));
    let last = entries.iter().filter(|entry| !entry.merged).max_by_key(|entry| entry.key_range.start);
    let Some(last) = last else {
        return entry.and_then(|entry| replaced(cx, entry, &nested(value, names))).into_iter().collect();
    };
    let mut ways = Vec::new();
    if entry.is_none() {
        ways.extend(at_the_end(cx, entries, first, rest, value));
    }
    ways.extend(cx.addition(last.key_range, last.value_range, &line));
    ways
}

/// At the end of a text whose keys begin their lines; a section gets a line of its own.
fn at_the_end(cx: &Cx<'_>, entries: &[MapEntry], first: &str, rest: &[&str], value: &str) -> Option<Edit> {
    let begins_line = |entry: &MapEntry| {
        cx.text
            .get(..entry.key_range.start)
            .is_some_and(|before| before.is_empty() || before.ends_with(['\n', '\r']))
    };
    entries.iter().filter(|entry| !entry.merged).all(begins_line).then_some(())?;
    let eol = cx.line_break();
    let begin = if cx.text.ends_with(['\n', '\r']) { "" } else { eol };
    let mut lines = format!("{begin}{first}:");
    for (depth, name) in (1..).zip(rest) {
        lines.push_str(&format!("{eol}{}{name}:", "  ".repeat(depth)));
    }
    let end = cx.text.len();
    Some((ByteRange::new(end, end), format!("{lines} {value}{eol}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_the_text() {
        let text =
            "type: dev-environment\nresources:\n  memory: 8GB..\n  gpu: A100\nmax_price: 5 # dollars\n";
        let at = |path: &str| place(text, path).map(|range| (range.start.line, range.start.column));
        assert_eq!(at("resources.gpu"), Some((3, 7)));
        assert_eq!(at("resources.disk"), at("resources"), "not written: its section");
        assert_eq!(at("max_price"), Some((4, 11)));
        assert_eq!(at("regions"), None);
        assert_eq!(place("{", "ide"), None);
    }
}
