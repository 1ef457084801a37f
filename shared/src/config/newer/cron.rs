//! Cron expressions as dstack 0.22 reads them (APScheduler 3's grammar): five fields, Monday is 0.

use super::super::context::quote;
use crate::yaml::with_ascii_digits;

struct Unit {
    what: &'static str,
    min: i64,
    max: i64,
    names: &'static [&'static str],
}

const UNITS: [Unit; 5] = [
    Unit { what: "minute", min: 0, max: 59, names: &[] },
    Unit { what: "hour", min: 0, max: 23, names: &[] },
    Unit { what: "day", min: 1, max: 31, names: &[] },
    Unit {
        what: "month",
        min: 1,
        max: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Unit { what: "weekday", min: 0, max: 6, names: &["mon", "tue", "wed", "thu", "fri", "sat", "sun"] },
];

/// What is wrong with an expression, as the end of a sentence; `None` for one that is right.
pub(super) fn wrong(expression: &str) -> Option<String> {
    // Python's blanks: some control characters are among them.
    let blank = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    let fields: Vec<&str> = expression.split(blank).filter(|field| !field.is_empty()).collect();
    if fields.len() != UNITS.len() {
        return Some(format!("has {} fields, not minute, hour, day, month and weekday", fields.len()));
    }
    fields.iter().zip(&UNITS).find_map(|(field, unit)| {
        field
            .split(',')
            .find_map(|item| unit.wrong(item))
            .map(|why| format!("has a wrong {}: {why}", unit.what))
    })
}

/// A right expression with its weekdays by name, where they are by number: as they are read, and as they would be where
/// Sunday is 0 and 7, as in crontabs. `None` where no number is among them, or where they have steps.
pub(super) fn by_name(expression: &str) -> Option<[String; 2]> {
    let weekdays = expression.split_whitespace().next_back()?;
    let by_number = weekdays.split([',', '-']).any(|part| number(part).is_some());
    if !by_number || weekdays.contains('/') || wrong(expression).is_some() {
        return None;
    }
    let [.., Unit { names, .. }] = &UNITS;
    let named = |shift: usize| {
        let name = |part: &str| match number(part).and_then(|n| usize::try_from(n).ok()) {
            Some(n) => names.get((n + shift) % names.len()).map(|name| (*name).to_owned()),
            None => Some(part.to_owned()),
        };
        let items: Option<Vec<String>> = weekdays
            .split(',')
            .map(|item| Some(item.split('-').map(name).collect::<Option<Vec<_>>>()?.join("-")))
            .collect();
        let head = expression.trim_end().strip_suffix(weekdays)?;
        Some(format!("{head}{}", items?.join(","))).filter(|expression| wrong(expression).is_none())
    };
    Some([named(0)?, named(names.len() - 1)?])
}

impl Unit {
    fn wrong(&self, item: &str) -> Option<String> {
        let lower = item.to_ascii_lowercase();
        // What follows `last` is not read.
        if self.what == "day" && lower.starts_with("last") {
            return None;
        }
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => match number(step) {
                Some(step) => (range, Some(step)),
                None => return self.named(item),
            },
            None => (item, None),
        };
        let (least, most) = if range == "*" {
            (self.min, self.max)
        } else {
            let (low, high) = match range.split_once('-') {
                Some((low, high)) => (number(low), Some(number(high))),
                None => (number(range), None),
            };
            match (low, high) {
                (Some(low), None) if step.is_none() => (low, low),
                // A step counts up to the last there is.
                (Some(low), None) => (low, self.max),
                // A last of 0 counts as none, once it is known not to come before the first.
                (Some(0), Some(Some(0))) => (0, self.max),
                (Some(low), Some(Some(high))) => (low, high),
                _ => return self.named(item),
            }
        };
        if least < self.min || most > self.max {
            return Some(format!("{} is not within {} and {}", quote(item), self.min, self.max));
        }
        if least > most {
            return Some(format!("{} ends before it begins", quote(item)));
        }
        match step {
            Some(step) if step < 1 => Some("a step is 1 or more".to_owned()),
            Some(step) if step > most - least => {
                Some(format!("the step {step} is longer than what it counts through"))
            }
            _ => None,
        }
    }

    /// A name, or a range of two; what follows is not read unless it is a letter.
    fn named(&self, item: &str) -> Option<String> {
        let unknown = || Some(format!("{} is not known", quote(item)));
        let Some((first, rest)) = self.name(item) else { return unknown() };
        let Some((last, rest)) = rest.strip_prefix('-').and_then(|rest| self.name(rest)) else {
            // `mon-5` is Monday with something unread, `mon-foo` names what is no day.
            let bad = rest
                .strip_prefix('-')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
            return if bad || rest.starts_with(|c: char| c.is_ascii_alphabetic()) { unknown() } else { None };
        };
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return unknown();
        }
        (first > last).then(|| format!("{} ends before it begins", quote(item)))
    }

    fn name<'t>(&self, text: &'t str) -> Option<(usize, &'t str)> {
        let (name, rest) = text.split_at_checked(3)?;
        let at = self.names.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Some((at, rest))
    }
}

/// Digits of any script.
fn number(text: &str) -> Option<i64> {
    let text = with_ascii_digits(text);
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_taken_or_told_what_is_wrong_with_it() {
        for good in [
            "0 8 * * 1-5",
            "*/15 * * * *",
            "0 8 * * mon-fri",
            "0 8 last * *",
            "0 0 1 jan *",
            "0-0/59 * * * *",
            "0 8 * * mon#1",
            "0 8 1,15 * sun",
            "5/10 * * * *",
            "0\u{1c}8 * * *",
        ] {
            assert_eq!(wrong(good), None, "{good}");
        }
        let named = |text| by_name(text).map(|both| both.join(" | "));
        assert_eq!(named("0 8 * * 1-5").as_deref(), Some("0 8 * * tue-sat | 0 8 * * mon-fri"));
        assert_eq!(named("0 8 * * 1,3").as_deref(), Some("0 8 * * tue,thu | 0 8 * * mon,wed"));
        // From Sunday to Tuesday is no range here.
        for other in ["0 8 * * *", "0 8 * * mon", "0 8 * * 0-2", "0 8 * * 9", "0 8 * * */2", "nothing"] {
            assert_eq!(named(other), None, "{other}");
        }
        for bad in [
            "",
            "* * * *",
            "@daily",
            "60 * * * *",
            "*/60 * * * *",
            "59/1 * * * *",
            "5-5/1 * * * *",
            "0 8 * * 7",
            "0 8 * * fri-mon",
            "0 8 * * sunday",
            "0 8 * * mon-foo",
            "0 8 0 * *",
            "1,,2 * * * *",
            "0 8 * * ?",
            "5-1 * * * *",
            "5-0 * * * *",
        ] {
            assert!(wrong(bad).is_some(), "{bad}");
        }
    }
}
