//! When to ask again.

use std::time::Duration;

/// How often a page is tried.
pub const ATTEMPTS: u32 = 6;
/// The wait after the first try, without its random part.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait that is ours to choose.
const LONGEST: Duration = Duration::from_secs(30);
/// The longest wait that a server may ask for.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How long to wait after try number `attempt` (from 1): twice as long each time, of which a random half (`roll`, 0
/// to 1) so that many who were turned away together do not come back together; at least as long as the server asks for.
/// `None` when it was the last try.
#[must_use]
pub fn wait(attempt: u32, asked: Option<Duration>, roll: f64) -> Option<Duration> {
    if attempt >= ATTEMPTS {
        return None;
    }
    let full = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST);
    let own = full.mul_f64(0.5 + roll.clamp(0.0, 1.0) / 2.0);
    Some(own.max(asked.unwrap_or_default()))
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
