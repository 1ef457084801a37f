//! Whether two texts mean the same but for one field.

use std::collections::HashSet;

use super::is_key;
use crate::yaml::{Document, MapEntry, NodeId, Value};

/// Whether `after` is `before` with the field set to what is expected, and nothing else changed.
pub(super) fn only_set(before: &Document, after: &Document, path: &[&str], expected: &Document) -> bool {
    let (Some(mut old), Some(mut new), Some(value)) = (
        before.root.and_then(|root| entries(before, root)),
        after.root.and_then(|root| entries(after, root)),
        expected.root,
    ) else {
        return false;
    };
    let last = |document: &Document, entries: &[MapEntry], key| {
        entries.iter().rev().find(|entry| is_key(document, entry, key)).map(|entry| entry.value)
    };
    for (at, key) in path.iter().enumerate() {
        if !same_but(before, old, after, new, key) {
            return false;
        }
        let Some(set) = last(after, new, key) else { return false };
        if at + 1 == path.len() {
            return same(after, set, expected, value);
        }
        let Some(inner) = entries(after, set) else { return false };
        old = last(before, old, key).and_then(|section| entries(before, section)).unwrap_or_default();
        new = inner;
    }
    false
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
