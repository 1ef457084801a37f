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
    let fields: Vec<&str> = expression.split_whitespace().collect();
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
                (Some(low), Some(Some(0))) => (low, self.max),
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
        ] {
            assert_eq!(wrong(good), None, "{good}");
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
        ] {
            assert!(wrong(bad).is_some(), "{bad}");
        }
    }
}
