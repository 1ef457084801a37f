//! Lengths of time.

use berth_shared::time::Timestamp;
use berth_texts::{t, tf};

/// A length of time in its two largest units: `<1 s`, `8 s`, `1 min 35 s`, `3 h 12 min`, `2 d 3 h`.
#[must_use]
pub fn duration(millis: i64) -> String {
    if (1..1000).contains(&millis) {
        return "<1 s".to_owned();
    }
    let seconds = millis.max(0) / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => tf!("{seconds} s"),
        (0, 0, _) => tf!("{minutes} min {:02} s", seconds % 60),
        (0, _, _) => tf!("{hours} h {:02} min", minutes % 60),
        _ => tf!("{days} d {} h", hours % 24),
    }
}

/// How long ago, in its largest unit: `now`, `44 min ago`, `3 h ago`, `2 d ago`.
#[must_use]
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.millis_since(then) / 1000;
    match seconds {
        0..60 => t!("just now").to_owned(),
        60..3600 => tf!("{} min ago", seconds / 60),
        3600..86_400 => tf!("{} h ago", seconds / 3600),
        _ => tf!("{} d ago", seconds / 86_400),
    }
}

/// How far off, in its largest unit: `in 44 min`, `in 3 h`, `in 12 d`; `over` once it is past.
#[must_use]
pub fn ahead(then: Timestamp, now: Timestamp) -> String {
    let millis = then.0.saturating_sub(now.0);
    if millis <= 0 {
        return t!("over").to_owned();
    }
    // To the nearest: what was made a moment ago for seven days ends in seven.
    let nearest = |seconds: i64, unit: i64| (seconds + unit / 2) / unit;
    match millis / 1000 {
        0..60 => t!("in less than a minute").to_owned(),
        seconds @ 60..3600 => tf!("in {} min", nearest(seconds, 60)),
        seconds @ 3600..86_400 => tf!("in {} h", nearest(seconds, 3600)),
        seconds => tf!("in {} d", nearest(seconds, 86_400)),
    }
}

/// The time left, as a clock: `07:41`, `3:07:41`; `00:00` once it is over.
#[must_use]
pub fn countdown(until: Timestamp, now: Timestamp) -> String {
    // The last started second still counts.
    let seconds = (until.millis_since(now) + 999) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_in_two_units() {
        assert_eq!(duration(-5), "0 s");
        assert_eq!(duration(999), "<1 s");
        assert_eq!(duration(8_400), "8 s");
        assert_eq!(duration(95_000), "1 min 35 s");
        assert_eq!(duration(3_900_000), "1 h 05 min");
        assert_eq!(duration(11_520_000), "3 h 12 min");
        assert_eq!(duration(183_600_000), "2 d 3 h");
    }

    #[test]
    fn moments_read_as_a_distance() {
        let at = |seconds: i64| Timestamp(seconds * 1000);
        assert_eq!(ago(at(5), at(0)), "just now");
        assert_eq!(ago(at(0), at(59)), "just now");
        assert_eq!(ago(at(0), at(2_640)), "44 min ago");
        assert_eq!(ago(at(0), at(86_399)), "23 h ago");
        assert_eq!(ago(at(0), at(180_000)), "2 d ago");
        assert_eq!(ahead(at(59), at(0)), "in less than a minute");
        assert_eq!(ahead(at(2_640), at(0)), "in 44 min");
        assert_eq!(ahead(at(5_000), at(0)), "in 1 h");
        assert_eq!(ahead(at(86_399), at(0)), "in 24 h");
        assert_eq!(ahead(at(7_775_990), at(0)), "in 90 d");
        assert_eq!(ahead(at(5), at(5)), "over");
        assert_eq!(countdown(at(461), at(0)), "07:41");
        assert_eq!(countdown(at(11_261), at(0)), "3:07:41");
        assert_eq!(countdown(Timestamp(1), at(0)), "00:01");
        assert_eq!(countdown(at(0), at(9)), "00:00");
    }
}
