//! When a schedule is due.

use super::{
    Schedule,
    cron::{Cron, parse},
};
use crate::time::Timestamp;

/// How many days are looked at: every date there is comes within eight years, 29 February of 2096 to 2104 included.
const DAYS: i64 = 8 * 366 + 1;

const DAY: i64 = 24 * 60;

impl Schedule {
    /// When it is due next after a moment, the earliest of its expressions, to the minute in UTC; `None` when it never is, as on
    /// 31 February. Day and weekday hold both, as APScheduler has it and crontabs do not.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let next = |expression: &String| next_of(&parse(expression).ok()?, after);
        self.cron.iter().filter_map(next).min()
    }

    /// How often it was due after a moment and by another one, `most` at most.
    #[must_use]
    pub fn due_between(&self, after: Timestamp, by: Timestamp, most: usize) -> usize {
        std::iter::successors(self.next(after), |at| self.next(*at))
            .take_while(|at| *at <= by)
            .take(most)
            .count()
    }
}

fn next_of(cron: &Cron, after: Timestamp) -> Option<Timestamp> {
    // The first whole minute after it.
    let first = after.0.div_euclid(60_000) + 1;
    let (first_day, first_minute) = (first.div_euclid(DAY), first.rem_euclid(DAY));
    (first_day..first_day + DAYS).find_map(|day| {
        let (_, month, of_month, last) = Timestamp(day * DAY * 60_000).calendar();
        // 1970-01-01 was a Thursday, and Monday is 0.
        let weekday = (day + 3).rem_euclid(7);
        if !cron.takes(2, of_month, last) || !cron.takes(3, month, last) || !cron.takes(4, weekday, last) {
            return None;
        }
        let from = if day == first_day { first_minute } else { 0 };
        let minute = (from..DAY)
            .find(|minute| cron.takes(1, minute / 60, last) && cron.takes(0, minute % 60, last))?;
        Some(Timestamp((day * DAY + minute) * 60_000))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-01 was a Sunday.
    const AT: Timestamp = Timestamp(1_772_323_230_000);

    fn next(cron: &[&str]) -> Option<String> {
        let schedule = Schedule { cron: cron.iter().map(|&text| text.to_owned()).collect() };
        schedule.next(AT).map(|at| at.rfc3339()[..16].to_owned())
    }

    #[test]
    fn the_next_time_is_the_earliest_minute_after_now_at_which_all_fields_hold() {
        assert_eq!(AT.rfc3339(), "2026-03-01T00:00:30.000Z");
        for (cron, at) in [
            ("* * * * *", Some("2026-03-01T00:01")),
            ("0 8 * * mon-fri", Some("2026-03-02T08:00")),
            // The weekday 0 is Monday.
            ("0 8 * * 0", Some("2026-03-02T08:00")),
            ("*/20 3 * * *", Some("2026-03-01T03:00")),
            ("5/10 * * * *", Some("2026-03-01T00:05")),
            ("30 12 last * *", Some("2026-03-31T12:30")),
            ("0 0 29 feb *", Some("2028-02-29T00:00")),
            ("0 0 13 * fri", Some("2026-03-13T00:00")),
            ("0 0 31 apr *", None),
            ("59 23 31 dec *", Some("2026-12-31T23:59")),
            ("0-0/59 1 * * *", Some("2026-03-01T01:00")),
        ] {
            assert_eq!(next(&[cron]).as_deref(), at, "{cron}");
        }
        assert_eq!(next(&["0 9 * * *", "0 8 * * *"]).as_deref(), Some("2026-03-01T08:00"));
    }

    #[test]
    fn what_was_due_meanwhile_is_counted() {
        let daily = Schedule { cron: vec!["0 8 * * *".to_owned()] };
        let after = |hours: i64| AT.plus_seconds(hours * 3600);
        assert_eq!(daily.due_between(AT, after(7), 9), 0);
        assert_eq!(daily.due_between(AT, after(8), 9), 1);
        assert_eq!(daily.due_between(AT, after(80), 9), 4);
        assert_eq!(daily.due_between(AT, after(80), 2), 2);
    }
}
