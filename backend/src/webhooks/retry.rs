//! When a notification that did not arrive is tried again: for about a day, at growing distances.

use berth_shared::time::Timestamp;

/// Seconds between a try and the next.
const WAITS: [i64; 11] = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 14_400, 21_600, 21_600];

/// How much of a wait chance may take away, so that what failed together does not come back together.
const JITTER: f64 = 0.2;

/// When to try again after so many tries; `None` = not any more. `chance` is random, from 0 up to 1.
pub(crate) fn next(tries: u32, now: Timestamp, chance: f64) -> Option<Timestamp> {
    let wait = *WAITS.get(usize::try_from(tries.saturating_sub(1)).ok()?)?;
    let millis = (wait * 1000) as f64 * (1.0 - JITTER * chance.clamp(0.0, 1.0));
    Some(Timestamp(now.0.saturating_add(millis as i64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_at_growing_distances_for_about_a_day_and_then_given_up() {
        for (chance, hours) in [(0.0, 23.0..25.0), (1.0, 18.0..20.0)] {
            let (mut now, mut tries, mut last) = (Timestamp(0), 1, 0);
            while let Some(at) = next(tries, now, chance) {
                let wait = at.millis_since(now);
                assert!(wait >= last, "try {tries}");
                (now, last, tries) = (at, wait, tries + 1);
            }
            assert_eq!(tries, 12);
            let took = now.0 as f64 / 3_600_000.0;
            assert!(hours.contains(&took), "{took} h");
        }
        assert_eq!(next(u32::MAX, Timestamp(0), 0.5), None);
        assert!(next(1, Timestamp(i64::MAX), 7.0).is_some());
    }
}
