//! What was measured.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// In what something was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// CPUs at work, on average.
    Cores,
    /// Millions of bytes.
    Megabytes,
    /// Thousands of bytes.
    Kilobytes,
    /// How many.
    Count,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// When it was taken.
    pub phase: String,
    /// Of what.
    pub what: String,
    /// The value.
    pub value: f64,
    /// In this.
    pub unit: Unit,
}

/// The longest time that is told apart, in milliseconds.
const LONGEST: usize = 60_000;

/// Times in whole milliseconds, from many tasks at once.
#[derive(Debug)]
pub(super) struct Times(Vec<AtomicU64>);

impl Default for Times {
    fn default() -> Self {
        Self((0..=LONGEST).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Times {
    pub(super) fn add(&self, millis: i64) {
        let at = usize::try_from(millis).unwrap_or(0).min(LONGEST);
        self.0[at].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn clear(&self) {
        self.0.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// The time below which `share` of them are, in milliseconds; 0 when there are none.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let wanted = (self.count() as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (millis, count) in self.0.iter().enumerate() {
            seen += count.load(Ordering::Relaxed);
            if seen >= wanted {
                return millis as f64;
            }
        }
        LONGEST as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_time_that_was_seen() {
        let times = Times::default();
        assert_eq!(times.quantile(0.5), 0.0);
        (1..=100).for_each(|millis| times.add(millis));
        assert_eq!([0.5, 0.95, 0.99, 1.0].map(|share| times.quantile(share)), [50.0, 95.0, 99.0, 100.0]);
        times.add(i64::MAX);
        times.add(-5);
        assert_eq!((times.count(), times.quantile(1.0)), (102, 60_000.0));
    }
}
