//! Sets one field of a text and leaves everything else as it is written.

use std::collections::HashSet;

use berth_shared::yaml::{self, Document, MapEntry, NodeId, Value};

/// The text with the field `path` (`max_price`, `resources.gpu`) set to `value`, which is YAML on one line. Comments,
/// order and layout of all else stay. `None` where that cannot be done safely: the text cannot be read, or no way of
/// writing the field leaves all other values as they are.
#[must_use]
pub fn set(text: &str, path: &str, value: &str) -> Option<String> {
    let before = yaml::load(text).ok()?;
    let expected = yaml::load(value).ok()?;
    let path: Vec<&str> = path.split('.').collect();
    ways(text, &before, &path, value)
        .into_iter()
        .find(|after| yaml::load(after).is_ok_and(|after| only_set(&before, &after, &path, &expected)))
}

/// How the text may look afterwards, the most natural way first. Whether all else stays is to be looked at.
fn ways(text: &str, document: &Document, path: &[&str], value: &str) -> Vec<String> {
    let Some(root) = document.root else { return Vec::new() };
    let Value::Map(entries) = &document.node(root).value else { return Vec::new() };
    let root_flows = flows(text, document, root);
    let known = find(document, entries, path[0]);
    match (path, known) {
        ([_], Some(entry)) => replaced(text, document, entry, value, root_flows).into_iter().collect(),
        ([section, key], Some(entry)) => in_section(text, document, entry, [section, key], value, root_flows),
        _ => added(text, document, root, path, value),
    }
}

/// Sets a key of a section that is there.
fn in_section(
    text: &str,
    document: &Document,
    section: &MapEntry,
    [_, key]: [&str; 2],
    value: &str,
    flow: bool,
) -> Vec<String> {
    match &document.node(section.value).value {
        Value::Map(entries) => match find(document, entries, key) {
            Some(entry) => {
                let flow = flows(text, document, section.value);
                replaced(text, document, entry, value, flow).into_iter().collect()
            }
            None => {
                let first = entries.iter().find(|entry| !entry.merged).map(|entry| entry.key_range.start);
                let head =
                    text[section.key_range.start..].find('\n').map(|at| section.key_range.start + at + 1);
                insertions(text, document, section.value, first, head, &[key], value)
            }
        },
        Value::Null => {
            let written = section.value_range;
            if flow {
                let object = format!("{{{key}: {}}}", in_flow(value));
                return replaced(text, document, section, &object, false).into_iter().collect();
            }
            let Some(colon) = colon(text, section) else { return Vec::new() };
            let tail = if written.start < written.end { written.end } else { colon };
            let line_end = tail + text[tail..].find('\n').unwrap_or(text.len() - tail);
            let indent = " ".repeat(column(text, section.key_range.start) + 2);
            let head = text[..if tail == colon { colon } else { written.start }].trim_end();
            let line = eol(text);
            vec![format!(
                "{head}{}{line}{indent}{key}: {value}{}",
                text[tail..line_end].trim_end(),
                &text[line_end..]
            )]
        }
        _ => Vec::new(),
    }
}

/// Sets a key that is there.
fn replaced(text: &str, document: &Document, entry: &MapEntry, value: &str, flow: bool) -> Option<String> {
    let value = if flow { in_flow(value) } else { value.to_owned() };
    let range = entry.value_range;
    let colon = colon(text, entry)?;
    if range.start >= range.end {
        return Some(format!("{} {value}{}", &text[..colon], &text[colon..]));
    }
    let node = document.node(entry.value);
    let collection = !matches!(node.value, Value::Null) && node.text.is_none();
    let aliased = node.range != range;
    if collection && !aliased && !flows(text, document, entry.value) {
        // The lines of the value go; what stands behind the key on its own line stays.
        let head_end = colon + text[colon..].find('\n')?;
        if head_end > range.start {
            return None;
        }
        let end = written_end(text, document, entry.value);
        let rest = end + text[end..].find('\n').unwrap_or(text.len() - end);
        return Some(format!(
            "{} {value}{}{}",
            &text[..colon],
            &text[colon..head_end].trim_end_matches('\r'),
            &text[rest..]
        ));
    }
    let end = range.start + text[range.start..range.end].trim_end().len();
    Some(format!("{}{value}{}", &text[..range.start], &text[end..]))
}

/// Adds a field to the text as a whole, with its section where it has one.
fn added(text: &str, document: &Document, root: NodeId, path: &[&str], value: &str) -> Vec<String> {
    let Value::Map(entries) = &document.node(root).value else { return Vec::new() };
    let first = entries.iter().find(|entry| !entry.merged).map(|entry| entry.key_range.start);
    let mut ways = Vec::new();
    if let Some(first) = first.filter(|_| !flows(text, document, root)) {
        let indent = " ".repeat(column(text, first));
        let begin = if text.ends_with('\n') { "" } else { eol(text) };
        ways.push(format!("{text}{begin}{}", lines(path, value, &indent, eol(text))));
    }
    ways.extend(insertions(text, document, root, first, None, path, value));
    ways
}

/// Puts a field into a mapping: at `head`, or before its `first` key; in braces, right behind the opening one.
fn insertions(
    text: &str,
    document: &Document,
    map: NodeId,
    first: Option<usize>,
    head: Option<usize>,
    path: &[&str],
    value: &str,
) -> Vec<String> {
    if flows(text, document, map) {
        let brace = document.node(map).range.start + 1;
        let space = text[brace..].len() - text[brace..].trim_start().len();
        let at = if text[brace + space..].starts_with('#') { brace } else { brace + space };
        let comma = if text[at..].starts_with('}') { "" } else { ", " };
        let field = match path {
            [section, key] => format!("{section}: {{{key}: {}}}", in_flow(value)),
            _ => format!("{}: {}", path.join("."), in_flow(value)),
        };
        return vec![format!("{}{field}{comma}{}", &text[..at], &text[at..])];
    }
    let Some(first) = first else { return Vec::new() };
    let indent = " ".repeat(column(text, first));
    let field = lines(path, value, &indent, eol(text));
    let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
    [head, Some(line)]
        .into_iter()
        .flatten()
        .map(|at| format!("{}{field}{}", &text[..at], &text[at..]))
        .collect()
}

/// The field on lines of its own.
fn lines(path: &[&str], value: &str, indent: &str, eol: &str) -> String {
    match path {
        [section, key] => format!("{indent}{section}:{eol}{indent}  {key}: {value}{eol}"),
        _ => format!("{indent}{}: {value}{eol}", path.join(".")),
    }
}

/// A value as it may stand between braces.
fn in_flow(value: &str) -> String {
    let bare = !value.starts_with(['[', '{', '"', '\'']);
    if bare && value.contains([',', '[', ']', '{', '}', ':', '#']) {
        yaml::quoted(value)
    } else {
        value.to_owned()
    }
}

/// The entry of this key that counts, when it is written here.
fn find<'a>(document: &Document, entries: &'a [MapEntry], name: &str) -> Option<&'a MapEntry> {
    entries.iter().rev().find(|entry| !entry.merged && is_key(document, entry, name))
}

fn is_key(document: &Document, entry: &MapEntry, name: &str) -> bool {
    matches!(&document.node(entry.key).value, Value::Str(key) if key == name)
}

/// Whether a collection is written in braces or brackets.
fn flows(text: &str, document: &Document, node: NodeId) -> bool {
    let node = document.node(node);
    node.text.is_none() && text[node.range.start..].starts_with(['{', '['])
}

/// Behind the colon of an entry.
fn colon(text: &str, entry: &MapEntry) -> Option<usize> {
    let after = &text[entry.key_range.end..];
    let space = after.len() - after.trim_start().len();
    after[space..].starts_with(':').then_some(entry.key_range.end + space + 1)
}

/// Where the last thing of a collection ends; the collection itself may count comments in that follow it.
fn written_end(text: &str, document: &Document, node: NodeId) -> usize {
    let mut end = 0;
    let mut open = vec![(node, document.node(node).range)];
    let mut seen = HashSet::new();
    while let Some((node, place)) = open.pop() {
        let inner = document.node(node);
        // An alias ends where it stands.
        if inner.range != place || inner.text.is_some() || flows(text, document, node) || !seen.insert(node) {
            end = end.max(place.start + text[place.start..place.end].trim_end().len());
            continue;
        }
        match &inner.value {
            Value::Map(entries) => {
                for entry in entries.iter().filter(|entry| !entry.merged) {
                    end = end.max(entry.key_range.end);
                    open.push((entry.value, entry.value_range));
                }
            }
            Value::Seq(items) | Value::Set(items) => open.extend(items.iter().copied()),
            _ => end = end.max(place.start + text[place.start..place.end].trim_end().len()),
        }
    }
    end
}

fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |line| line + 1)
}

fn eol(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Whether `after` is `before` with the field set to what is expected, and nothing else changed.
fn only_set(before: &Document, after: &Document, path: &[&str], expected: &Document) -> bool {
    let (Some(a), Some(b), Some(value)) = (before.root, after.root, expected.root) else { return false };
    let (Some(a), Some(b)) = (entries(before, a), entries(after, b)) else { return false };
    let last = |document: &Document, entries: &[MapEntry], key| {
        entries.iter().rev().find(|entry| is_key(document, entry, key)).map(|entry| entry.value)
    };
    if !same_but(before, a, after, b, path[0]) {
        return false;
    }
    let Some(set) = last(after, b, path[0]) else { return false };
    let [_, key] = path else { return same(after, set, expected, value) };
    let Some(inner) = entries(after, set) else { return false };
    let old = last(before, a, path[0]).and_then(|section| entries(before, section)).unwrap_or_default();
    same_but(before, old, after, inner, key)
        && last(after, inner, key).is_some_and(|set| same(after, set, expected, value))
}

fn entries(document: &Document, node: NodeId) -> Option<&[MapEntry]> {
    match &document.node(node).value {
        Value::Map(entries) => Some(entries),
        _ => None,
    }
}

/// Whether two mappings are the same but for one key.
fn same_but(a: &Document, left: &[MapEntry], b: &Document, right: &[MapEntry], key: &str) -> bool {
    let others = |document: &'_ Document, entries: &[MapEntry]| {
        entries
            .iter()
            .filter(|entry| !is_key(document, entry, key))
            .map(|entry| (entry.key, entry.value))
            .collect::<Vec<_>>()
    };
    // A new key may stand before the others; their own order stays.
    let (left, right) = (others(a, left), others(b, right));
    left.len() == right.len()
        && left.iter().zip(&right).all(|(l, r)| same(a, l.0, b, r.0) && same(a, l.1, b, r.1))
}

/// Whether two values are the same. Values may hold themselves, and be nested deeply.
fn same(a: &Document, left: NodeId, b: &Document, right: NodeId) -> bool {
    let mut open = vec![(left, right)];
    let mut seen = HashSet::new();
    while let Some(pair) = open.pop() {
        if !seen.insert(pair) {
            continue;
        }
        let both = (&a.node(pair.0).value, &b.node(pair.1).value);
        match both {
            (Value::Map(left), Value::Map(right)) if left.len() == right.len() => {
                open.extend(left.iter().zip(right).flat_map(|(l, r)| [(l.key, r.key), (l.value, r.value)]));
            }
            (Value::Seq(left), Value::Seq(right)) | (Value::Set(left), Value::Set(right))
                if left.len() == right.len() =>
            {
                open.extend(left.iter().zip(right).map(|(l, r)| (l.0, r.0)));
            }
            (Value::Pairs(left), Value::Pairs(right)) if left.len() == right.len() => {
                open.extend(left.iter().zip(right).flat_map(|(l, r)| [(l.0, r.0), (l.1, r.1)]));
            }
            (Value::Float(left), Value::Float(right)) if left.to_bits() == right.to_bits() => {}
            (left, right) if is_scalar(left) && left == right => {}
            _ => return false,
        }
    }
    true
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Map(_) | Value::Seq(_) | Value::Set(_) | Value::Pairs(_))
}

#[cfg(test)]
#[path = "set_tests.rs"]
mod tests;
