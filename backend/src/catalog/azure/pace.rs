//! How long to go on, and when to ask again.

use std::time::Duration;

/// What bounds the reading of a list.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// More pages than this are no price list; today's has about 150.
    pub pages: usize,
    /// How long the whole list may take.
    pub total: Duration,
    /// How often a page is tried.
    pub attempts: u32,
    /// The wait after the first try.
    pub first: Duration,
    /// The longest wait that is ours to choose.
    pub longest: Duration,
    /// The longest wait that a server may ask for.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pages: 2000,
            total: Duration::from_secs(30 * 60),
            attempts: 6,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            patience: Duration::from_secs(120),
        }
    }
}

impl Limits {
    /// How long to wait after try number `attempt` (from 1): twice as long each time, of which a random half (`roll`,
    /// 0 to 1) so that many who were turned away together do not come back together; at least as long as the server
    /// asks for. `None` when it was the last try.
    #[must_use]
    pub fn wait(&self, attempt: u32, asked: Option<Duration>, roll: f64) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let full = self.first.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(self.longest);
        let own = full.mul_f64(0.5 + roll.clamp(0.0, 1.0) / 2.0);
        Some(own.max(asked.unwrap_or_default()))
    }
}

/// Whether it makes sense to ask again after this status.
#[must_use]
pub fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// What `Retry-After` asks for: seconds. The form with a date counts as none; our own pace is slow enough.
#[must_use]
pub fn retry_after(value: &str) -> Option<Duration> {
    value.trim().parse().ok().map(Duration::from_secs)
}
