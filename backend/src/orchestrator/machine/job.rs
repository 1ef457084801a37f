//! What one attempt of a run does next.
//!
//! `submitted → provisioning → pulling → running → terminating → done | failed | terminated | aborted`
//! (`spec/dstack-0.18.md` §8). It is over only once its instance is gone or handed back.

use berth_shared::{
    api::{InstanceStatus, JobReason as Reason, JobStatus as Status, UsageHistory},
    time::Timestamp,
};

use super::{
    Activity, Failure, GRACE, KEEP_TRIES, MAX_TRIES, PROVISION_LIMIT, SETUP_LIMIT, STOP_HOPELESS_LIMIT,
    STOP_LIMIT, STOP_UNREACHABLE_LIMIT, Step, inactivity, overdue, utilization,
};
use crate::{
    provider::JobObservation as Observation,
    store::{Ending, InstanceFault, InstanceRow, JobDesired, JobRow, Tried, offer_key},
};

/// What to carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Choose an offer and write its instance down.
    Place,
    /// Begin the job in its environment, unless it was begun.
    Start,
    /// Bring the code that it waits for.
    Deliver,
    /// Ask its processes to end, and kill what is left after so many seconds.
    Stop {
        /// Seconds; 0 = kill at once.
        grace: u32,
    },
    /// Copy its log to where it outlives the environment.
    Keep,
}

/// What is known from outside the row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input<'a> {
    /// Its instance, as last written down.
    pub(crate) instance: Option<&'a InstanceRow>,
    /// The environment's or the placement's last word.
    pub(crate) sight: Sight,
    /// Who works in it; `None` = that is not known just now, or nothing depends on it.
    pub(crate) activity: Option<Activity>,
    /// What was used in it; `None` = that is not known just now, or nothing depends on it.
    pub(crate) usage: Option<&'a UsageHistory>,
}

/// The environment's or the placement's last word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sight {
    /// Nobody was asked: there is no environment now.
    Unseen,
    /// How the job is.
    Seen(Observation),
    /// An effect was accepted.
    Did(Effect),
    /// No offer fits, and why.
    NoOffer(String),
    /// A call failed.
    Failed(Failure),
}

type Next = Step<JobRow, Effect>;

/// Whether a job in this state still needs its instance.
pub(crate) fn needs_instance(row: &JobRow) -> bool {
    let released = row.status == Status::Terminating && row.ending == Ending::Released;
    !(row.status.is_finished() || released)
}

/// What the job does next.
pub(crate) fn step(row: &JobRow, input: &Input<'_>, now: Timestamp) -> Next {
    let mut next = decide(row.clone(), input, now);
    // A call that has failed and is to be made again has not got better by a look.
    if matches!(input.sight, Sight::Seen(_) | Sight::Did(_)) && next.effects.is_empty() {
        next.row.failures = 0;
        next.row.failing_since = None;
    }
    next
}

fn decide(row: JobRow, input: &Input<'_>, now: Timestamp) -> Next {
    if row.status.is_finished() {
        return Next::stay(row);
    }
    if row.status == Status::Terminating {
        return terminating(row, input, now);
    }
    if let JobDesired::Ended { reason, .. } = row.desired {
        return end(row, input, reason, None, now);
    }
    match row.status {
        Status::Submitted => submitted(row, input, now),
        Status::Provisioning => provisioning(row, input, now),
        Status::Pulling => pulling(row, input, now),
        _ => running(row, input, now),
    }
}

fn submitted(row: JobRow, input: &Input<'_>, now: Timestamp) -> Next {
    let since = row.status_since;
    match &input.sight {
        Sight::NoOffer(why) => {
            let mut told = why.clone();
            for Tried { offer, message } in &row.tried {
                told.push_str(&format!("; {offer}: {message}"));
            }
            end(row, input, Reason::FailedToStartDueToNoCapacity, Some(told), now)
        }
        Sight::Failed(Failure::Permanent(why) | Failure::NoCapacity(why)) => {
            end(row, input, Reason::FailedToStartDueToNoCapacity, Some(why.clone()), now)
        }
        Sight::Failed(failure) if overdue(since, PROVISION_LIMIT, now) => {
            let told = format!(
                "no machine could be chosen within {} minutes: {}",
                PROVISION_LIMIT / 60,
                failure.message()
            );
            end(row, input, Reason::FailedToStartDueToNoCapacity, Some(told), now)
        }
        Sight::Failed(failure) => failed(row, failure, now).due(since.plus_seconds(PROVISION_LIMIT)),
        Sight::Unseen | Sight::Seen(_) | Sight::Did(_) => Next::stay(row).with(Effect::Place),
    }
}

fn provisioning(mut row: JobRow, input: &Input<'_>, now: Timestamp) -> Next {
    let Some(instance) = input.instance else {
        row.instance_id = None;
        return enter(row, Status::Submitted, now)
            .with(Effect::Place)
            .saying("its instance is not known; choosing anew");
    };
    match instance.instance.status {
        InstanceStatus::Busy => {
            enter(row, Status::Pulling, now).with(Effect::Start).saying("its machine is ready")
        }
        InstanceStatus::Terminated if instance.fault.is_some_and(|fault| fault != InstanceFault::Lost) => {
            let message = instance.instance.message.clone().unwrap_or_default();
            let told = format!("{}: {message}; trying the next offer", instance.instance.offer.instance_type);
            row.tried.push(Tried { offer: offer_key(&instance.instance.offer), message });
            if row.tried.len() >= MAX_TRIES {
                let told = format!("{MAX_TRIES} offers were tried, none could be had; the last: {told}");
                return end(row, input, Reason::FailedToStartDueToNoCapacity, Some(told), now);
            }
            row.instance_id = None;
            enter(row, Status::Submitted, now).with(Effect::Place).saying(told)
        }
        InstanceStatus::Terminating if instance.fault.is_some_and(|fault| fault != InstanceFault::Lost) => {
            // The next offer waits until this one is surely gone: one live instance for a job at most.
            waiting(row, input, now)
        }
        InstanceStatus::Terminating | InstanceStatus::Terminated | InstanceStatus::Idle => {
            let told = instance.instance.message.clone();
            end(row, input, Reason::InterruptedByNoCapacity, told, now)
        }
        InstanceStatus::Pending | InstanceStatus::Provisioning => waiting(row, input, now),
    }
}

/// For a machine; twice the limit of the machine itself, which says more about what went wrong.
fn waiting(row: JobRow, input: &Input<'_>, now: Timestamp) -> Next {
    let since = row.status_since;
    if overdue(since, 2 * PROVISION_LIMIT, now) {
        let told = format!("no machine was ready within {} minutes", 2 * PROVISION_LIMIT / 60);
        return end(row, input, Reason::WaitingRunnerLimitExceeded, Some(told), now);
    }
    Next::stay(row).due(since.plus_seconds(2 * PROVISION_LIMIT))
}

/// The instance's own word when the job can no longer be on it, or not for long.
fn interrupted(row: &JobRow, input: &Input<'_>) -> Option<String> {
    match input.instance {
        Some(instance)
            if instance.instance.status == InstanceStatus::Busy && instance.job_id == Some(row.id) =>
        {
            // What runs is asked to end while there is time to save its work.
            let leaves = instance.instance.leaves_at.is_some();
            leaves.then(|| "its provider has announced to take its machine away".to_owned())
        }
        Some(instance) => Some(format!(
            "its machine went away: {}",
            instance.instance.message.as_deref().unwrap_or("its provider does not say why")
        )),
        None => Some("its machine went away".to_owned()),
    }
}

fn pulling(mut row: JobRow, input: &Input<'_>, now: Timestamp) -> Next {
    if let Some(told) = interrupted(&row, input) {
        return end(row, input, Reason::InterruptedByNoCapacity, Some(told), now);
    }
    let since = row.status_since;
    let sight = own(&row, &input.sight);
    let moves_on = matches!(sight, Sight::Seen(Observation::Ended { .. } | Observation::Running { .. }));
    if !moves_on && overdue(since, SETUP_LIMIT, now) {
        let told = format!("`setup` did not end within {} hours", SETUP_LIMIT / 3600);
        return end(row, input, Reason::WaitingRunnerLimitExceeded, Some(told), now);
    }
    match sight {
        Sight::Seen(Observation::Ended { reason, message, .. }) => {
            end(row, input, *reason, message.clone(), now)
        }
        Sight::Seen(Observation::Running { progress, commit, since, .. }) => {
            row.progress.clone_from(progress);
            row.commit.clone_from(commit);
            row.started_at = Some(*since);
            let quiet = inactivity::of(&row, input.activity, now);
            row.inactive_at = quiet.and_then(|quiet| quiet.stops_at);
            let stops_at = row.max_duration.map(|seconds| since.plus_seconds(seconds));
            let next = enter(row, Status::Running, now).saying("ready to work in");
            stops_at.into_iter().chain(quiet.map(|quiet| quiet.due)).fold(next, Next::due)
        }
        Sight::Failed(Failure::Permanent(why) | Failure::NoCapacity(why)) => {
            end(row, input, Reason::CreatingContainerError, Some(why.clone()), now)
        }
        Sight::Failed(failure) => {
            if row.failing_since.is_some_and(|since| overdue(since, PROVISION_LIMIT, now)) {
                let told = format!(
                    "its environment did not answer for {} minutes: {}",
                    PROVISION_LIMIT / 60,
                    failure.message()
                );
                return end(row, input, Reason::WaitingRunnerLimitExceeded, Some(told), now);
            }
            failed(row, failure, now)
        }
        Sight::Seen(Observation::SettingUp { progress, .. }) => {
            progressed(row, Some(progress.clone())).due(since.plus_seconds(SETUP_LIMIT))
        }
        Sight::Seen(Observation::WaitingForCode { .. }) => {
            progressed(row, Some("waiting for the code".to_owned()))
                .with(Effect::Deliver)
                .due(since.plus_seconds(SETUP_LIMIT))
        }
        Sight::Seen(Observation::None) => {
            if overdue(since, PROVISION_LIMIT, now) {
                let told = format!("its environment did not begin within {} minutes", PROVISION_LIMIT / 60);
                return end(row, input, Reason::WaitingRunnerLimitExceeded, Some(told), now);
            }
            Next::stay(row).with(Effect::Start).due(since.plus_seconds(PROVISION_LIMIT))
        }
        Sight::Seen(Observation::Stopping { .. }) | Sight::Unseen | Sight::Did(_) | Sight::NoOffer(_) => {
            Next::stay(row)
        }
    }
}

fn running(mut row: JobRow, input: &Input<'_>, now: Timestamp) -> Next {
    if let Some(told) = interrupted(&row, input) {
        return end(row, input, Reason::InterruptedByNoCapacity, Some(told), now);
    }
    let sight = own(&row, &input.sight);
    if let Sight::Seen(Observation::Ended { reason, message, .. }) = sight {
        return end(row, input, *reason, message.clone(), now);
    }
    let stops_at = stops_at(&row);
    if stops_at.is_some_and(|at| now >= at) {
        let told = format!("`max_duration` of {} is over", seconds(row.max_duration.unwrap_or_default()));
        return end(row, input, Reason::MaxDurationExceeded, Some(told), now);
    }
    if let Some(told) = input.usage.and_then(|usage| utilization::over(&row, usage, now)) {
        return end(row, input, Reason::TerminatedDueToUtilizationPolicy, Some(told), now);
    }
    let quiet = inactivity::of(&row, input.activity, now);
    if let Some(quiet) = quiet {
        if quiet.over {
            let told = format!(
                "nobody has worked in it for {} (`inactivity_duration`)",
                seconds(row.inactivity.unwrap_or_default())
            );
            return end(row, input, Reason::InactivityDurationExceeded, Some(told), now);
        }
        row.inactive_at = quiet.stops_at;
    }
    let next = match sight {
        Sight::Seen(Observation::Running { progress, .. }) => progressed(row, progress.clone()),
        Sight::Seen(Observation::None) => {
            let told = "its environment does not know it any more".to_owned();
            return end(row, input, Reason::ExecutorError, Some(told), now);
        }
        Sight::Failed(failure) => {
            if row.failing_since.is_some_and(|since| overdue(since, PROVISION_LIMIT, now)) {
                let told = format!(
                    "its environment did not answer for {} minutes: {}",
                    PROVISION_LIMIT / 60,
                    failure.message()
                );
                return end(row, input, Reason::InterruptedByNoCapacity, Some(told), now);
            }
            failed(row, failure, now)
        }
        Sight::Seen(_) | Sight::Unseen | Sight::Did(_) | Sight::NoOffer(_) => Next::stay(row),
    };
    stops_at.into_iter().chain(quiet.map(|quiet| quiet.due)).fold(next, Next::due)
}

/// When `max_duration` ends it. Counts from the moment when it began to run.
pub(crate) fn stops_at(row: &JobRow) -> Option<Timestamp> {
    Some(row.started_at?.plus_seconds(row.max_duration?))
}

fn terminating(mut row: JobRow, input: &Input<'_>, now: Timestamp) -> Next {
    let force = matches!(row.desired, JobDesired::Ended { force: true, .. });
    if row.reason == Some(Reason::TerminatedByUser)
        && let JobDesired::Ended { reason: Reason::AbortedByUser, .. } = row.desired
    {
        row.reason = Some(Reason::AbortedByUser);
    }
    let on = input.instance.filter(|instance| instance.job_id == Some(row.id)).map(|i| i.instance.status);
    match (row.ending, on) {
        (Ending::Stopping | Ending::Archiving, Some(InstanceStatus::Busy | InstanceStatus::Terminating)) => {}
        (Ending::Stopping | Ending::Archiving, _) => return release(row, input, now),
        (Ending::Released, _) => {}
    }
    match row.ending {
        Ending::Stopping if on == Some(InstanceStatus::Terminating) => {
            row.ending = Ending::Archiving;
            Next::stay(row).with(Effect::Keep)
        }
        Ending::Stopping => stopping(row, input, force, now),
        Ending::Archiving => match &input.sight {
            Sight::Did(Effect::Keep) | Sight::Failed(Failure::NotFound(_)) => release(row, input, now),
            Sight::Failed(failure) if row.failures + 1 >= KEEP_TRIES => {
                let told = format!("its log could not be kept: {}", failure.message());
                release(row, input, now).saying(told)
            }
            Sight::Failed(failure) => failed(row, failure, now),
            Sight::Unseen | Sight::Seen(_) | Sight::Did(_) | Sight::NoOffer(_) => {
                Next::stay(row).with(Effect::Keep)
            }
        },
        Ending::Released => {
            let over = match input.instance {
                None => true,
                Some(instance) => {
                    instance.job_id != Some(row.id)
                        && matches!(instance.instance.status, InstanceStatus::Idle | InstanceStatus::Busy)
                        || instance.instance.status == InstanceStatus::Terminated
                }
            };
            if over { finish(row, now) } else { Next::stay(row) }
        }
    }
}

fn stopping(mut row: JobRow, input: &Input<'_>, force: bool, now: Timestamp) -> Next {
    let since = row.status_since;
    let grace = row.stop_seconds.unwrap_or(GRACE);
    let limit = STOP_LIMIT - i64::from(GRACE) + i64::from(grace);
    let late = overdue(since, limit, now);
    let kill = force || late;
    match own(&row, &input.sight) {
        Sight::Seen(Observation::None | Observation::Ended { .. }) => {
            row.ending = Ending::Archiving;
            Next::stay(row).with(Effect::Keep)
        }
        // It cannot be stopped; taking its instance down ends it too.
        Sight::Seen(_) if overdue(since, limit + STOP_HOPELESS_LIMIT - STOP_LIMIT, now) => {
            row.ending = Ending::Archiving;
            Next::stay(row).with(Effect::Keep).saying("its processes do not end; removing its machine")
        }
        Sight::Seen(Observation::Stopping { .. }) if !kill => Next::stay(row).due(since.plus_seconds(limit)),
        Sight::Seen(_) => {
            let grace = if kill { 0 } else { grace };
            Next::stay(row).with(Effect::Stop { grace }).due(since.plus_seconds(limit))
        }
        Sight::Failed(_) if force || overdue(since, STOP_UNREACHABLE_LIMIT, now) => {
            // It cannot be asked; taking its instance down ends it too.
            row.ending = Ending::Archiving;
            row.failures = 0;
            row.failing_since = None;
            Next::stay(row).with(Effect::Keep).saying("its environment does not answer; removing its machine")
        }
        Sight::Failed(failure) => failed(row, failure, now).due(since.plus_seconds(STOP_UNREACHABLE_LIMIT)),
        // No environment to ask: its machine was still being made.
        Sight::Unseen => release(row, input, now),
        Sight::Did(_) | Sight::NoOffer(_) => Next::stay(row).due(since.plus_seconds(limit)),
    }
}

/// Begins the end, or ends when there is nothing to wait for.
fn end(mut row: JobRow, input: &Input<'_>, reason: Reason, message: Option<String>, now: Timestamp) -> Next {
    row.reason = Some(reason);
    row.message.clone_from(&message);
    row.progress = None;
    row.failures = 0;
    row.failing_since = None;
    if row.instance_id.is_none() {
        return finish(row, now);
    }
    row.ending = Ending::Stopping;
    if row.status == Status::Provisioning {
        row.ending = Ending::Released;
        row.released_at = Some(now);
    }
    let mut next = enter(row, Status::Terminating, now);
    next.message = Some(message.unwrap_or_else(|| "being stopped".to_owned()));
    if next.row.ending != Ending::Released {
        let sight = own(&next.row, &input.sight);
        if let Sight::Seen(Observation::Ended { .. }) = sight {
            next.row.ending = Ending::Archiving;
            next.effects.push(Effect::Keep);
        }
    }
    next
}

/// Gives its instance back.
fn release(mut row: JobRow, input: &Input<'_>, now: Timestamp) -> Next {
    row.ending = Ending::Released;
    row.released_at = Some(now);
    row.failures = 0;
    row.failing_since = None;
    if input.instance.is_none_or(|instance| instance.instance.status == InstanceStatus::Terminated) {
        return finish(row, now);
    }
    Next::stay(row)
}

fn finish(mut row: JobRow, now: Timestamp) -> Next {
    let reason = *row.reason.get_or_insert(Reason::TerminatedByServer);
    row.progress = None;
    row.failures = 0;
    row.failing_since = None;
    let told = row.message.clone().unwrap_or_else(|| "over".to_owned());
    enter(row, reason.final_status(), now).saying(told)
}

/// What is seen of another job on the same instance says of this one that it has not begun.
fn own<'a>(row: &JobRow, sight: &'a Sight) -> &'a Sight {
    const NOTHING: &Sight = &Sight::Seen(Observation::None);
    match sight {
        Sight::Seen(
            Observation::WaitingForCode { job_id }
            | Observation::SettingUp { job_id, .. }
            | Observation::Running { job_id, .. }
            | Observation::Stopping { job_id }
            | Observation::Ended { job_id, .. },
        ) if *job_id != row.id => NOTHING,
        sight => sight,
    }
}

fn progressed(mut row: JobRow, progress: Option<String>) -> Next {
    if row.progress == progress {
        return Next::stay(row);
    }
    row.progress.clone_from(&progress);
    let next = Next::stay(row);
    match progress {
        Some(progress) => next.saying(progress),
        None => next.saying("`init` is done"),
    }
}

/// Counts a failure that may pass; tells the first of a row.
fn failed(mut row: JobRow, failure: &Failure, now: Timestamp) -> Next {
    let first = row.failing_since.is_none();
    row.failures += 1;
    row.failing_since.get_or_insert(now);
    let next = Next::stay(row);
    if first { next.saying(format!("{}; trying again", failure.message())) } else { next }
}

fn enter(mut row: JobRow, status: Status, now: Timestamp) -> Next {
    row.status = status;
    row.status_since = now;
    Next::stay(row)
}

/// "90 s", "5 min", "2 h".
pub(super) fn seconds(seconds: i64) -> String {
    match seconds {
        s if s != 0 && s % 3600 == 0 => format!("{} h", s / 3600),
        s if s != 0 && s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}
