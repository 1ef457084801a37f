//! How dstack's libraries (pydantic 1, Python's own conversions) turn one kind of value into another.
//! Pure functions; what to say about it is decided elsewhere.

use std::borrow::Cow;

use crate::yaml::{Value, with_ascii_digits};

/// A whole number that can or cannot be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Int {
    Small(i128),
    /// Beyond 127 bits.
    Huge,
}

/// Python's `str()` of a scalar, as a text field takes it; `None` for what a text field rejects.
pub(super) fn text(value: &Value) -> Option<String> {
    as_text(value).map(Cow::into_owned)
}

/// As [`text`], borrowed where it can be.
pub(super) fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Str(text) => text.into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Int(n) => n.to_string().into(),
        Value::BigInt(digits) => digits.into(),
        Value::Float(f) => float_text(*f).into(),
        Value::Binary(bytes) => std::str::from_utf8(bytes).ok()?.into(),
        _ => return None,
    })
}

/// Python's `repr()` of a float: the shortest text that reads back the same, with an exponent
/// below 1e-4 and from 1e16 on.
pub(super) fn float_text(f: f64) -> String {
    if f.is_nan() {
        return "nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{f:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{f}");
        if plain.contains('.') { plain } else { plain + ".0" }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }
}

/// Python's `int()` of a scalar; `None` for what it rejects.
pub(super) fn int(value: &Value) -> Option<Int> {
    match value {
        Value::Bool(b) => Some(Int::Small(i128::from(*b))),
        Value::Int(n) => Some(Int::Small(*n)),
        Value::BigInt(_) => Some(Int::Huge),
        Value::Float(f) if !f.is_finite() => None,
        // 2^126, so that the conversion is exact.
        Value::Float(f) if f.abs() >= 8.507_059_173_023_462e37 => Some(Int::Huge),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "in range by the arm above; the fraction is meant to go"
        )]
        Value::Float(f) => Some(Int::Small(f.trunc() as i128)),
        Value::Str(text) => int_of_text(text),
        Value::Binary(bytes) => int_of_text(std::str::from_utf8(bytes).ok().filter(|t| t.is_ascii())?),
        _ => None,
    }
}

/// Python's `int()` of a text: blanks around, a sign, any decimal digits, `_` between two of them.
pub(super) fn int_of_text(text: &str) -> Option<Int> {
    let text = ascii_digits(text);
    let text = text.trim_matches(is_blank);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    // pydantic's limit on the length of a number.
    if digits.len() > 4300 || !underscores_part_digits(digits) {
        return None;
    }
    let mut n: Option<i128> = Some(0);
    for c in digits.chars().filter(|&c| c != '_') {
        let digit = i128::from(c.to_digit(10)?);
        n = n.and_then(|n| n.checked_mul(10)?.checked_add(digit));
    }
    Some(n.map_or(Int::Huge, |n| Int::Small(if negative { -n } else { n })))
}

/// Python's `float()` of a scalar; `None` for what it rejects.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        #[expect(clippy::cast_precision_loss, reason = "the nearest float is what Python takes, too")]
        Value::Int(n) => Some(*n as f64),
        // Python refuses a whole number that no float comes near.
        Value::BigInt(digits) => digits.parse::<f64>().ok().filter(|f| f.is_finite()),
        Value::Float(f) => Some(*f),
        Value::Str(text) => float_of_text(text),
        Value::Binary(bytes) => float_of_text(std::str::from_utf8(bytes).ok().filter(|t| t.is_ascii())?),
        _ => None,
    }
}

/// Python's `float()` of a text: as [`int_of_text`], with a point, an exponent, `inf` and `nan`.
pub(super) fn float_of_text(text: &str) -> Option<f64> {
    let text = ascii_digits(text);
    let text = text.trim_matches(is_blank);
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    if number.starts_with(['+', '-']) || !underscores_part_digits(number) {
        return None;
    }
    // Rust reads the same grammar: digits with a point, an exponent, `inf`, `infinity`, `nan` in any case.
    if text.contains('_') { text.replace('_', "").parse().ok() } else { text.parse().ok() }
}

/// As [`text`], by dstack 0.22's library: a boolean is no text.
pub(super) fn strict_text(value: &Value) -> Option<String> {
    if matches!(value, Value::Bool(_)) { None } else { text(value) }
}

/// As [`int`], by dstack 0.22's library: nothing is cut off, and a text is of ASCII digits.
pub(super) fn strict_int(value: &Value) -> Option<Int> {
    match value {
        Value::Float(f) if f.fract() != 0.0 => None,
        Value::Str(text) => strict_int_of_text(text),
        Value::Binary(bytes) => strict_int_of_text(std::str::from_utf8(bytes).ok()?),
        value => int(value),
    }
}

/// As [`int_of_text`], by dstack 0.22's library: of ASCII digits, and zeros may follow a point.
pub(super) fn strict_int_of_text(text: &str) -> Option<Int> {
    let text = text.trim_matches(char::is_whitespace);
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    // Blanks were taken off, and none may stand before the point.
    let plain = whole.is_ascii() && !whole.ends_with(char::is_whitespace);
    if plain { int_of_text(whole) } else { None }
}

/// As [`float`], by dstack 0.22's library: a text is of ASCII digits, and `_` may stand beside the exponent.
pub(super) fn strict_float(value: &Value) -> Option<f64> {
    let of_text = |text: &str| {
        let text = text.trim_matches(char::is_whitespace);
        let number = text.strip_prefix(['+', '-']).unwrap_or(text);
        let bad = number.starts_with(['+', '-', '_']) || number.ends_with('_') || number.contains("__");
        if bad || !text.is_ascii() { None } else { text.replace('_', "").parse().ok() }
    };
    match value {
        Value::Str(text) => of_text(text),
        Value::Binary(bytes) => of_text(std::str::from_utf8(bytes).ok()?),
        value => float(value),
    }
}

/// pydantic's boolean: 0, 1 and a few words in any case.
pub(super) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::Int(0) => Some(false),
        Value::Int(1) => Some(true),
        Value::Float(f) if *f == 0.0 => Some(false),
        #[expect(clippy::float_cmp, reason = "exactly 1.0 is a boolean, nothing near it is")]
        Value::Float(f) if *f == 1.0 => Some(true),
        Value::Str(text) => boolean_of_text(text),
        Value::Binary(bytes) => boolean_of_text(std::str::from_utf8(bytes).ok()?),
        _ => None,
    }
}

fn boolean_of_text(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
        "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
        _ => None,
    }
}

/// Each `_` stands between two digits, and there is something at all.
fn underscores_part_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    !bytes.is_empty()
        && bytes.iter().enumerate().all(|(i, &b)| b != b'_' || (i > 0 && digit(i - 1) && digit(i + 1)))
}

/// The blanks that Python takes off around a number.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r') || (!c.is_ascii() && c.is_whitespace())
}

/// The text with all decimal digits as ASCII ones.
fn ascii_digits(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { text.into() } else { with_ascii_digits(text).into() }
}

/// Whether Python calls it a letter (Unicode's categories L*).
///
/// Rust's `Alphabetic` also holds letter-like numbers, circled letters and combining marks. The
/// first two are taken out; a mark at the place where this is asked is not worth a table.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphabetic()
        && !matches!(c as u32,
            0x16ee..=0x16f0 | 0x2160..=0x2182 | 0x2185..=0x2188 | 0x24b6..=0x24e9 | 0x3007 | 0x3021..=0x3029
            | 0x3038..=0x303a | 0xa6e6..=0xa6ef | 0x10140..=0x10174 | 0x10341 | 0x1034a | 0x103d1..=0x103d5
            | 0x12400..=0x1246e | 0x1f130..=0x1f149 | 0x1f150..=0x1f169 | 0x1f170..=0x1f189)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (f, text) in [
            (1.1, "1.1"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (1e22, "1e+22"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (f64::INFINITY, "inf"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(float_text(f), text);
        }
    }

    #[test]
    fn whole_numbers_are_read_as_python_reads_them() {
        for text in ["4", " 4 ", "+4", "04", "٤", "4\u{a0}", "\n4\t", "\u{2028}４"] {
            assert_eq!(int_of_text(text), Some(Int::Small(4)), "{text:?}");
        }
        assert_eq!(int_of_text("1_0"), Some(Int::Small(10)));
        assert_eq!(int_of_text("-1"), Some(Int::Small(-1)));
        for text in ["", " ", "0x10", "1e1", "4.", "4.0", "_1", "1_", "1__0", "+-1", "²", "\u{1c}5", "- 1"] {
            assert_eq!(int_of_text(text), None, "{text:?}");
        }
        assert_eq!(int_of_text(&"9".repeat(60)), Some(Int::Huge));
        assert_eq!(int_of_text(&"9".repeat(5000)), None);
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (text, f) in
            [("1_000.5", 1000.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("+8", 8.0), ("٨", 8.0)]
        {
            assert_eq!(float_of_text(text), Some(f), "{text}");
        }
        assert_eq!(float_of_text("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(float_of_text("NaN").is_some_and(f64::is_nan));
        for text in ["", ".", "e5", "1e", "0x10", "1_.5", "1._5", "--1", "infinit", "1 0"] {
            assert_eq!(float_of_text(text), None, "{text:?}");
        }
    }
}
