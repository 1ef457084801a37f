//! Which type a plain scalar has in YAML 1.1 (yaml.org/type), with PyYAML's deviations:
//! `y` and `n` are text, a float needs a dot and its exponent a sign.

/// The type of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Binary,
    Timestamp,
    Omap,
    Pairs,
    Set,
    Str,
    Seq,
    Map,
    /// `<<`
    Merge,
    /// `=`
    Value,
    /// Any that safe loading does not know.
    Other(String),
}

impl Tag {
    /// The tag of that full name.
    pub(super) fn named(name: &str) -> Self {
        match name.strip_prefix("tag:yaml.org,2002:") {
            Some("null") => Self::Null,
            Some("bool") => Self::Bool,
            Some("int") => Self::Int,
            Some("float") => Self::Float,
            Some("binary") => Self::Binary,
            Some("timestamp") => Self::Timestamp,
            Some("omap") => Self::Omap,
            Some("pairs") => Self::Pairs,
            Some("set") => Self::Set,
            Some("str") => Self::Str,
            Some("seq") => Self::Seq,
            Some("map") => Self::Map,
            Some("merge") => Self::Merge,
            Some("value") => Self::Value,
            _ => Self::Other(name.to_owned()),
        }
    }
}

/// The type of a scalar that is written without quotes and tag.
pub(super) fn resolve_scalar(text: &str) -> Tag {
    if text.is_empty() {
        return Tag::Null;
    }
    // Python's `$` matches before a last line end as well, which a block scalar tagged `!` can have.
    let text = text.strip_suffix('\n').unwrap_or(text);
    match text {
        "~" | "null" | "Null" | "NULL" => return Tag::Null,
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "true" | "True" | "TRUE" | "false" | "False"
        | "FALSE" | "on" | "On" | "ON" | "off" | "Off" | "OFF" => return Tag::Bool,
        "<<" => return Tag::Merge,
        "=" => return Tag::Value,
        "!" | "&" | "*" => return Tag::Other("tag:yaml.org,2002:yaml".to_owned()),
        _ => {}
    }
    // Numbers and dates begin with one of these; most texts do not.
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Tag::Str;
    }
    if is_float(text) {
        Tag::Float
    } else if is_int(text) {
        Tag::Int
    } else if is_timestamp(text) {
        Tag::Timestamp
    } else {
        Tag::Str
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

/// Whether `text` is not empty and made of bytes that `wanted` holds for.
fn all(text: &str, wanted: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(wanted)
}

fn is_digits(text: &str) -> bool {
    all(text, |b| b.is_ascii_digit())
}

/// Digits and `_`, possibly none.
fn is_loose(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// A digit, then digits and `_`.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && is_loose(text)
}

/// The parts after the first of `1:30:00`: one digit, or two of which the first is below 6.
fn is_sexagesimal_part(part: &str) -> bool {
    match part.as_bytes() {
        [a] => a.is_ascii_digit(),
        [a, b] => (b'0'..=b'5').contains(a) && b.is_ascii_digit(),
        _ => false,
    }
}

/// Whether all of `parts` are, and there is at least one.
fn are_sexagesimal_parts(parts: &str) -> bool {
    parts.split(':').all(is_sexagesimal_part)
}

fn is_int(text: &str) -> bool {
    let text = unsigned(text);
    if let Some(digits) = text.strip_prefix("0b") {
        return all(digits, |b| matches!(b, b'0' | b'1' | b'_'));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, |b| b.is_ascii_hexdigit() || b == b'_');
    }
    if let Some(digits) = text.strip_prefix('0') {
        return digits.is_empty() || all(digits, |b| matches!(b, b'0'..=b'7' | b'_'));
    }
    match text.split_once(':') {
        None => is_number(text),
        Some((first, rest)) => is_number(first) && are_sexagesimal_parts(rest),
    }
}

fn is_float(text: &str) -> bool {
    let body = unsigned(text);
    if matches!(body, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let Some((whole, fraction)) = body.split_once('.') else {
        return false;
    };
    if let Some((first, rest)) = whole.split_once(':') {
        return is_number(first) && are_sexagesimal_parts(rest) && is_loose(fraction);
    }
    let (fraction, exponent) = match fraction.split_once(['e', 'E']) {
        None => (fraction, None),
        Some((fraction, exponent)) => (fraction, Some(exponent)),
    };
    if let Some(exponent) = exponent
        && !exponent.strip_prefix(['+', '-']).is_some_and(is_digits)
    {
        return false;
    }
    if whole.is_empty() {
        // `.5`; a sign before it makes it text.
        text.starts_with('.') && is_number(fraction)
    } else {
        is_number(whole) && is_loose(fraction)
    }
}

/// `2024-01-01`, or a date with a time.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let day = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        });
    day || super::constructor::Timestamp::parse(text).is_some_and(|t| t.time.is_some())
}
