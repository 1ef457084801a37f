//! Values that dstack accepts but that do not mean what they look like, because YAML 1.1 reads them
//! as numbers or booleans first.

use super::{
    coerce,
    context::{At, Cx, quote},
};
use crate::{
    diagnostics::{Code, Draft},
    yaml::Value,
};

/// Warns when a plain scalar becomes another text than the one that is written.
pub(super) fn as_text(cx: &mut Cx<'_>, at: At<'_>, read: &str) {
    let node = cx.doc.node(at.node);
    let Some(written) = node.text.as_deref().filter(|&written| written != read) else { return };
    let (code, message) = match &node.value {
        Value::Bool(_) => (
            Code::BooleanAsText,
            format!("{} is a boolean in YAML; here it becomes the text {}", quote(written), quote(read)),
        ),
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) if written.contains(':') => (
            Code::Base60,
            format!(
                "{} is a base-60 number in YAML 1.1; here it becomes the text {}",
                quote(written),
                quote(read)
            ),
        ),
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => (
            Code::NumberAsText,
            format!("{} is a number; here it becomes the text {}", quote(written), quote(read)),
        ),
        _ => return,
    };
    // Nothing but the text as it is written makes sense elsewhere; a program may count on `True` by now.
    let variable = at.path.is_within("env");
    let fixable = cx.is_bare(at);
    let draft = quoting(cx, at, code, message, written, !variable);
    if variable && fixable {
        draft.offer(format!("write {}, as it is read now", quote(read)), at.range, format!("\"{read}\""));
    }
}

/// Reports, with the fix of quoting the value when that changes what it is read as.
fn quoting<'c>(
    cx: &'c mut Cx<'_>,
    at: At<'_>,
    code: Code,
    message: String,
    written: &str,
    certain: bool,
) -> &'c mut Draft {
    let fixable = cx.is_bare(at);
    let draft = cx.report(code, at, message);
    draft.help(format!("quote it to keep it as written: `\"{written}\"`"));
    if fixable {
        draft.suggest(certain, format!("quote {}", quote(written)), at.range, format!("\"{written}\""));
    }
    draft
}

/// Warns when a plain scalar is read as another number than the one that is written. `read` is what
/// it means, in words (`1342`, `0 seconds`); `number` what to write instead.
pub(super) fn as_number(cx: &mut Cx<'_>, at: At<'_>, read: &str, number: &str) {
    let node = cx.doc.node(at.node);
    let Some(written) = node.text.as_deref() else { return };
    let (code, message) = match &node.value {
        Value::Bool(_) => {
            (Code::BooleanAsNumber, format!("{} is a boolean in YAML; it is read as {read}", quote(written)))
        }
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) if written.contains(':') => (
            Code::Base60,
            format!("{} is a base-60 number in YAML 1.1; it is read as {read}", quote(written)),
        ),
        Value::Int(_) | Value::BigInt(_) if is_octal(written) => (
            Code::OctalNumber,
            format!("{} is an octal number in YAML 1.1; it is read as {read}", quote(written)),
        ),
        _ => return,
    };
    let fixable = cx.is_bare(at);
    let draft = cx.report(code, at, message);
    draft.help(format!("write `{number}` if that is meant"));
    if fixable {
        draft.offer(format!("write `{number}`"), at.range, number);
    }
}

/// Warns when a port is a base-60 number: it was surely meant as a mapping of two ports.
pub(super) fn as_port(cx: &mut Cx<'_>, at: At<'_>, port: u32) {
    let node = cx.doc.node(at.node);
    match (&node.value, node.text.as_deref()) {
        (Value::Int(_), Some(written)) if written.matches(':').count() == 1 => {
            let message = format!("{} is a base-60 number in YAML 1.1: it means port {port}", quote(written));
            quoting(cx, at, Code::Base60, message, written, true);
        }
        _ => {
            let number = port.to_string();
            as_number(cx, at, &format!("port {port}"), &number);
        }
    }
}

/// Warns when the fraction of a number is dropped.
pub(super) fn fraction(cx: &mut Cx<'_>, at: At<'_>, read: i64) {
    let Value::Float(f) = cx.value(at) else { return };
    if f.fract() == 0.0 {
        return;
    }
    let message = format!("`{}` is read as {read}: the fraction is dropped", coerce::float_text(*f));
    let fixable = cx.is_bare(at);
    let draft = cx.report(Code::FractionDropped, at, message);
    draft.help("write a whole number");
    if fixable {
        draft.offer(format!("write `{read}`"), at.range, read.to_string());
    }
}

fn is_octal(written: &str) -> bool {
    let digits = written.trim_start_matches(['+', '-']);
    digits.len() > 1
        && digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        && digits.bytes().any(|b| (b'1'..=b'9').contains(&b))
}
