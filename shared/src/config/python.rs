//! The version of Python.

use super::{
    coerce,
    context::{At, Cx, join},
};
use crate::{diagnostics::Code, schema, yaml::Value};

/// A version that the table of fields has, written as text or as a float.
pub(super) fn python(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    let value = cx.value(at);
    let read = match value {
        Value::Float(f) => {
            // 3.10 is the number 3.1; there is no Python 3.1 to confuse it with.
            let text = coerce::float_text(*f);
            Some(if text == "3.1" { "3.10".to_owned() } else { text })
        }
        Value::Str(text) => Some(text.clone()),
        _ => None,
    };
    let values = schema::values("python", cx.dialect);
    let Some(version) = read.filter(|version| values.contains(&version.as_str())) else {
        invalid(cx, at, values);
        return None;
    };
    // `3.1`, `3.10`, and `3.110`, which is 3.11.
    let written = cx.doc.node(at.node).text.as_deref() != Some(version.as_str());
    if let (Value::Float(number), true) = (value, written || version == "3.10") {
        let number = coerce::float_text(*number);
        let shown = cx.quote(at);
        let fixable = cx.is_bare(at);
        let draft = cx.report(
            Code::PythonFloat,
            at,
            format!("{shown} is the number {number}; it is taken for {version}"),
        );
        draft.help(format!("quote the version: `\"{version}\"`"));
        if fixable {
            draft.fix(format!("write `\"{version}\"`"), at.range, format!("\"{version}\""));
        }
    }
    Some(version)
}

fn invalid(cx: &mut Cx<'_>, at: At<'_>, values: &[&str]) {
    let what = cx.kind_of(at);
    let written = cx.doc.node(at.node).text.clone().unwrap_or_default();
    // `3.11.4`, ` 3.11`, `py311`: the version is in it.
    let digits: String = written.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let close = values.iter().rev().find(|&&v| {
        digits == v.replace('.', "")
            || digits.strip_prefix(v).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    let close = close.copied().or_else(|| (digits == "3.1").then_some("3.10"));
    // `3.11.4` asks for more than can be had.
    let certain = close.is_some_and(|version| digits == version || digits == version.replace('.', ""));
    let in_place = cx.is_in_place(at);
    let expected: Vec<_> = values.iter().map(|v| format!("`{v}`")).collect();
    let draft = cx.report(Code::InvalidValue, at, format!("expected {}, got {what}", join(&expected, "or")));
    match (close, in_place) {
        (Some(close), true) => {
            draft.help(format!("did you mean `\"{close}\"`?"));
            draft.suggest(certain, format!("write `\"{close}\"`"), at.range, format!("\"{close}\""));
        }
        _ => {
            draft.help("for another version, use an `image` that has it");
        }
    }
}
