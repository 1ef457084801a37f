//! Limits: whether what somebody wants to have besides is more than they may have, and how that is said.
//!
//! The server asks [`notes`] in the transaction that writes an instance down, and before a launch; a page may ask the same.

use crate::{
    api::{LimitNote, Limited, Limits, NEAR, Used},
    time::Timestamp,
};

/// The most instances or GPUs that a limit can be about.
const MOST_THINGS: u32 = 1_000_000;
/// The most US dollars that a limit can be about.
const MOST_USD: f64 = 1e9;
/// What sums of prices may be off by without anybody having more.
const ROUNDING: f64 = 1e-9;

/// What somebody would have besides.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Adds {
    /// Instances.
    pub instances: u32,
    /// GPUs of these.
    pub gpus: u32,
    /// What these cost, US dollars an hour.
    pub usd_per_hour: f64,
}

/// How far a month's spending is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// At 80 % of its limit or more.
    Near,
    /// At its limit or more.
    Reached,
}

impl Level {
    /// The word of it on the wire: `near`, `reached`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Reached => "reached",
        }
    }
}

/// Which of `limits` would be near or passed by somebody who has `used` and wants `adds` besides; `person` is whose they are, `None` =
/// the project's. What is not added to is not told of: who takes a machine that costs nothing hears nothing of money.
#[must_use]
pub fn notes(person: Option<&str>, limits: &Limits, used: &Used, adds: &Adds) -> Vec<LimitNote> {
    let mut notes = Vec::new();
    let mut note = |what, limit: Option<f64>, would_be: f64, added: bool, reached: bool| {
        let Some(limit) = limit.filter(|_| added) else { return };
        let over = reached || would_be > limit + ROUNDING * limit.max(1.0);
        if over || would_be >= NEAR * limit {
            let person = person.map(str::to_owned);
            let mut note = LimitNote { person, what, limit, would_be, over, message: String::new() };
            note.message = message(&note, used);
            notes.push(note);
        }
    };
    let instances = used.instances.saturating_add(adds.instances);
    note(Limited::Instances, limits.instances.map(f64::from), instances.into(), adds.instances > 0, false);
    let gpus = used.gpus.saturating_add(adds.gpus);
    note(Limited::Gpus, limits.gpus.map(f64::from), gpus.into(), adds.gpus > 0, false);
    let costs = adds.usd_per_hour > 0.0;
    let usd_per_hour = used.usd_per_hour + adds.usd_per_hour;
    note(Limited::UsdPerHour, limits.usd_per_hour, usd_per_hour, costs, false);
    let reached = limits.usd_per_month.is_some_and(|limit| used.usd_this_month >= limit);
    note(Limited::UsdPerMonth, limits.usd_per_month, used.usd_this_month + usd_per_hour, costs, reached);
    notes
}

/// How far the spending of this month is; `None` = less than 80 % of the limit, or there is none.
#[must_use]
pub fn level(limits: &Limits, used: &Used) -> Option<Level> {
    let limit = limits.usd_per_month?;
    match used.usd_this_month {
        spent if spent >= limit && spent > 0.0 => Some(Level::Reached),
        spent if spent >= NEAR * limit && spent > 0.0 => Some(Level::Near),
        _ => None,
    }
}

/// What is told when the spending of a month passes a [`Level`]: "the project has spent $81 of the $100 that it may spend in November".
#[must_use]
pub fn crossed(person: Option<&str>, limit: f64, spent: f64, level: Level) -> String {
    let (who, limit, spent) = (subject(person), usd(limit), usd(spent));
    match level {
        Level::Near => format!("{who} has spent {spent} of the {limit} that may be spent this month"),
        Level::Reached => format!(
            "{who} has spent {spent} this month, and {limit} may be spent: what runs goes on, and nothing that costs can be started \
             until the month is over, unless an admin raises the limit"
        ),
    }
}

/// Whether these can be limits.
///
/// # Errors
/// Says in words which cannot.
pub fn check(limits: &Limits) -> Result<(), String> {
    for (what, count) in [("instances", limits.instances), ("GPUs", limits.gpus)] {
        if count.is_some_and(|count| count > MOST_THINGS) {
            return Err(format!(
                "a limit of {what} is 0 to {MOST_THINGS}; without one there may be as many as there are"
            ));
        }
    }
    for (what, dollars) in [("an hour", limits.usd_per_hour), ("a month", limits.usd_per_month)] {
        if dollars.is_some_and(|dollars| !(0.0..=MOST_USD).contains(&dollars)) {
            return Err(format!(
                "a limit of US dollars {what} is 0 to {MOST_USD:.0}; without one as much may be spent as there is"
            ));
        }
    }
    Ok(())
}

/// Limits in words: "4 instances, 8 GPUs, $10 an hour, $100 a month"; empty without any.
#[must_use]
pub fn told(limits: &Limits) -> String {
    let told = [
        limits.instances.map(|count| things(count.into(), "instance")),
        limits.gpus.map(|count| things(count.into(), "GPU")),
        limits.usd_per_hour.map(|dollars| format!("{} an hour", usd(dollars))),
        limits.usd_per_month.map(|dollars| format!("{} a month", usd(dollars))),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Whether there is any limit.
#[must_use]
pub fn is_unlimited(limits: &Limits) -> bool {
    *limits == Limits::default()
}

/// The calendar month (UTC) of a moment: when it begins, and when the next one does.
#[must_use]
pub fn month(at: Timestamp) -> (Timestamp, Timestamp) {
    const DAY: i64 = 86_400_000;
    // The years that have four digits.
    let midnight = at.0.clamp(-62_000_000_000_000, 253_000_000_000_000).div_euclid(DAY) * DAY;
    let of_month = |moment: i64| {
        Timestamp(moment).date().get(8..10).and_then(|day| day.parse::<i64>().ok()).unwrap_or(1)
    };
    let begin = midnight - (of_month(midnight) - 1) * DAY;
    // Every month has 28 days, and none has 32.
    let within_next = begin + 32 * DAY;
    (Timestamp(begin), Timestamp(within_next - (of_month(within_next) - 1) * DAY))
}

fn subject(person: Option<&str>) -> String {
    person.map_or_else(|| "the project".to_owned(), |person| format!("`{person}`"))
}

/// What would be, what may be, and what to do.
fn message(note: &LimitNote, used: &Used) -> String {
    let who = subject(note.person.as_deref());
    let (limit, would_be) = (note.limit, note.would_be);
    let ask = match note.person {
        Some(_) => "ask an admin for more",
        None => "ask an admin to raise it",
    };
    match (note.what, note.over) {
        (Limited::Instances, true) if limit < 1.0 => format!("{who} may have no instance: {ask}"),
        (Limited::Instances, true) => format!(
            "this would be the {} instance; {who} may have {limit} at once: stop one, or {ask}",
            ordinal(would_be)
        ),
        (Limited::Instances, false) => {
            format!("this makes {would_be} of the {} that {who} may have at once", things(limit, "instance"))
        }
        (Limited::Gpus, true) if limit < 1.0 => {
            format!("{who} may have no GPU: take a machine without, or {ask}")
        }
        (Limited::Gpus, true) => format!(
            "this would make it {}; {who} may have {limit} at once: stop an instance, take fewer, or {ask}",
            things(would_be, "GPU")
        ),
        (Limited::Gpus, false) => {
            format!("this makes {would_be} of the {} that {who} may have at once", things(limit, "GPU"))
        }
        (Limited::UsdPerHour, true) => format!(
            "all together would cost {} an hour; {who} may spend {} an hour: stop an instance, take a cheaper one, or {ask}",
            usd(would_be),
            usd(limit)
        ),
        (Limited::UsdPerHour, false) => {
            format!("this makes {} of the {} that {who} may spend an hour", usd(would_be), usd(limit))
        }
        (Limited::UsdPerMonth, true) if used.usd_this_month >= limit => format!(
            "{who} has spent {} this month and may spend {}: wait for the next month, or {ask}",
            usd(used.usd_this_month),
            usd(limit)
        ),
        (Limited::UsdPerMonth, true) => format!(
            "{who} has spent {} this month; one more hour of all that would run makes it {}, and {} may be spent: stop an \
             instance, wait for the next month, or {ask}",
            usd(used.usd_this_month),
            usd(would_be),
            usd(limit)
        ),
        (Limited::UsdPerMonth, false) => {
            format!(
                "{who} has spent {} of the {} that may be spent this month",
                usd(used.usd_this_month),
                usd(limit)
            )
        }
    }
}

/// `1 GPU`, `8 GPUs`.
fn things(number: f64, what: &str) -> String {
    if number == 1.0 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// `1st`, `2nd`, `3rd`, `4th`, `11th`.
fn ordinal(number: f64) -> String {
    let whole = number as u64;
    let end = match (whole % 10, whole % 100) {
        (1, not) if not != 11 => "st",
        (2, not) if not != 12 => "nd",
        (3, not) if not != 13 => "rd",
        _ => "th",
    };
    format!("{whole}{end}")
}

/// `$100`, `$0.50`, `$0.0012`.
fn usd(dollars: f64) -> String {
    match dollars {
        whole if whole.fract() == 0.0 => format!("${whole:.0}"),
        small if small < 0.01 => format!("${small:.4}"),
        large => format!("${large:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(person: Option<&str>, limits: &Limits, used: &Used, adds: &Adds) -> String {
        let notes = notes(person, limits, used, adds);
        let told = notes
            .iter()
            .map(|note| format!("{} {}", if note.over { "over:" } else { "near:" }, note.message));
        told.collect::<Vec<_>>().join("\n")
    }

    const ONE: Adds = Adds { instances: 1, gpus: 0, usd_per_hour: 0.5 };

    #[test]
    fn what_would_be_too_much_is_said_with_what_to_do() {
        let limits =
            Limits { instances: Some(4), gpus: Some(8), usd_per_hour: Some(2.5), usd_per_month: Some(100.0) };
        let used = Used { instances: 4, gpus: 8, usd_per_hour: 2.25, usd_this_month: 99.0 };
        let adds = Adds { gpus: 4, ..ONE };
        insta::assert_snapshot!(told(None, &limits, &used, &adds), @r"
        over: this would be the 5th instance; the project may have 4 at once: stop one, or ask an admin to raise it
        over: this would make it 12 GPUs; the project may have 8 at once: stop an instance, take fewer, or ask an admin to raise it
        over: all together would cost $2.75 an hour; the project may spend $2.50 an hour: stop an instance, take a cheaper one, or ask an admin to raise it
        over: the project has spent $99 this month; one more hour of all that would run makes it $101.75, and $100 may be spent: stop an instance, wait for the next month, or ask an admin to raise it
        ");
        let used = Used { usd_this_month: 100.0, ..Used::default() };
        let none = Limits { instances: Some(0), gpus: Some(0), ..limits };
        insta::assert_snapshot!(told(Some("ann"), &none, &used, &adds), @r"
        over: `ann` may have no instance: ask an admin for more
        over: `ann` may have no GPU: take a machine without, or ask an admin for more
        over: `ann` has spent $100 this month and may spend $100: wait for the next month, or ask an admin for more
        ");
    }

    #[test]
    fn what_is_near_is_said_from_four_fifths_on() {
        let limits =
            Limits { instances: Some(5), gpus: Some(1), usd_per_hour: Some(1.0), usd_per_month: Some(100.0) };
        let used = Used { instances: 3, gpus: 0, usd_per_hour: 0.3, usd_this_month: 80.0 };
        let adds = Adds { gpus: 1, ..ONE };
        insta::assert_snapshot!(told(Some("ann"), &limits, &used, &adds), @r"
        near: this makes 4 of the 5 instances that `ann` may have at once
        near: this makes 1 of the 1 GPU that `ann` may have at once
        near: this makes $0.80 of the $1 that `ann` may spend an hour
        near: `ann` has spent $80 of the $100 that may be spent this month
        ");
        let used = Used { instances: 2, gpus: 0, usd_per_hour: 0.2, usd_this_month: 79.0 };
        assert_eq!(told(None, &limits, &used, &ONE), "");
    }

    #[test]
    fn a_machine_that_costs_nothing_is_no_matter_of_money() {
        let limits = Limits { usd_per_hour: Some(1.0), usd_per_month: Some(1.0), ..Limits::default() };
        let used = Used { usd_per_hour: 5.0, usd_this_month: 5.0, ..Used::default() };
        assert_eq!(notes(None, &limits, &used, &Adds { usd_per_hour: 0.0, ..ONE }), []);
        // And what somebody has too much of already is no matter to who adds nothing to it.
        assert_eq!(notes(None, &limits, &used, &Adds::default()), []);
    }

    #[test]
    fn no_limit_is_kept_that_makes_no_sense() {
        for dollars in [-0.01, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e10] {
            for limits in [
                Limits { usd_per_hour: Some(dollars), ..Limits::default() },
                Limits { usd_per_month: Some(dollars), ..Limits::default() },
            ] {
                check(&limits).expect_err("it makes none");
            }
        }
        check(&Limits { instances: Some(u32::MAX), ..Limits::default() }).expect_err("too many");
        check(&Limits { gpus: Some(MOST_THINGS + 1), ..Limits::default() }).expect_err("too many");
        let fine = Limits {
            instances: Some(0),
            gpus: Some(1000),
            usd_per_hour: Some(0.0),
            usd_per_month: Some(1e6),
        };
        assert_eq!(check(&fine), Ok(()));
        assert_eq!(check(&Limits::default()), Ok(()));
    }

    #[test]
    fn a_month_is_from_its_first_day_to_the_next_ones() {
        for (at, from, to) in [
            (1_790_000_000_007, "2026-09-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-01T00:00:00.000Z", "2000-03-01T00:00:00.000Z"),
            (1_767_225_599_999, "2025-12-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
            (1_767_225_600_000, "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"),
        ] {
            let (begin, end) = month(Timestamp(at));
            assert_eq!((begin.rfc3339().as_str(), end.rfc3339().as_str()), (from, to));
        }
    }

    #[test]
    fn spending_is_near_its_limit_and_then_at_it() {
        let limits = Limits { usd_per_month: Some(100.0), ..Limits::default() };
        let spent = |usd| Used { usd_this_month: usd, ..Used::default() };
        for (usd, expected) in [
            (0.0, None),
            (79.9, None),
            (80.0, Some(Level::Near)),
            (99.9, Some(Level::Near)),
            (100.0, Some(Level::Reached)),
        ] {
            assert_eq!(level(&limits, &spent(usd)), expected, "{usd}");
        }
        assert_eq!(level(&Limits::default(), &spent(1e6)), None);
        // Nobody has spent anything: nobody has spent too much.
        assert_eq!(level(&Limits { usd_per_month: Some(0.0), ..Limits::default() }, &spent(0.0)), None);
        insta::assert_snapshot!(crossed(None, 100.0, 81.5, Level::Near), @"the project has spent $81.50 of the $100 that may be spent this month");
        insta::assert_snapshot!(crossed(Some("ann"), 100.0, 100.0, Level::Reached), @"`ann` has spent $100 this month, and $100 may be spent: what runs goes on, and nothing that costs can be started until the month is over, unless an admin raises the limit");
    }

    #[test]
    fn numbers_are_counted_as_people_do() {
        for (number, told) in [
            (1.0, "1st"),
            (2.0, "2nd"),
            (3.0, "3rd"),
            (4.0, "4th"),
            (11.0, "11th"),
            (12.0, "12th"),
            (23.0, "23rd"),
            (112.0, "112th"),
        ] {
            assert_eq!(ordinal(number), told);
        }
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_its_month(at in -60_000_000_000_000_i64..200_000_000_000_000) {
            let (begin, end) = month(Timestamp(at));
            prop_assert!(begin.0 <= at && at < end.0);
            prop_assert!(begin.date().ends_with("-01"));
            prop_assert_eq!(month(Timestamp(end.0 - 1)), (begin, end));
            prop_assert_eq!(month(end).0, end);
        }

        #[test]
        fn who_may_add_something_may_add_less(limit in 0_u32..20, has in 0_u32..20, adds in 0_u32..20) {
            let limits = Limits { instances: Some(limit), gpus: Some(limit), ..Limits::default() };
            let used = Used { instances: has, gpus: has, ..Used::default() };
            let refused = |n| notes(None, &limits, &used, &Adds { instances: n, gpus: n, usd_per_hour: 0.0 })
                .iter()
                .any(|note| note.over);
            prop_assert_eq!(refused(adds), adds > 0 && has + adds > limit);
        }
    }
}
