//! Sizes: a number with `MB`, `GB` or `TB`; without a unit it is GB. All in GB of 1024 MB.

use super::{
    coerce,
    context::{At, Cx, quote},
    surprise,
};
use crate::{diagnostics::Code, yaml::Value};

/// One size in GB.
pub(super) fn size(cx: &mut Cx<'_>, at: At<'_>) -> Option<f64> {
    let value = cx.value(at);
    match value {
        Value::Str(text) => of_text(cx, at, text),
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => {
            let Some(size) = coerce::float(value) else {
                let shown = cx.quote(at);
                cx.report(Code::NumberTooLarge, at, format!("{shown} is too large"));
                return None;
            };
            surprise::as_number(cx, at, &words(size), &number(size));
            Some(size)
        }
        _ => {
            let what = cx.kind_of(at);
            cx.report(Code::WrongType, at, format!("expected a size, got {what}"))
                .help("write a size such as `16GB`");
            None
        }
    }
}

/// One size from a text; reports at `at` when it is wrong.
pub(super) fn of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<f64> {
    if let Some(size) = parse(text) {
        return Some(size);
    }
    let meant = suggest(text);
    let whole = matches!(cx.value(at), Value::Str(all) if all == text);
    let fix = meant.as_ref().filter(|_| whole).and_then(|meant| cx.replacement(at, meant));
    let message = match text.trim() {
        "" => "expected a size, got an empty text".to_owned(),
        _ => format!("{} is not a size", quote(text)),
    };
    let draft = cx.report(Code::InvalidSize, at, message);
    if text.contains("..") {
        draft.help("one size belongs here, not a range");
    } else {
        draft.help("write a number with `MB`, `GB` or `TB`, such as `16GB`");
    }
    if let (Some(meant), Some(fix)) = (meant, fix) {
        draft.fix(format!("write `{meant}`"), at.range, fix);
    }
    None
}

/// dstack's grammar: blanks and case do not count, then Python's `float()`.
pub(super) fn parse(text: &str) -> Option<f64> {
    let text = text.replace(' ', "").to_lowercase();
    let (number, factor) = if let Some(number) = text.strip_suffix("tb") {
        (number, 1024.0)
    } else if let Some(number) = text.strip_suffix("gb") {
        (number, 1.0)
    } else if let Some(number) = text.strip_suffix("mb") {
        (number, 1.0 / 1024.0)
    } else {
        (text.as_str(), 1.0)
    };
    Some(coerce::float_of_text(number)? * factor)
}

/// `8G`, `8GiB`, `8gigabytes`: surely `8GB`.
fn suggest(text: &str) -> Option<String> {
    let plain = text.replace(' ', "").to_ascii_lowercase();
    let digits = plain.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|&i| i > 0)?;
    plain[..digits].parse::<f64>().ok()?;
    let unit = match &plain[digits..] {
        "m" | "mib" | "megabytes" => "MB",
        "g" | "gib" | "gigabytes" | "gig" | "gigs" => "GB",
        "t" | "tib" | "terabytes" => "TB",
        _ => return None,
    };
    Some(format!("{}{unit}", &plain[..digits]))
}

/// A size in GB as people write it: `40 GB`, `512 MB`, `1.5 TB`.
pub(super) fn words(size: f64) -> String {
    let (n, unit) = match size.abs() {
        n if !n.is_finite() => (size, "GB"),
        n if n >= 1024.0 && (size / 1024.0 * 4.0).fract() == 0.0 => (size / 1024.0, "TB"),
        n if n > 0.0 && n < 1.0 => (size * 1024.0, "MB"),
        _ => (size, "GB"),
    };
    format!("{} {unit}", number(n))
}

fn number(n: f64) -> String {
    format!("{n}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_dstack_reads_them() {
        for (text, gb) in [
            ("8", 8.0),
            ("8 GB", 8.0),
            ("512mb", 0.5),
            ("1.5TB", 1536.0),
            ("8e1GB", 80.0),
            ("1_000", 1000.0),
            (".5GB", 0.5),
            ("٨GB", 8.0),
            ("8\tGB", 8.0),
        ] {
            assert_eq!(parse(text), Some(gb), "{text}");
        }
        for text in ["", "GB", "8G", "8GiB", "8PB", "8KB", "8GBGB", "8GB\n", "0x10", "8ＧＢ"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn sizes_are_said_in_the_unit_that_people_use() {
        for (gb, said) in
            [(40.0, "40 GB"), (0.5, "512 MB"), (1024.0, "1 TB"), (1536.0, "1.5 TB"), (1100.0, "1100 GB")]
        {
            assert_eq!(words(gb), said);
        }
    }
}
