//! The ways to write one field into a text.

use std::collections::HashSet;

use super::deepest;
use crate::config::edits::line_break;
use crate::yaml::{self, Document, MapEntry, NodeId, Value};

/// How the text may look with a field set to a value, the most natural way first. Whether all else stays is to be
/// looked at.
pub(super) fn ways(text: &str, document: &Document, path: &str, value: &str) -> Vec<String> {
    let Some(root) = document.root else { return Vec::new() };
    if !matches!(document.node(root).value, Value::Map(_)) {
        return Vec::new();
    }
    match deepest(document, path) {
        None => added(text, document, root, &path.split('.').collect::<Vec<_>>(), value),
        Some((map, entry, missing)) => {
            let flow = flows(text, document, map);
            match &missing[..] {
                [] => replaced(text, document, entry, value, flow).into_iter().collect(),
                missing => in_section(text, document, entry, missing, value, flow),
            }
        }
    }
}

/// Sets a key of a section that is there.
fn in_section(
    text: &str,
    document: &Document,
    section: &MapEntry,
    names: &[&str],
    value: &str,
    flow: bool,
) -> Vec<String> {
    match &document.node(section.value).value {
        Value::Map(entries) => {
            let first = entries.iter().find(|entry| !entry.merged).map(|entry| entry.key_range.start);
            let head = text[section.key_range.start..].find('\n').map(|at| section.key_range.start + at + 1);
            insertions(text, document, section.value, first, head, names, value)
        }
        Value::Null => {
            let written = section.value_range;
            if flow {
                return replaced(text, document, section, &braced(names, value), false).into_iter().collect();
            }
            let Some(colon) = colon(text, section) else { return Vec::new() };
            let tail = if written.start < written.end { written.end } else { colon };
            let line_end = tail + text[tail..].find('\n').unwrap_or(text.len() - tail);
            let indent = " ".repeat(column(text, section.key_range.start) + 2);
            let head = text[..if tail == colon { colon } else { written.start }].trim_end();
            let line = line_break(text);
            let field = lines(names, value, &indent, line);
            let field = field.strip_suffix(line).unwrap_or(&field);
            vec![format!("{head}{}{line}{field}{}", text[tail..line_end].trim_end(), &text[line_end..])]
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
        let begin = if text.ends_with('\n') { "" } else { line_break(text) };
        ways.push(format!("{text}{begin}{}", lines(path, value, &indent, line_break(text))));
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
        let [name, below @ ..] = path else { return Vec::new() };
        let value = if below.is_empty() { in_flow(value) } else { braced(below, value) };
        return vec![format!("{}{name}: {value}{comma}{}", &text[..at], &text[at..])];
    }
    let Some(first) = first else { return Vec::new() };
    let indent = " ".repeat(column(text, first));
    let field = lines(path, value, &indent, line_break(text));
    let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
    [head, Some(line)]
        .into_iter()
        .flatten()
        .map(|at| format!("{}{field}{}", &text[..at], &text[at..]))
        .collect()
}

/// The field on lines of its own.
fn lines(path: &[&str], value: &str, indent: &str, eol: &str) -> String {
    let mut lines = String::new();
    for (depth, name) in path.iter().enumerate() {
        let end = if depth + 1 == path.len() { format!(" {value}") } else { String::new() };
        lines.push_str(&format!("{indent}{}{name}:{end}{eol}", "  ".repeat(depth)));
    }
    lines
}

/// The field in braces.
fn braced(path: &[&str], value: &str) -> String {
    path.iter().rev().fold(in_flow(value), |value, name| format!("{{{name}: {value}}}"))
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
pub(in crate::config) fn written_end(text: &str, document: &Document, node: NodeId) -> usize {
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
