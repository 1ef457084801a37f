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

/// An expression that is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    /// Minute, hour, day, month, weekday: any of the items, and all five hold.
    fields: [Vec<Item>; 5],
}

/// A part of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    /// Every `step`th from `low` on, `high` at most.
    Range { low: i64, high: i64, step: i64 },
    /// The last day of the month.
    LastDay,
}

/// Reads an expression; the error is what is wrong with it, as the end of a sentence.
pub(super) fn parse(expression: &str) -> Result<Cron, String> {
    // Python's blanks: some control characters are among them.
    let blank = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    let fields: Vec<&str> = expression.split(blank).filter(|field| !field.is_empty()).collect();
    let Ok(fields) = <[&str; UNITS.len()]>::try_from(fields.as_slice()) else {
        return Err(format!("has {} fields, not minute, hour, day, month and weekday", fields.len()));
    };
    let mut read = Cron { fields: Default::default() };
    for ((field, unit), items) in fields.iter().zip(&UNITS).zip(&mut read.fields) {
        for item in field.split(',') {
            let item = unit.item(item).map_err(|why| format!("has a wrong {}: {why}", unit.what))?;
            items.push(item);
        }
    }
    Ok(read)
}

impl Cron {
    /// Whether the `at`th field takes a value; `last` is the last day of the month.
    pub(super) fn takes(&self, at: usize, value: i64, last: i64) -> bool {
        self.fields[at].iter().any(|item| match *item {
            Item::Range { low, high, step } => (low..=high).contains(&value) && (value - low) % step == 0,
            Item::LastDay => value == last,
        })
    }
}

/// A right expression with its weekdays by name, where they are by number: as they are read, and as they would be where
/// Sunday is 0 and 7, as in crontabs. `None` where no number is among them, or where they have steps.
pub(super) fn by_name(expression: &str) -> Option<[String; 2]> {
    let weekdays = expression.split_whitespace().next_back()?;
    let by_number = weekdays.split([',', '-']).any(|part| number(part).is_some());
    if !by_number || weekdays.contains('/') || parse(expression).is_err() {
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
        Some(format!("{head}{}", items?.join(","))).filter(|expression| parse(expression).is_ok())
    };
    Some([named(0)?, named(names.len() - 1)?])
}

impl Unit {
    fn item(&self, item: &str) -> Result<Item, String> {
        let lower = item.to_ascii_lowercase();
        // What follows `last` is not read.
        if self.what == "day" && lower.starts_with("last") {
            return Ok(Item::LastDay);
        }
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => match number(step) {
                Some(step) => (range, Some(step)),
                None => return self.named(item),
            },
            None => (item, None),
        };
        let (low, high, width) = if range == "*" {
            (self.min, self.max, self.max - self.min)
        } else {
            let (low, high) = match range.split_once('-') {
                Some((low, high)) => (number(low), Some(number(high))),
                None => (number(range), None),
            };
            match (low, high) {
                (Some(low), None) if step.is_none() => (low, low, 0),
                // A step counts up to the last there is.
                (Some(low), None) => (low, self.max, self.max - low),
                // A last of 0 counts as none when a step is held against it, once it is known not to come before the first.
                (Some(0), Some(Some(0))) => (0, 0, self.max),
                (Some(low), Some(Some(high))) => (low, high, high - low),
                _ => return self.named(item),
            }
        };
        if low < self.min || high > self.max {
            return Err(format!("{} is not within {} and {}", quote(item), self.min, self.max));
        }
        if low > high {
            return Err(format!("{} ends before it begins", quote(item)));
        }
        match step {
            Some(step) if step < 1 => Err("a step is 1 or more".to_owned()),
            Some(step) if step > width => {
                Err(format!("the step {step} is longer than what it counts through"))
            }
            step => Ok(Item::Range { low, high, step: step.unwrap_or(1) }),
        }
    }

    /// A name, or a range of two; what follows is not read unless it is a letter.
    fn named(&self, item: &str) -> Result<Item, String> {
        let unknown = || Err(format!("{} is not known", quote(item)));
        let letter = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic());
        let Some((first, rest)) = self.name(item) else { return unknown() };
        let (last, rest) = match rest.strip_prefix('-') {
            Some(tail) => match self.name(tail) {
                Some(second) => second,
                // `mon-5` is Monday with something unread, `mon-foo` names what is no day.
                None if letter(tail) => return unknown(),
                None => (first, rest),
            },
            None => (first, rest),
        };
        if letter(rest) {
            return unknown();
        }
        if first > last {
            return Err(format!("{} ends before it begins", quote(item)));
        }
        Ok(Item::Range { low: first, high: last, step: 1 })
    }

    /// The value that a text begins with the name of, and what follows.
    fn name<'t>(&self, text: &'t str) -> Option<(i64, &'t str)> {
        let (name, rest) = text.split_at_checked(3)?;
        let at = self.names.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Some((self.min + i64::try_from(at).ok()?, rest))
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
            assert!(parse(good).is_ok(), "{good}: {:?}", parse(good));
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
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
