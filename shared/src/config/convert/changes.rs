//! What was rewritten, for people.

use serde::Serialize;

use super::keys;
use crate::{
    config::context::quote,
    diagnostics::{ByteRange, LineIndex, Range},
    schema::RENAMED,
    yaml::{self, Document, MapEntry, NodeId, Value},
};

/// Something that is written otherwise now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The field, such as `resources.gpu` or `env.A`; empty for the first line and for the text as a whole.
    pub path: String,
    /// Where it was in the text before; where nothing was, the start of it.
    pub range: Range,
    /// As it was, its first line and shortened, in backticks; `None` where nothing was.
    pub before: Option<String>,
    /// As it is; `None` where nothing is left because nothing was said.
    pub after: Option<String>,
}

/// What differs between two texts, but for the keys that `lost` tells of.
pub(super) fn changes(old: &str, new: &str, lost: &[&str]) -> Vec<Changed> {
    let (Ok(before), Ok(after)) = (yaml::load(old), yaml::load(new)) else { return Vec::new() };
    let index = LineIndex::new(old);
    let mut found = Changes { old: (old, &before), new: (new, &after), index, all: Vec::new() };
    let (first, second) = (old.lines().next().unwrap_or_default(), new.lines().next().unwrap_or_default());
    if first != second && super::super::pinned(old).is_some() {
        found.add("", ByteRange::new(0, first.len()), Some(first), Some(second));
    }
    let (keys, others) = (keys::names(&before), keys::names(&after));
    let mut said = Vec::new();
    for (at, name) in keys.iter().enumerate() {
        if keys[at + 1..].contains(name) || lost.contains(name) {
            continue;
        }
        let renamed = RENAMED.iter().flat_map(|(old, new)| [(old, new), (new, old)]);
        let renamed = renamed.filter(|(old, _)| *old == name).map(|(_, new)| *new);
        let now = std::iter::once(*name).chain(renamed).find(|name| others.contains(name));
        said.extend(now);
        let Some(was) = keys::entry(&before, name) else { continue };
        match now.and_then(|now| keys::entry(&after, now)) {
            Some(is) if now == Some(name) => found.compare(name, was, is),
            is => found.entries(name, Some(was), is),
        }
    }
    for name in others.iter().filter(|name| !said.contains(name)) {
        found.entries(name, None, keys::entry(&after, name));
    }
    found.all
}

struct Changes<'d> {
    old: (&'d str, &'d Document),
    new: (&'d str, &'d Document),
    index: LineIndex<'d>,
    all: Vec<Changed>,
}

impl Changes<'_> {
    fn add(&mut self, path: &str, range: ByteRange, before: Option<&str>, after: Option<&str>) {
        // Of several lines, the first has the key.
        let shown = |text: &str| match text.trim().split_once(['\n', '\r']) {
            Some((first, _)) => quote(&format!("{} …", first.trim_end())),
            None => quote(text.trim()),
        };
        self.all.push(Changed {
            path: path.to_owned(),
            range: self.index.range(range),
            before: before.map(shown),
            after: after.map(shown),
        });
    }

    fn entries(&mut self, path: &str, was: Option<&MapEntry>, is: Option<&MapEntry>) {
        let range = was.map_or(ByteRange::new(0, 0), |entry| entry.key_range);
        let (before, after) =
            (was.map(|entry| whole(self.old.0, entry)), is.map(|entry| whole(self.new.0, entry)));
        self.add(path, range, before, after);
    }

    /// As deep as what is the same around it goes.
    fn compare(&mut self, path: &str, was: &MapEntry, is: &MapEntry) {
        if whole(self.old.0, was) == whole(self.new.0, is) {
            return;
        }
        let values =
            [(self.old, was.value), (self.new, is.value)].map(|((_, document), node)| value(document, node));
        match values {
            [Value::Map(was), Value::Map(is)] => {
                for (entry, name) in is.iter().filter_map(|entry| Some((entry, text(self.new.1, entry.key)?)))
                {
                    let path = format!("{path}.{name}");
                    match was.iter().find(|was| text(self.old.1, was.key) == Some(name)) {
                        Some(was) => self.compare(&path, was, entry),
                        None => self.entries(&path, None, Some(entry)),
                    }
                }
            }
            [Value::Seq(was), Value::Seq(is)] if was.len() == is.len() => {
                for (at, ((_, was), (_, is))) in was.iter().zip(is).enumerate() {
                    let (before, after) = (slice(self.old.0, *was), slice(self.new.0, *is));
                    if before != after {
                        self.add(&format!("{path}[{at}]"), *was, Some(before), Some(after));
                    }
                }
            }
            _ => self.entries(path, Some(was), Some(is)),
        }
    }
}

fn value(document: &Document, node: NodeId) -> &Value {
    &document.node(node).value
}

fn text(document: &Document, node: NodeId) -> Option<&str> {
    match value(document, node) {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

/// The key and its value.
fn whole<'t>(text: &'t str, entry: &MapEntry) -> &'t str {
    slice(text, ByteRange::new(entry.key_range.start, entry.value_range.end.max(entry.key_range.end)))
}

fn slice(text: &str, range: ByteRange) -> &str {
    text.get(range.start..range.end).unwrap_or_default().trim_end()
}
