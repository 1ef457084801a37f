//! What a run does next. It follows its newest job, and is submitted again where its `retry_policy` says so.
//!
//! `submitted → provisioning → running → terminating → done | failed | terminated`, and `pending` between two
//! attempts (`spec/dstack-0.18.md` §8). Where that release does not retry at submission or without end, the
//! reference page is followed: on no capacity and on interruption, within `duration`.

use berth_shared::{
    api::{JobReason, JobStatus, RunCode, RunReason as Reason, RunStatus as Status},
    time::Timestamp,
};

use super::{Step, job::stops_at, schedule};
use crate::store::{InstanceRow, JobDesired, JobRow, RunDesired, RunRow, offer_key};

/// What to do with the run's jobs; written together with the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Let the job end.
    EndJob {
        /// Why.
        reason: JobReason,
        /// Whether at once.
        force: bool,
    },
    /// Make a new attempt.
    Resubmit,
}

/// What is known from outside the row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    /// Its newest job.
    pub(crate) job: &'a JobRow,
    /// The job's instance.
    pub(crate) instance: Option<&'a InstanceRow>,
    /// A random number, 0 to 1.
    pub(crate) roll: f64,
}

/// After how many seconds of running what went wrong before is over.
const STEADY_SECONDS: i64 = 300;

pub(super) type Next = Step<RunRow, Effect>;

/// What the run does next.
pub(crate) fn step(row: &RunRow, input: Input<'_>, now: Timestamp) -> Next {
    let mut row = row.clone();
    if row.run.status.is_finished() {
        return Next::stay(row);
    }
    let job = input.job;
    mirror(&mut row, input, now);
    if row.desired != RunDesired::Running {
        return stopped(row, job, now);
    }
    if row.run.status == Status::Pending {
        return pending(row, now);
    }
    match job.status {
        JobStatus::Submitted if row.run.status == Status::Submitted => Next::stay(row),
        // Another offer is tried.
        JobStatus::Submitted => Next::stay(row),
        JobStatus::Provisioning | JobStatus::Pulling => become_status(row, Status::Provisioning, now),
        JobStatus::Running => {
            // What fails each time it is begun must not be begun for ever.
            if !row.retry_on.error || is_steady(job, now) {
                row.retry_since = None;
            }
            row.avoid.clear();
            become_status(row, Status::Running, now)
        }
        JobStatus::Terminating if retries(&row, job, now) => Next::stay(row),
        JobStatus::Terminating => {
            let reason = reason(&row, job);
            row.run.reason.get_or_insert(reason);
            become_status(row, Status::Terminating, now)
        }
        JobStatus::Terminated | JobStatus::Aborted | JobStatus::Failed | JobStatus::Done => {
            if retries(&row, job, now) {
                return wait(row, input, now);
            }
            let reason = reason(&row, job);
            schedule::over(row, reason, now)
        }
    }
}

/// What the list shows of job and instance.
fn mirror(row: &mut RunRow, input: Input<'_>, now: Timestamp) {
    let Input { job, instance, .. } = input;
    row.run.progress.clone_from(&job.progress);
    row.run.job_reason = job.reason;
    if let (Some(RunCode::Git(source)), Some(commit)) = (&mut row.run.code, &job.commit) {
        source.commit = Some(commit.clone());
    }
    if job.message.is_some() {
        row.run.message.clone_from(&job.message);
    }
    row.run.started_at = row.run.started_at.or(job.started_at);
    let running = job.status == JobStatus::Running;
    row.run.stops_at = if running { stops_at(job) } else { None };
    row.run.inactive_at = if running { job.inactive_at } else { None };
    if let Some(instance) = instance {
        bill(row, job, instance, now);
        row.run.offer = Some(instance.instance.share());
        row.run.instance_id = Some(instance.instance.id);
    }
}

/// What it pays for: its instance, from when it was given to the job or began to cost, whichever came later, until it
/// ceased to cost or the job let go of one that stays.
fn bill(row: &mut RunRow, job: &JobRow, instance: &InstanceRow, now: Timestamp) {
    let paying = (job.id, instance.instance.id);
    if row.paying.is_some_and(|before| before != paying) {
        row.run.earlier_cost = row.run.cost(now);
    }
    row.paying = Some(paying);
    let from = instance.instance.billed_from;
    row.run.billed_from = from.map(|from| job.placed_at.map_or(from, |placed| placed.max(from)));
    let whole = instance.job_id == Some(job.id);
    let to = if whole { instance.instance.billed_to } else { job.released_at };
    row.run.billed_to = row.run.billed_from.and_then(|from| Some(to?.max(from)));
}

fn stopped(mut row: RunRow, job: &JobRow, now: Timestamp) -> Next {
    let (reason, job_reason, force) = match row.desired {
        RunDesired::Aborted => (Reason::AbortedByUser, JobReason::AbortedByUser, true),
        RunDesired::Stopped | RunDesired::Running => {
            (Reason::StoppedByUser, JobReason::TerminatedByUser, false)
        }
    };
    match row.run.reason {
        // It was ending before somebody asked: that stays the reason.
        Some(before) if before != Reason::StoppedByUser => {}
        _ => row.run.reason = Some(reason),
    }
    let reason = row.run.reason.unwrap_or(reason);
    if job.status.is_finished() {
        return finish(row, reason, now);
    }
    let wanted = JobDesired::Ended { reason: job_reason, force };
    let next = become_status(row, Status::Terminating, now);
    if job.desired == wanted { next } else { next.with(Effect::EndJob { reason: job_reason, force }) }
}

fn pending(row: RunRow, now: Timestamp) -> Next {
    let limit = retry_limit(&row);
    if limit.is_some_and(|limit| now >= limit) {
        return schedule::over(row, Reason::RetryLimitExceeded, now);
    }
    match row.run.due_at.or(row.run.retry_at) {
        Some(at) if now < at => Next::stay(row).due(at),
        _ => {
            let (row, missed) = schedule::begin(row, now);
            let mut next = become_status(row, Status::Submitted, now).with(Effect::Resubmit);
            next.row.run.retry_at = None;
            // Why the last attempt ended is the timeline's to tell: it is not what this one is about.
            next.row.run.job_reason = None;
            next.row.run.message = None;
            next.row.run.attempts += 1;
            let attempt = next.row.run.attempts;
            next.message = Some(missed.unwrap_or_else(|| format!("submitted again, attempt {attempt}")));
            next
        }
    }
}

/// Waits to be submitted again: 15 s, doubling to 5 min, of which a random part of up to half is taken away.
fn wait(mut row: RunRow, input: Input<'_>, now: Timestamp) -> Next {
    let seconds = (15_i64 << row.run.attempts.saturating_sub(1).min(5)).min(300);
    let millis = (seconds as f64 * 1000.0 * (1.0 - input.roll.clamp(0.0, 1.0) / 2.0)) as i64;
    let at = Timestamp(now.0.saturating_add(millis));
    let at = retry_limit(&row).map_or(at, |limit| at.min(limit));
    row.retry_since = Some(retrying_since(&row, input.job, now));
    avoid(&mut row, input);
    row.run.retry_at = Some(at);
    let why = input.job.message.clone().unwrap_or_else(|| "there is no capacity".to_owned());
    become_status(row, Status::Pending, now).due(at).saying(format!("{why}; it will be submitted again"))
}

/// The machine that went away is likely to go away again: others are tried before it.
fn avoid(row: &mut RunRow, input: Input<'_>) {
    let lost = input.instance.filter(|_| input.job.reason == Some(JobReason::InterruptedByNoCapacity));
    let lost = lost.map(|instance| offer_key(&instance.instance.offer));
    row.avoid.extend(lost.filter(|key| !row.avoid.contains(key)));
}

fn retry_limit(row: &RunRow) -> Option<Timestamp> {
    Some(row.retry_since?.plus_seconds(row.retry_seconds?))
}

/// Whether its end is one upon which it is to be submitted again.
fn retryable(row: &RunRow, job: &JobRow) -> bool {
    let on = row.retry_on;
    match job.reason {
        Some(JobReason::FailedToStartDueToNoCapacity) => on.no_capacity,
        Some(JobReason::InterruptedByNoCapacity) => on.interruption,
        Some(
            JobReason::ContainerExitedWithError
            | JobReason::CreatingContainerError
            | JobReason::ExecutorError
            | JobReason::OutOfMemory
            | JobReason::WaitingRunnerLimitExceeded,
        ) => on.error,
        _ => false,
    }
}

/// Whether it ran long enough that its end is none of its beginning.
fn is_steady(job: &JobRow, now: Timestamp) -> bool {
    job.started_at.is_some_and(|at| now >= at.plus_seconds(STEADY_SECONDS))
}

/// Since when it has been tried without success, this end included.
fn retrying_since(row: &RunRow, job: &JobRow, now: Timestamp) -> Timestamp {
    row.retry_since.filter(|_| !is_steady(job, now)).unwrap_or(now)
}

fn retries(row: &RunRow, job: &JobRow, now: Timestamp) -> bool {
    row.retry_seconds.is_some_and(|seconds| {
        retryable(row, job) && now < retrying_since(row, job, now).plus_seconds(seconds)
    })
}

fn reason(row: &RunRow, job: &JobRow) -> Reason {
    if let Some(reason) = row.run.reason {
        return reason;
    }
    match job.reason {
        Some(JobReason::DoneByRunner) => Reason::AllJobsDone,
        Some(JobReason::TerminatedByUser) => Reason::StoppedByUser,
        Some(JobReason::AbortedByUser) => Reason::AbortedByUser,
        Some(JobReason::MaxDurationExceeded) => Reason::MaxDurationExceeded,
        Some(JobReason::InactivityDurationExceeded) => Reason::InactivityDurationExceeded,
        Some(JobReason::TerminatedDueToUtilizationPolicy) => Reason::TerminatedDueToUtilizationPolicy,
        Some(JobReason::TerminatedByServer) | None => Reason::ServerError,
        Some(_) if row.retry_seconds.is_some() && retryable(row, job) => Reason::RetryLimitExceeded,
        Some(_) => Reason::JobFailed,
    }
}

pub(super) fn finish(mut row: RunRow, reason: Reason, now: Timestamp) -> Next {
    row.run.reason = Some(reason);
    row.run.finished_at = Some(now);
    row.run.progress = None;
    row.run.stops_at = None;
    row.run.inactive_at = None;
    row.run.retry_at = None;
    row.run.due_at = None;
    become_status(row, reason.final_status(), now)
}

pub(super) fn become_status(mut row: RunRow, status: Status, now: Timestamp) -> Next {
    if row.run.status == status {
        return Next::stay(row);
    }
    row.run.status = status;
    row.run.status_since = now;
    let told = told(&row);
    Next::stay(row).saying(told)
}

/// The transition in words.
fn told(row: &RunRow) -> String {
    let run = &row.run;
    let why = run.message.as_deref();
    match run.status {
        Status::Submitted => "submitted".to_owned(),
        Status::Pending => "waits to be submitted again".to_owned(),
        Status::Provisioning => match &run.offer {
            Some(offer) => format!("getting ready on {} ({})", offer.instance_type, offer.backend),
            None => "getting ready".to_owned(),
        },
        Status::Running => "ready to work in".to_owned(),
        Status::Terminating | Status::Terminated | Status::Failed | Status::Done => {
            let base = ended(run.reason.unwrap_or(Reason::ServerError));
            match why {
                Some(why) => format!("{base}: {why}"),
                None => base.to_owned(),
            }
        }
    }
}

/// An end in words.
pub(super) const fn ended(reason: Reason) -> &'static str {
    match reason {
        Reason::StoppedByUser => "stopped by a user",
        Reason::AbortedByUser => "stopped by force by a user",
        Reason::AllJobsDone => "ended by itself",
        Reason::MaxDurationExceeded => "lasted as long as it may",
        Reason::InactivityDurationExceeded => "stopped for inactivity",
        Reason::TerminatedDueToUtilizationPolicy => "its GPUs were not used enough",
        Reason::RetryLimitExceeded => "no capacity for as long as it may be tried",
        Reason::JobFailed => "went wrong",
        Reason::ServerError => "stopped by the server",
    }
}
