//! The time that the orchestrator goes by: it neither jumps nor goes back when this machine's clock does.
//!
//! Between two corrections it runs by a clock that only ever goes on. Corrections come from the database's clock where
//! several processes share one, else from this machine's. A small one is taken at once; a large one, as of a clock that was
//! set, only when it is still there at the next look: then it is the truth, and told.

use std::time::Duration;

use berth_shared::time::Timestamp;

/// What is corrected without a word, in milliseconds.
const SMALL: i64 = 1000;

/// The time. Pure: what the clocks say is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Steady {
    /// What the clock that only goes on said when it was last corrected.
    at: Duration,
    /// The time then.
    time: Timestamp,
    /// A large correction that was seen once.
    pending: Option<i64>,
}

impl Steady {
    pub(super) fn new(monotonic: Duration, wall: Timestamp) -> Self {
        Self { at: monotonic, time: wall, pending: None }
    }

    /// The time, when the clock that only goes on says so.
    pub(super) fn now(&self, monotonic: Duration) -> Timestamp {
        let passed = i64::try_from(monotonic.saturating_sub(self.at).as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.time.0.saturating_add(passed))
    }

    /// The time is off by so many milliseconds, as somebody better knows. Gives the jump when it was a large one that is
    /// taken now.
    pub(super) fn correct(&mut self, monotonic: Duration, by: i64) -> Option<i64> {
        let large = by.saturating_abs() > SMALL;
        let persists = self.pending.is_some_and(|before| before.abs_diff(by) <= SMALL.unsigned_abs());
        if large && !persists {
            self.pending = Some(by);
            return None;
        }
        let time = Timestamp(self.now(monotonic).0.saturating_add(by));
        *self = Self::new(monotonic, time);
        large.then_some(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: Timestamp = Timestamp(1_000_000);

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn it_goes_on_by_itself_and_follows_small_corrections_at_once() {
        let mut steady = Steady::new(seconds(5), BEGIN);
        assert_eq!(steady.now(seconds(7)), Timestamp(1_002_000));
        assert_eq!(steady.correct(seconds(10), -300), None);
        assert_eq!(steady.now(seconds(10)), Timestamp(1_004_700));
    }

    #[test]
    fn a_jump_counts_when_it_is_still_there_at_the_next_look() {
        let mut steady = Steady::new(seconds(0), BEGIN);
        assert_eq!(steady.correct(seconds(5), 60_000), None);
        assert_eq!(steady.now(seconds(5)), Timestamp(1_005_000), "not yet");
        assert_eq!(steady.correct(seconds(10), 60_200), Some(60_200));
        assert_eq!(steady.now(seconds(10)), Timestamp(1_070_200));
    }

    #[test]
    fn a_clock_that_jumps_there_and_back_changes_nothing() {
        let mut steady = Steady::new(seconds(0), BEGIN);
        assert_eq!(steady.correct(seconds(5), 3_600_000), None);
        assert_eq!(steady.correct(seconds(10), 0), None);
        assert_eq!(steady.correct(seconds(15), 3_600_000), None);
        assert_eq!(steady.now(seconds(15)), Timestamp(1_015_000));
    }

    #[test]
    fn a_clock_that_goes_back_is_taken_for_set_right() {
        let mut steady = Steady::new(seconds(0), BEGIN);
        assert_eq!(steady.correct(seconds(5), -86_400_000), None);
        assert_eq!(steady.correct(seconds(10), -86_400_000), Some(-86_400_000));
    }
}
