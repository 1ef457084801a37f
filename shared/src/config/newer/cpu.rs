//! vCPUs and their architecture: a count, a range, `arm:4..`, or an object.

use super::super::{
    coerce,
    context::{At, Cx, quote},
    range, surprise,
};
use crate::{
    config::{Arch, IntRange},
    diagnostics::Code,
    yaml::Value,
};

const HELP: &str =
    "write a count such as `4`, a range such as `4..8`, or both with an architecture: `arm:4..`";

/// The architecture if one is asked for, and how many.
pub(super) fn cpu(cx: &mut Cx<'_>, at: At<'_>, default: IntRange) -> Option<(Option<Arch>, IntRange)> {
    match cx.value(at) {
        Value::Str(text) => of_text(cx, at, text, default),
        value @ (Value::Int(_) | Value::BigInt(_)) => {
            let read = of_text(cx, at, &coerce::strict_text(value)?, default);
            if let Some(n) = read.and_then(|(_, count)| count.min) {
                surprise::as_number(cx, at, &n.to_string(), &n.to_string());
            }
            read
        }
        Value::Map(_) => object(cx, at, default),
        _ => {
            let what = cx.kind_of(at);
            cx.report(Code::InvalidInteger, at, format!("expected vCPUs, got {what}")).help(HELP);
            None
        }
    }
}

fn object(cx: &mut Cx<'_>, at: At<'_>, default: IntRange) -> Option<(Option<Arch>, IntRange)> {
    let fields = cx.object(at, "resources.cpu")?;
    let range = fields.has("min") || fields.has("max");
    let detail = fields.has("arch") || fields.has("count");
    if range && detail {
        cx.report(Code::InvalidValue, at, "`min` and `max` belong under `count`")
            .help("write `{arch: arm, count: {min: 4}}`, or `arm:4..`");
        return None;
    }
    if range {
        return range::ints_of(cx, at, &fields).map(|count| (None, count));
    }
    let arch = fields.optional(cx, at.path, "arch", |cx, at| match cx.value(at) {
        Value::Str(text) => of_name(cx, at, text),
        _ => {
            let what = cx.kind_of(at);
            cx.report(Code::InvalidValue, at, format!("expected `x86` or `arm`, got {what}"))
                .help("leave it out for any architecture");
            None
        }
    });
    let count = fields.default(cx, at.path, "count", default, range::ints);
    Some((arch?, count?))
}

fn of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str, default: IntRange) -> Option<(Option<Arch>, IntRange)> {
    let plain = text.replace(' ', "");
    let (mut arch, mut count) = (None, None);
    for token in plain.split(':') {
        if token.is_empty() {
            cx.report(Code::InvalidValue, at, format!("{} has an empty part", quote(text))).help(HELP);
            return None;
        }
        let is_count = token.contains("..") || token.chars().all(char::is_numeric);
        let again = if is_count {
            let range = range::ints_of_text(cx, at, token)?;
            count.replace(range).is_some()
        } else {
            let name = of_name(cx, at, token)?;
            arch.replace(name).is_some()
        };
        if again {
            let what = if is_count { "counts" } else { "architectures" };
            cx.report(Code::InvalidValue, at, format!("{} has two {what}", quote(text))).help(HELP);
            return None;
        }
    }
    Some((arch, count.unwrap_or(default)))
}

fn of_name(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Arch> {
    let found = Arch::of(text);
    if found.is_none() {
        cx.report(Code::InvalidValue, at, format!("expected `x86` or `arm`, got {}", quote(text))).help(HELP);
    }
    found
}
