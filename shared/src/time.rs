//! Moments and lengths of time as they go over the wire.

use serde::{Deserialize, Serialize};

use crate::json::FromJson;

/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment `seconds` later (earlier when negative); stays at the ends of the range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Its year, month and day of the month in UTC, the latter two from 1, and the last day of that month; days beyond the years 0
    /// to 9999 stay at these ends.
    #[must_use]
    pub fn calendar(self) -> (i64, i64, i64, i64) {
        let days = self.0.div_euclid(86_400_000);
        // Days since 0000-03-01, in eras of 400 years: the leap day ends each year then.
        let shifted = days.clamp(-719_528, 2_932_896) + 719_468;
        let era = shifted.div_euclid(146_097);
        let day = shifted.rem_euclid(146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 => 28 + i64::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (year, month, day, last)
    }

    /// Its day in UTC, `YYYY-MM-DD`; years beyond 0 to 9999 stay at these ends.
    #[must_use]
    pub fn date(self) -> String {
        let (year, month, day, _) = self.calendar();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// As RFC 3339 writes it, in UTC and to the millisecond: `2026-09-21T14:13:20.000Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let millis = self.0.rem_euclid(86_400_000);
        let (seconds, millis) = (millis / 1000, millis % 1000);
        format!(
            "{}T{:02}:{:02}:{:02}.{millis:03}Z",
            self.date(),
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }

    /// Milliseconds from `earlier` to here; 0 when `earlier` is later.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }
}

/// What a machine at `price` US dollars an hour has cost from `from` to `to`, in US dollars.
///
/// Exact to the millisecond and not rounded; rounding is for whoever shows it.
#[must_use]
pub fn cost(price: f64, from: Timestamp, to: Timestamp) -> f64 {
    price * to.millis_since(from) as f64 / 3_600_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_to_the_millisecond() {
        assert_eq!(Timestamp(1_790_000_000_007).rfc3339(), "2026-09-21T14:13:20.007Z");
        assert_eq!(Timestamp(-1).rfc3339(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_moment_has_its_day() {
        let day = 86_400_000;
        for (millis, date) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (day - 1, "1970-01-01"),
            (951_782_400_000, "2000-02-29"),
            (951_868_800_000, "2000-03-01"),
            (1_709_164_800_000, "2024-02-29"),
            (1_790_000_000_000, "2026-09-21"),
            (4_107_542_400_000, "2100-03-01"),
            (i64::MIN, "0000-01-01"),
            (i64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Timestamp(millis).date(), date, "{millis}");
        }
    }
}
