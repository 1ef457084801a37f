//! The machines: what a run, a job or an instance does next, given what is wanted of it and what was seen.
//!
//! Each is a function from a row and an observation to the row after it and the effects to carry out. They are
//! pure and total: every status has an answer to every observation. Effects follow from the row and the
//! observation alone, so that after a crash the next look at the row asks for the same effect again; providers
//! take repetitions.

pub(crate) mod inactivity;
pub(crate) mod instance;
pub(crate) mod job;
#[cfg(test)]
mod newer_tests;
pub(crate) mod order;
#[cfg(test)]
mod refusal_tests;
/// Rows for tests elsewhere.
#[cfg(test)]
pub(crate) mod test_rows {
    use berth_shared::api::{Instance, InstanceStatus, Run, RunStatus};

    use super::tests::{instance_row, run_row};

    pub(crate) fn run() -> Run {
        run_row(RunStatus::Running).run
    }

    pub(crate) fn instance() -> Instance {
        instance_row(InstanceStatus::Busy).instance
    }
}
pub(crate) mod run;
mod schedule;
#[cfg(test)]
mod tests;
pub(crate) mod utilization;

use berth_shared::time::Timestamp;

pub(crate) use self::inactivity::Activity;
use crate::provider::ProviderError;

/// How long placing, making and reaching an environment may last each, in seconds (`spec/dstack-0.18.md` §8).
pub(crate) const PROVISION_LIMIT: i64 = 600;
/// How long an instance that has a job may be unreachable before it is given up, in seconds (§8).
pub(crate) const UNREACHABLE_LIMIT: i64 = 1200;
/// How long `setup` may last, in seconds. The reference gives none; a state without an end would be worse.
pub(crate) const SETUP_LIMIT: i64 = 24 * 3600;
/// How long processes may take to end when asked, in seconds.
pub(crate) const GRACE: u32 = 10;
/// After how many seconds of a graceful stop the rest is killed (§8: "removal after 15 s").
pub(crate) const STOP_LIMIT: i64 = 15;
/// After how many seconds an environment that does not answer is taken down with its instance.
pub(crate) const STOP_UNREACHABLE_LIMIT: i64 = 30;
/// How many offers one job tries at most (§7.4).
pub(crate) const MAX_TRIES: usize = 15;
/// After how many seconds an environment whose processes do not even end by force is taken down with its instance.
pub(crate) const STOP_HOPELESS_LIMIT: i64 = 60;
/// For how many seconds what is left of a lost instance waits for its job to read the log.
pub(crate) const LEAVE_LIMIT: i64 = 60;
/// How often keeping a log is tried.
pub(crate) const KEEP_TRIES: u32 = 3;
/// For how long a run is submitted again when its `retry_policy` does not say, in seconds.
pub(crate) const RETRY_SECONDS: i64 = 3600;

/// What a machine answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step<Row, Effect> {
    /// The row after it.
    pub(crate) row: Row,
    /// What to carry out, once the row is written.
    pub(crate) effects: Vec<Effect>,
    /// What happened, for people; each becomes an event when nothing else would tell it.
    pub(crate) message: Option<String>,
    /// When to look again even if nobody says anything; `None` = at the usual poll.
    pub(crate) due: Option<Timestamp>,
}

impl<Row, Effect> Step<Row, Effect> {
    fn stay(row: Row) -> Self {
        Self { row, effects: Vec::new(), message: None, due: None }
    }

    fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    fn due(mut self, at: Timestamp) -> Self {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
        self
    }
}

/// A call to a provider that failed, as the machines see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The machine cannot be had.
    NoCapacity(String),
    /// What was asked about is not there.
    NotFound(String),
    /// Worth trying again.
    Temporary(String),
    /// Not worth it.
    Permanent(String),
}

impl Failure {
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::NoCapacity(m) | Self::NotFound(m) | Self::Temporary(m) | Self::Permanent(m) => m,
        }
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        let message = error.to_string();
        match error {
            ProviderError::NoCapacity(_) => Self::NoCapacity(message),
            ProviderError::NotFound(_) => Self::NotFound(message),
            ProviderError::NotReady(_) | ProviderError::Temporary { .. } => Self::Temporary(message),
            ProviderError::Permanent { .. } => Self::Permanent(message),
        }
    }
}

/// How long to wait after `failures` failures in a row, in milliseconds: doubling from half a second to a minute,
/// of which `roll` (0 to 1) takes away up to half, so that many rows do not come back in step.
pub(crate) fn backoff(failures: u32, roll: f64) -> i64 {
    let full = 500_i64 << failures.saturating_sub(1).min(7);
    let full = full.min(60_000) as f64;
    (full * (1.0 - roll.clamp(0.0, 1.0) / 2.0)) as i64
}

/// Whether more than `seconds` have passed since `since`.
fn overdue(since: Timestamp, seconds: i64, now: Timestamp) -> bool {
    now >= since.plus_seconds(seconds)
}
