//! Environment variables: a list of `NAME=value` and `NAME`, or a mapping.

use std::collections::BTreeMap;

use super::{
    context::{At, Cx, Entry, Path, quote},
    scalars, secrets, surprise, variables,
};
use crate::{
    config::EnvValue,
    diagnostics::{ByteRange, Code},
    yaml::{NodeId, Value},
};

type Env = BTreeMap<String, EnvValue>;

/// The variables.
pub(super) fn env(cx: &mut Cx<'_>, at: At<'_>) -> Option<Env> {
    match cx.value(at) {
        Value::Seq(items) | Value::Set(items) => {
            let texts: Vec<_> = items.iter().map(|&(item, _)| cx.text_of(&cx.doc.node(item).value)).collect();
            let all_variables = texts.iter().all(|text| text.as_deref().is_some_and(is_variable));
            match if all_variables || cx.is_newer() { None } else { pairs(cx, at, items) } {
                Some(env) => env,
                None => list(cx, at, items, texts),
            }
        }
        Value::Map(_) => {
            let entries = cx.free_entries(at)?;
            mapping(cx, at, &entries)
        }
        Value::Pairs(_) if !cx.is_newer() => {
            let entries = cx.free_entries(at)?;
            mapping(cx, at, &entries)
        }
        // Without anything in it, it is a list as any other.
        Value::Pairs(pairs) if pairs.is_empty() => Some(Env::new()),
        // An empty text counts as an empty mapping.
        Value::Str(text) if text.is_empty() && !cx.is_newer() => Some(Env::new()),
        Value::Binary(bytes) if bytes.is_empty() && !cx.is_newer() => Some(Env::new()),
        _ => {
            let what = cx.kind_of(at);
            let one = matches!(cx.value(at), Value::Str(text) if is_variable(text)) && cx.is_bare(at);
            let written = cx.text.get(at.range.start..at.range.end).unwrap_or_default();
            let flow_safe = !written.contains([',', '[', ']', '{', '}', '\n', '#', ':']);
            let draft = cx.report(Code::WrongType, at, format!("expected a list or a mapping, got {what}"));
            draft.help("write `- NAME=value` or `NAME: value`, one a line");
            if one && flow_safe {
                draft.fix("make it a list", at.range, format!("[{written}]"));
            }
            None
        }
    }
}

/// `NAME`, or `NAME=` and any text of one line; one line break at the end does not count.
fn is_variable(text: &str) -> bool {
    let name = text.bytes().take_while(|&b| b.is_ascii_alphanumeric() || b == b'_').count();
    if name == 0 || text.as_bytes()[0].is_ascii_digit() {
        return false;
    }
    let rest = &text[name..];
    match rest.strip_prefix('=') {
        Some(value) => !value.strip_suffix('\n').unwrap_or(value).contains('\n'),
        None => rest.is_empty() || rest == "\n",
    }
}

fn list(
    cx: &mut Cx<'_>,
    at: At<'_>,
    items: &[(NodeId, ByteRange)],
    texts: Vec<Option<String>>,
) -> Option<Env> {
    let mut env = Env::new();
    let mut first: BTreeMap<String, ByteRange> = BTreeMap::new();
    let mut good = true;
    for (i, (text, &(node, range))) in texts.into_iter().zip(items).enumerate() {
        let path = Path::Index(at.path, i);
        let item = At { node, range, key: at.range, path: &path };
        let Some(text) = variable_item(cx, item, text) else {
            good = false;
            continue;
        };
        // `.inf` becomes a variable by the name of `inf`; quoted it is none.
        if cx.doc.node(node).text.as_deref().is_some_and(is_variable) {
            surprise::as_text(cx, item, &text);
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value)),
            None => (text.clone(), None),
        };
        if let Some(&other) = first.get(&name) {
            good = false;
            cx.report(Code::DuplicateVariable, item, format!("{} is given twice", quote(&name)))
                .help("remove one of the two")
                .related(other, "it is first given here");
            continue;
        }
        first.insert(name.clone(), range);
        match value {
            Some(value) => {
                secrets::variable(cx, item, &name, value);
                variables::surprising(cx, item, &name, value);
            }
            None => asked(cx, item, &name),
        }
        let value = value.map_or_else(
            || EnvValue::FromSubmitter { key: name.clone() },
            |value| EnvValue::Literal(value.to_owned()),
        );
        env.insert(name, value);
    }
    good.then_some(env)
}

/// The list as pairs, which Python's `dict()` makes of lists of two and texts of two characters;
/// `None` when it is no such list, the inner `None` when a pair is wrong.
fn pairs(cx: &mut Cx<'_>, at: At<'_>, items: &[(NodeId, ByteRange)]) -> Option<Option<Env>> {
    enum Pair {
        Texts(String, String, NodeId, ByteRange),
        Nodes(Entry),
    }
    let of_item = |&(node, range): &(NodeId, ByteRange)| match &cx.doc.node(node).value {
        Value::Str(text) => {
            let mut chars = text.chars();
            match (chars.next(), chars.next(), chars.next()) {
                (Some(a), Some(b), None) => Some(Pair::Texts(a.to_string(), b.to_string(), node, range)),
                _ => None,
            }
        }
        Value::Binary(bytes) => match bytes[..] {
            [a, b] => Some(Pair::Texts(a.to_string(), b.to_string(), node, range)),
            _ => None,
        },
        _ => cx.pair_of(node).map(Pair::Nodes),
    };
    let pairs: Vec<Pair> = items.iter().map(of_item).collect::<Option<_>>()?;
    let mut env = Env::new();
    let mut good = true;
    for (i, pair) in pairs.into_iter().enumerate() {
        match pair {
            Pair::Texts(name, value, node, range) => {
                let path = Path::Index(at.path, i);
                cx.report(
                    Code::VariablePairs,
                    At { node, range, key: at.range, path: &path },
                    format!("this sets the variable {} to {}", quote(&name), quote(&value)),
                )
                .help("a list of texts of two characters that are no variables is read as pairs; write `NAME=value`");
                env.insert(name, EnvValue::Literal(value));
            }
            Pair::Nodes(entry) => match variable(cx, at, entry) {
                Some((name, value)) => _ = env.insert(name, value),
                None => good = false,
            },
        }
    }
    Some(good.then_some(env))
}

/// The text of an item that is a variable; anything else is reported.
fn variable_item(cx: &mut Cx<'_>, item: At<'_>, text: Option<String>) -> Option<String> {
    match text {
        // A line break at the end is none of dstack 0.22's.
        Some(text) if is_variable(&text) && !(cx.is_newer() && text.contains('\n')) => return Some(text),
        Some(text) => wrong_item(cx, item, &text),
        None if *cx.value(item) == Value::Null => _ = cx.not_null(item, |_, _| Some(())),
        None => wrong_map_item(cx, item),
    }
    None
}

fn wrong_item(cx: &mut Cx<'_>, item: At<'_>, text: &str) {
    let bare = cx.is_bare(item);
    let spaced = text.split_once('=').map(|(name, value)| format!("{}={}", name.trim(), value.trim()));
    let draft = cx.report(Code::InvalidVariable, item, format!("{} is no variable", quote(text)));
    draft
        .help("write `NAME=value`, or `NAME` alone to be asked for it; a name is of letters, digits and `_`");
    if let Some(spaced) = spaced.filter(|spaced| bare && is_variable(spaced) && !spaced.contains('\n')) {
        draft.fix(format!("write {}", quote(&spaced)), item.range, spaced);
    }
}

/// `- NAME: value` is a mapping inside of a list.
fn wrong_map_item(cx: &mut Cx<'_>, item: At<'_>) {
    let what = cx.kind_of(item);
    let mut meant = None;
    if let Value::Map(entries) = cx.value(item)
        && let [entry] = &entries[..]
        && let (Value::Str(name), Some(value)) =
            (&cx.doc.node(entry.key).value, cx.doc.node(entry.value).text.as_deref())
        && cx.doc.node(entry.value).plain
        && cx.is_in_place(item)
        && !cx.text.get(item.range.start..item.range.end).unwrap_or_default().contains(['\n', '#', '{'])
    {
        meant = Some(format!("{name}={value}"))
            .filter(|meant| is_variable(meant) && meant.len() > name.len() + 1);
    }
    let draft = cx.report(Code::WrongType, item, format!("expected `NAME=value`, got {what}"));
    draft.help("in a list, write `NAME=value`; or write a mapping, without the dashes");
    if let Some(meant) = meant {
        draft.fix(format!("write {}", quote(&meant)), item.range, meant);
    }
}

fn mapping(cx: &mut Cx<'_>, at: At<'_>, entries: &[Entry]) -> Option<Env> {
    let mut env = Vec::with_capacity(entries.len());
    let mut good = true;
    for &entry in entries {
        match variable(cx, at, entry) {
            Some(variable) => env.push(variable),
            None => good = false,
        }
    }
    // Of equal names, such as those of the number 1 and of the text `1`, the last counts here, too.
    good.then(|| env.into_iter().collect())
}

fn variable(cx: &mut Cx<'_>, at: At<'_>, entry: Entry) -> Option<(String, EnvValue)> {
    let key_at = At { node: entry.key, range: entry.key_range, key: entry.value_range, path: at.path };
    let key = cx.value(key_at);
    // A variable may have a number for its name, and dstack 0.22 takes no boolean.
    let name = match (key, cx.text_of(key)) {
        (Value::Null, _) => {
            cx.report(Code::KeyNotText, key_at, "a variable needs a name").help("write `NAME: value`");
            None
        }
        (_, Some(name)) => {
            surprise::as_text(cx, key_at, &name);
            variables::odd_name(cx, key_at, &name);
            Some(name)
        }
        (_, None) => {
            scalars::wrong_text(cx, key_at);
            None
        }
    };
    let shown = name.clone().unwrap_or_default();
    let path = Path::Key(at.path, &shown);
    let item = At { node: entry.value, range: entry.value_range, key: entry.key_range, path: &path };
    let value = match cx.value(item) {
        Value::Null => {
            cx.report(Code::UnexpectedNull, item, format!("{} has no value", quote(&shown))).help(format!(
                "write `{shown}: \"\"` for an empty one; to be asked for it, use a list: `- {shown}`"
            ));
            None
        }
        value => match cx.text_of(value) {
            Some(text) => {
                surprise::as_text(cx, item, &text);
                secrets::variable(cx, item, &shown, &text);
                variables::surprising(cx, item, &shown, &text);
                Some(EnvValue::Literal(text))
            }
            None if matches!(value, Value::Timestamp(_) | Value::Binary(_) | Value::Bool(_)) => {
                scalars::wrong_text(cx, item);
                None
            }
            None => {
                let fields = cx.object(item, "env.*")?;
                let key = fields.required(cx, item.path, "key", scalars::text)?;
                asked(cx, item, &key);
                Some(EnvValue::FromSubmitter { key })
            }
        },
    };
    Some((name?, value?))
}

fn asked(cx: &mut Cx<'_>, at: At<'_>, name: &str) {
    cx.report(Code::VariableAsked, at, format!("{} is asked for at launch", quote(name.trim_end())));
}
