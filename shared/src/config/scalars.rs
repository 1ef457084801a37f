//! Texts, numbers, choices and lists of texts.

use super::{
    coerce::{self, Int},
    context::{At, Cx, Path, join, quote},
    surprise,
};
use crate::{diagnostics::Code, schema, yaml::Value};

/// A text; numbers and booleans become one.
pub(super) fn text(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    let value = cx.value(at);
    match cx.text_of(value) {
        Some(text) => {
            surprise::as_text(cx, at, &text);
            Some(text)
        }
        None => {
            wrong_text(cx, at);
            None
        }
    }
}

/// Reports a value that no text can be made of.
pub(super) fn wrong_text(cx: &mut Cx<'_>, at: At<'_>) {
    let what = cx.kind_of(at);
    let written = cx.text.get(at.range.start..at.range.end).unwrap_or_default();
    let scalar = match cx.value(at) {
        Value::Timestamp(_) => true,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => cx.is_newer(),
        _ => false,
    };
    let fixable = scalar && cx.is_bare(at);
    // `- echo a: b` is a mapping to YAML, and a command to its author.
    let item = matches!(at.path, Path::Index(..));
    let one_line = matches!(cx.value(at), Value::Map(_))
        && !written.contains(['\n', '"', '\\'])
        && !written.starts_with('{');
    let draft = cx.report(Code::WrongType, at, format!("expected text, got {what}"));
    if one_line {
        draft.help("a colon followed by a blank makes a mapping: quote the text");
        draft.suggest(item, "quote it", at.range, format!("\"{written}\""));
    } else if fixable {
        draft.help("quote it to make it text").fix("quote it", at.range, format!("\"{written}\""));
    }
}

/// A whole number that fits 64 bits. `max` bounds nothing: it is checked by whoever knows why.
pub(super) fn integer(cx: &mut Cx<'_>, at: At<'_>) -> Option<i64> {
    let value = cx.value(at);
    let Some(int) = cx.int_of(value) else {
        let what = cx.kind_of(at);
        cx.report(Code::InvalidInteger, at, format!("expected a whole number, got {what}"));
        return None;
    };
    let n = fits(cx, at, int)?;
    surprise::as_number(cx, at, &n.to_string(), &n.to_string());
    surprise::fraction(cx, at, n);
    Some(n)
}

/// The number in 64 bits, or a report that it is too large.
pub(super) fn fits(cx: &mut Cx<'_>, at: At<'_>, int: Int) -> Option<i64> {
    match int {
        Int::Small(n) if i64::try_from(n).is_ok() => i64::try_from(n).ok(),
        _ => {
            let shown = cx.quote(at);
            cx.report(Code::NumberTooLarge, at, format!("{shown} is too large"))
                .help("whole numbers go up to 9223372036854775807");
            None
        }
    }
}

/// A boolean, or what pydantic takes for one.
pub(super) fn boolean(cx: &mut Cx<'_>, at: At<'_>) -> Option<bool> {
    let value = coerce::boolean(cx.value(at));
    if value.is_none() {
        let what = cx.kind_of(at);
        cx.report(Code::WrongType, at, format!("expected `true` or `false`, got {what}"));
    }
    value
}

/// One of the values that the table of fields lists for `path`.
pub(super) fn choice(cx: &mut Cx<'_>, at: At<'_>, path: &str) -> Option<&'static str> {
    let values = schema::values(path, cx.dialect);
    let text = match cx.value(at) {
        Value::Str(text) => Some(text.as_str()),
        // A literal is text and nothing else, a choice may be bytes that are one.
        Value::Binary(bytes) if cx.is_newer() && path != "ide" => std::str::from_utf8(bytes).ok(),
        _ => None,
    };
    if let Some(text) = text
        && let Some(value) = values.iter().find(|value| **value == text)
    {
        return Some(value);
    }
    let expected: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    let what = match cx.value(at) {
        Value::Str(text) => quote(text),
        _ => cx.kind_of(at),
    };
    let close = match cx.value(at) {
        Value::Str(text) => schema::guess(text.trim(), values.iter().copied()),
        _ => None,
    };
    // `on`, though a boolean to YAML, was meant as `on-demand`.
    let written = cx.doc.node(at.node).text.as_deref().unwrap_or_default();
    let longer = values.iter().find(|value| written.len() > 1 && value.starts_with(written)).copied();
    let in_place = cx.is_in_place(at);
    let draft = cx.report(Code::InvalidValue, at, format!("expected {}, got {what}", join(&expected, "or")));
    if let Some(close) = close {
        draft.help(format!("did you mean `{}`?", close.name));
        if in_place {
            draft.suggest(close.sure, format!("replace with `{}`", close.name), at.range, close.name);
        }
    } else if let (Some(longer), true) = (longer, in_place) {
        draft.help(format!("did you mean `{longer}`?"));
        draft.offer(format!("replace with `{longer}`"), at.range, longer);
    } else if let ([only], true) = (values, in_place) {
        draft.offer(format!("replace with `{only}`"), at.range, *only);
    }
    None
}

/// A list, each item read by `read`.
pub(super) fn list<'t, T>(
    cx: &mut Cx<'t>,
    at: At<'_>,
    mut read: impl FnMut(&mut Cx<'t>, At<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(items) = cx.items(at) else {
        let what = cx.kind_of(at);
        let bare = cx.is_bare(at);
        let written = cx.text.get(at.range.start..at.range.end).unwrap_or_default();
        // In a flow list, a comma or a bracket would end the item.
        let one_item = !written.contains([',', '[', ']', '{', '}', '\n', '#', ':']);
        let words: Vec<_> = written.split(',').map(str::trim).collect();
        let word = |word: &&str| {
            !word.is_empty()
                && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        };
        let several = words.len() > 1 && words.iter().all(|w| word(w) && !w.starts_with(['-', '.']));
        let draft = cx.report(Code::WrongType, at, format!("expected a list, got {what}"));
        draft.help("write one item a line, each after `- `, or all in brackets: `[a, b]`");
        if bare && (one_item || several) {
            draft.suggest(one_item, "make it a list", at.range, format!("[{written}]"));
        }
        return None;
    };
    let mut all = Some(Vec::with_capacity(items.len()));
    for (i, &(node, range)) in items.iter().enumerate() {
        let path = Path::Index(at.path, i);
        let item = At { node, range, key: at.range, path: &path };
        match (cx.not_null(item, &mut read), &mut all) {
            (Some(value), Some(all)) => all.push(value),
            _ => all = None,
        }
    }
    all
}

/// A list of texts.
pub(super) fn texts(cx: &mut Cx<'_>, at: At<'_>) -> Option<Vec<String>> {
    list(cx, at, text)
}

/// A list that narrows a choice down; an empty one is pointed out.
pub(super) fn filter<T>(cx: &mut Cx<'_>, at: At<'_>, what: &str, items: Option<Vec<T>>) -> Option<Vec<T>> {
    if items.as_ref().is_some_and(Vec::is_empty) {
        let removal = cx.removal(at.key, at.range);
        let draft = cx.report(
            Code::EmptyList,
            at,
            format!("an empty list means no {what} at all: nothing can match"),
        );
        draft.help("remove the key to consider all of them");
        if let Some(removal) = removal {
            draft.offer("remove the key", removal, "");
        }
    }
    items
}
