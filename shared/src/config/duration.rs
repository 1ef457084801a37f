//! Durations: whole seconds, or digits with a unit.

use super::{
    coerce::{self, Int},
    context::{At, Cx},
    scalars, surprise,
};
use crate::{
    diagnostics::Code,
    yaml::{Value, decimal_digit},
};

/// What a duration is for, which decides what is odd about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Something that takes a while.
    Plain,
    /// A limit, which may be `off`; 0 is none, either.
    Limit,
    /// How long nobody may be there; may be `off`.
    Inactivity,
    /// How long an instance without a run is kept: 0 is at once, below that for good; may be `off`.
    Idle,
    /// A time that is looked at, which has bounds of its own.
    Window,
}

impl Use {
    /// Whether `off` may stand in its place.
    const fn takes_off(self) -> bool {
        matches!(self, Self::Limit | Self::Inactivity | Self::Idle)
    }
}

/// Seconds, within 64 bits.
pub(super) fn seconds(cx: &mut Cx<'_>, at: At<'_>) -> Option<i64> {
    seconds_for(cx, at, Use::Plain)
}

/// As [`seconds`], of which it is known what they are for.
pub(super) fn seconds_for(cx: &mut Cx<'_>, at: At<'_>, used: Use) -> Option<i64> {
    let int = any(cx, at, used)?;
    scalars::fits(cx, at, int)
}

/// `off`, or seconds as text.
pub(super) fn or_off(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    if let Value::Str(text) = cx.value(at)
        && text == "off"
    {
        return Some(text.clone());
    }
    match any(cx, at, Use::Limit)? {
        Int::Small(n) => Some(n.to_string()),
        int @ Int::Huge => scalars::fits(cx, at, int).map(|n| n.to_string()),
    }
}

fn any(cx: &mut Cx<'_>, at: At<'_>, used: Use) -> Option<Int> {
    let value = cx.value(at);
    let int = match value {
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => coerce::int(value),
        Value::Str(text) => coerce::int_of_text(text).or_else(|| with_unit(text)),
        _ => None,
    };
    let Some(int) = int else {
        invalid(cx, at, used);
        return None;
    };
    if let Int::Small(n) = int {
        surprising(cx, at, n, used);
    }
    Some(int)
}

fn surprising(cx: &mut Cx<'_>, at: At<'_>, n: i128, used: Use) {
    // Where `off` may stand, quoting says what is meant.
    if *cx.value(at) == Value::Bool(false) && used == Use::Limit {
        let shown = cx.quote(at);
        let fixable = cx.is_bare(at);
        let draft = cx.report(
            Code::BooleanAsNumber,
            at,
            format!("{shown} is a boolean in YAML; it is read as 0 seconds, which means no limit"),
        );
        draft.help("quote `\"off\"` to say so");
        if fixable {
            draft.fix("write `\"off\"`", at.range, "\"off\"");
        }
        return;
    }
    surprise::as_number(
        cx,
        at,
        &format!("{n} {}", if n == 1 { "second" } else { "seconds" }),
        &n.to_string(),
    );
    if let Ok(n) = i64::try_from(n) {
        surprise::fraction(cx, at, n);
    }
    if n <= 0 && !matches!(cx.value(at), Value::Bool(_)) {
        not_positive(cx, at, n, used);
    }
    // What is too short is told of by whoever knows its bounds.
    if used == Use::Window {
        return;
    }
    // Seconds are written for tests; anything else was meant to be minutes or hours.
    let bare = match cx.value(at) {
        Value::Int(_) => true,
        Value::Str(text) => text.bytes().all(|b| b.is_ascii_digit()),
        _ => false,
    };
    let spelled = cx.doc.node(at.node).text.as_deref() == Some(n.to_string().as_str());
    if bare && spelled && (1..60).contains(&n) {
        let seconds = if n == 1 { "1 second".to_owned() } else { format!("{n} seconds") };
        let fixable = cx.is_bare(at);
        let draft = cx.report(Code::DurationInSeconds, at, format!("`{n}` is {seconds}"));
        draft.help("a duration without a unit is in seconds");
        if fixable {
            for unit in ['h', 'm', 's'] {
                draft.offer(format!("write `{n}{unit}`"), at.range, format!("{n}{unit}"));
            }
        }
    }
}

fn not_positive(cx: &mut Cx<'_>, at: At<'_>, n: i128, used: Use) {
    let help = match (used, n) {
        // dstack 0.22 takes none below 0, which is an error and told of as one.
        (Use::Limit | Use::Inactivity, ..0) if cx.is_newer() => return,
        (Use::Window, _) | (Use::Idle, -1 | 0) => return,
        (Use::Limit, 0) => Some("0 means no limit; write `\"off\"` to say so"),
        (Use::Limit, _) => Some("the run is over at once; for no limit, write `\"off\"`"),
        (Use::Inactivity, _) => {
            Some("the run is stopped once nobody is there; for no limit, write `\"off\"`")
        }
        (Use::Idle, _) => Some("it is kept for good; write `\"off\"` to say so"),
        (Use::Plain, _) => None,
    };
    let shown = cx.quote(at);
    let fixable = cx.is_in_place(at);
    let removal = cx.removal(at.key, at.range);
    let draft = cx.report(Code::DurationNotPositive, at, format!("{shown} is no time at all"));
    if let Some(help) = help {
        draft.help(help);
    }
    if used.takes_off() && fixable {
        draft.offer("write `\"off\"`", at.range, "\"off\"");
    }
    if let Some(removal) = removal {
        draft.offer("remove the key", removal, "");
    }
}

fn invalid(cx: &mut Cx<'_>, at: At<'_>, used: Use) {
    let what = cx.kind_of(at);
    let suggestion = match cx.value(at) {
        Value::Str(text) if used.takes_off() && is_off(text) => Some("off".to_owned()),
        Value::Str(text) => suggest(text),
        _ => None,
    };
    let in_place = cx.is_in_place(at);
    // An upper-case `M` may be months.
    let certain = !matches!(cx.value(at), Value::Str(text) if text.contains('M'));
    let draft = cx.report(Code::InvalidDuration, at, format!("expected a duration, got {what}"));
    draft.help("write a whole number with one of the units `s`, `m`, `h`, `d`, `w`, such as `90m`");
    if let (Some(suggestion), true) = (suggestion, in_place) {
        draft.suggest(certain, format!("write `{suggestion}`"), at.range, suggestion);
    }
}

/// The grammar of dstack: digits of any script, blanks, one unit in lower case, at most one line break after it.
fn with_unit(text: &str) -> Option<Int> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let unit = text.chars().next_back()?;
    let factor = factor(unit)?;
    let digits = text[..text.len() - unit.len_utf8()].trim_end_matches(' ');
    if digits.is_empty() {
        return None;
    }
    let mut n = Some(0_i128);
    for c in digits.chars() {
        let digit = i128::from(decimal_digit(c)?.to_digit(10)?);
        n = n.and_then(|n| n.checked_mul(10)?.checked_add(digit));
    }
    Some(n.and_then(|n| n.checked_mul(factor)).map_or(Int::Huge, Int::Small))
}

fn factor(unit: char) -> Option<i128> {
    Some(match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    })
}

/// Whether a text that is not `off` means it.
fn is_off(text: &str) -> bool {
    ["off", "false", "no", "never", "none"].iter().any(|word| word.eq_ignore_ascii_case(text.trim()))
}

/// What was surely meant by a duration that dstack does not read: `1h30m`, `1.5h`, `2 hours`, `5H`.
fn suggest(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    if text.len() > 40 {
        return None;
    }
    let mut rest = text.as_str();
    let mut total = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|&i| i > 0)?;
        let n: f64 = rest[..number].parse().ok()?;
        rest = rest[number..].trim_start();
        let word = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
        let unit = match &rest[..word] {
            "s" | "sec" | "secs" | "second" | "seconds" => 's',
            "m" | "min" | "mins" | "minute" | "minutes" => 'm',
            "h" | "hr" | "hrs" | "hour" | "hours" => 'h',
            "d" | "day" | "days" => 'd',
            "w" | "week" | "weeks" => 'w',
            _ => return None,
        };
        #[expect(clippy::cast_precision_loss, reason = "604,800 at most")]
        let factor = factor(unit)? as f64;
        total += n * factor;
        rest = rest[word..].trim_start();
    }
    (total > 0.0 && total.fract() == 0.0 && total < 1e12).then(|| short(total))
}

#[expect(clippy::cast_possible_truncation, reason = "a whole number below 1e12")]
fn short(seconds: f64) -> String {
    let n = seconds as i64;
    for (factor, unit) in [(86_400, 'd'), (3600, 'h'), (60, 'm')] {
        if n % factor == 0 {
            return format!("{}{unit}", n / factor);
        }
    }
    format!("{n}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_becomes_what_dstack_reads() {
        for (text, meant) in [
            ("1h30m", "90m"),
            ("1.5h", "90m"),
            ("2 hours", "2h"),
            ("5H", "5h"),
            ("1d12h", "36h"),
            (" 2h", "2h"),
        ] {
            assert_eq!(suggest(text).as_deref(), Some(meant), "{text}");
        }
        for text in ["", "never", "1y", "1h30", "..h", "0h"] {
            assert_eq!(suggest(text), None, "{text}");
        }
    }

    #[test]
    fn a_unit_follows_digits_and_ends_the_text() {
        assert_eq!(with_unit("5  m"), Some(Int::Small(300)));
        assert_eq!(with_unit("٥m\n"), Some(Int::Small(300)));
        for text in ["m", "5\tm", " 5m", "5m ", "-5m", "5mm", "5m\n\n", "1.5h"] {
            assert_eq!(with_unit(text), None, "{text:?}");
        }
    }
}
