//! What an instance does next.
//!
//! `pending → provisioning → busy ⇄ idle → terminating → terminated` (`spec/dstack-0.18.md` §8). It is
//! `terminated` only once its provider says that it is gone.

use berth_shared::{api::InstanceStatus as Status, time::Timestamp};

use super::{Failure, LEAVE_LIMIT, PROVISION_LIMIT, Step, UNREACHABLE_LIMIT, overdue};
use crate::{
    provider::InstanceObservation as Observation,
    store::{InstanceDesired, InstanceFault as Fault, InstanceRow},
};

/// What to ask of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Make it, unless it is there.
    Create,
    /// Remove it.
    Terminate,
}

/// What is known from outside the row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    /// Whether a job needs it.
    pub(crate) wanted: bool,
    /// The provider's last word.
    pub(crate) sight: Sight,
}

/// The provider's last word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sight {
    /// How the instance is.
    Seen(Observation),
    /// An effect was accepted.
    Did(Effect),
    /// A call failed.
    Failed(Failure),
}

type Next = Step<InstanceRow, Effect>;

/// What the instance does next.
pub(crate) fn step(row: &InstanceRow, input: &Input, now: Timestamp) -> Next {
    let mut row = row.clone();
    // A provider may say either. Only the end makes a difference: it wants to hear that removing was accepted.
    let unknown = Input {
        sight: Sight::Seen(Observation::Gone { message: None, billing: crate::provider::Billing::default() }),
        ..*input
    };
    let input = match (&input.sight, row.instance.status) {
        (Sight::Failed(Failure::NotFound(_)), status) if status != Status::Terminating => &unknown,
        _ => input,
    };
    if !matches!(input.sight, Sight::Failed(_)) {
        row.failures = 0;
        row.failing_since = None;
    }
    match row.instance.status {
        Status::Pending => pending(row, input, now),
        Status::Provisioning => provisioning(row, input, now),
        Status::Busy | Status::Idle => there(row, input, now),
        Status::Terminating => terminating(row, input, now),
        Status::Terminated => match input.sight {
            // It must not be there any more: a database restored from a backup, or a provider that was wrong.
            Sight::Seen(Observation::Creating { .. } | Observation::Ready { .. }) => {
                Next::stay(row).with(Effect::Terminate)
            }
            _ => Next::stay(row),
        },
    }
}

fn pending(mut row: InstanceRow, input: &Input, now: Timestamp) -> Next {
    if row.desired == InstanceDesired::Gone || !input.wanted {
        return match input.sight {
            Sight::Seen(Observation::Gone { .. }) => {
                enter(row, Status::Terminated, now).saying("no longer wanted; it was never made")
            }
            _ => remove(row, "no longer wanted", now),
        };
    }
    match input.sight {
        Sight::Seen(Observation::Creating { .. } | Observation::Ready { .. }) => {
            row.accepted = true;
            row.instance.billed_from.get_or_insert(now);
            enter(row, Status::Provisioning, now).saying("found at its provider")
        }
        _ => {
            let told = format!("asked `{}` for it", row.instance.offer.backend);
            enter(row, Status::Provisioning, now).with(Effect::Create).saying(told)
        }
    }
}

fn provisioning(mut row: InstanceRow, input: &Input, now: Timestamp) -> Next {
    let since = row.instance.status_since;
    if let Sight::Seen(Observation::Gone { message, .. }) = &input.sight
        && row.accepted
    {
        let told = message.clone().unwrap_or_else(|| "its provider could not make it".to_owned());
        row.fault = Some(Fault::Refused);
        return remove(row, &told, now);
    }
    if row.desired == InstanceDesired::Gone || !input.wanted {
        return remove(row, "no longer wanted", now);
    }
    match &input.sight {
        Sight::Seen(Observation::Ready { isolation, .. }) => {
            row.accepted = true;
            row.was_ready = true;
            row.instance.isolation = Some(isolation.clone());
            row.instance.billed_from.get_or_insert(now);
            row.instance.message = None;
            return enter(row, Status::Busy, now).saying("ready");
        }
        Sight::Seen(Observation::Removing { .. }) => {
            row.fault = Some(Fault::Lost);
            return remove(row, "its provider removes it", now);
        }
        Sight::Failed(Failure::NoCapacity(message)) => {
            row.fault = Some(Fault::NoCapacity);
            return remove(row, message, now);
        }
        Sight::Failed(Failure::Permanent(message)) => {
            row.fault = Some(Fault::Refused);
            return remove(row, message, now);
        }
        _ => {}
    }
    if overdue(since, PROVISION_LIMIT, now) {
        row.fault = Some(Fault::TooSlow);
        let last =
            row.instance.message.as_ref().map_or_else(String::new, |last| format!("; the last word: {last}"));
        let told = format!("it was not ready within {} minutes{last}", PROVISION_LIMIT / 60);
        return remove(row, &told, now);
    }
    let deadline = since.plus_seconds(PROVISION_LIMIT);
    match &input.sight {
        Sight::Did(Effect::Create) | Sight::Seen(Observation::Creating { .. }) => {
            row.accepted = true;
            row.instance.billed_from.get_or_insert(now);
            Next::stay(row).due(deadline)
        }
        Sight::Seen(Observation::Gone { .. }) => Next::stay(row).with(Effect::Create).due(deadline),
        Sight::Failed(failure) => failed(row, failure, now).due(deadline),
        Sight::Did(Effect::Terminate)
        | Sight::Seen(Observation::Ready { .. } | Observation::Removing { .. }) => {
            Next::stay(row).due(deadline)
        }
    }
}

/// Busy or idle.
fn there(mut row: InstanceRow, input: &Input, now: Timestamp) -> Next {
    match &input.sight {
        Sight::Seen(Observation::Gone { message, .. }) => {
            let told = message.clone().unwrap_or_else(|| "it went away by itself".to_owned());
            return lose(row, &told, now);
        }
        Sight::Seen(Observation::Removing { .. }) => {
            return lose(row, "its provider takes it away", now);
        }
        _ => {}
    }
    if row.desired == InstanceDesired::Gone {
        return remove(row, "no longer wanted", now);
    }
    match (row.instance.status, input.wanted) {
        (Status::Idle, true) => {
            row.instance.idle_stop_at = None;
            return enter(row, Status::Busy, now).saying("has a run again");
        }
        (Status::Busy, false) => {
            return match row.instance.idle_seconds {
                Some(seconds) if seconds <= 0 => remove(row, "its run is over", now),
                seconds => {
                    row.job_id = None;
                    row.instance.run_id = None;
                    row.instance.idle_stop_at = seconds.map(|seconds| now.plus_seconds(seconds));
                    enter(row, Status::Idle, now).saying("its run is over; it waits for another")
                }
            };
        }
        _ => {}
    }
    if let Some(at) = row.instance.idle_stop_at
        && now >= at
    {
        return remove(row, "it had no run for as long as it is kept", now);
    }
    let idle_stop_at = row.instance.idle_stop_at;
    let next = match &input.sight {
        Sight::Seen(Observation::Ready { isolation, .. }) => {
            row.instance.isolation = Some(isolation.clone());
            row.instance.message = None;
            Next::stay(row)
        }
        Sight::Failed(failure) => {
            if row.failing_since.is_some_and(|since| overdue(since, UNREACHABLE_LIMIT, now)) {
                let told = format!(
                    "it could not be reached for {} minutes: {}",
                    UNREACHABLE_LIMIT / 60,
                    failure.message()
                );
                return lose(row, &told, now);
            }
            failed(row, failure, now)
        }
        Sight::Did(_)
        | Sight::Seen(
            Observation::Creating { .. } | Observation::Gone { .. } | Observation::Removing { .. },
        ) => Next::stay(row),
    };
    match idle_stop_at {
        Some(at) => next.due(at),
        None => next,
    }
}

fn terminating(mut row: InstanceRow, input: &Input, now: Timestamp) -> Next {
    // A job whose machine was lost reads what is left of its log before that is removed.
    let until = row.instance.status_since.plus_seconds(LEAVE_LIMIT);
    let leave = input.wanted && row.fault == Some(Fault::Lost) && now < until;
    match &input.sight {
        Sight::Did(Effect::Terminate) => {
            row.removal_accepted = true;
            Next::stay(row)
        }
        Sight::Seen(Observation::Gone { .. }) | Sight::Failed(Failure::NotFound(_))
            if row.removal_accepted =>
        {
            let mut next = enter(row, Status::Terminated, now).saying("gone, as its provider confirms");
            let billed_to = &mut next.row.instance.billed_to;
            *billed_to = billed_to.or(next.row.instance.billed_from.map(|_| now));
            next
        }
        Sight::Seen(Observation::Creating { .. } | Observation::Ready { .. } | Observation::Gone { .. })
            if leave =>
        {
            Next::stay(row).due(until)
        }
        // Gone by itself too: something may be left of it.
        Sight::Seen(Observation::Creating { .. } | Observation::Ready { .. } | Observation::Gone { .. }) => {
            Next::stay(row).with(Effect::Terminate)
        }
        Sight::Failed(Failure::NotFound(_)) => {
            row.removal_accepted = true;
            Next::stay(row)
        }
        Sight::Seen(Observation::Removing { .. }) | Sight::Did(Effect::Create) => Next::stay(row),
        // There is no giving up here: it may cost money until its provider says that it is gone.
        Sight::Failed(failure) => failed(row, failure, now),
    }
}

/// Counts a failure that may pass; tells the first of a row.
fn failed(mut row: InstanceRow, failure: &Failure, now: Timestamp) -> Next {
    let first = row.failing_since.is_none();
    row.failures += 1;
    row.failing_since.get_or_insert(now);
    let message = format!("{}; trying again", failure.message());
    if first {
        row.instance.message = Some(message.clone());
        return Next::stay(row).saying(message);
    }
    Next::stay(row)
}

/// Has it removed.
fn remove(mut row: InstanceRow, why: &str, now: Timestamp) -> Next {
    row.instance.message = Some(why.to_owned());
    row.instance.idle_stop_at = None;
    row.failures = 0;
    row.failing_since = None;
    enter(row, Status::Terminating, now).with(Effect::Terminate).saying(why)
}

/// It went without being asked to. What is left of it is removed once its job has let go.
fn lose(mut row: InstanceRow, why: &str, now: Timestamp) -> Next {
    row.fault = Some(Fault::Lost);
    row.instance.message = Some(why.to_owned());
    row.instance.idle_stop_at = None;
    row.failures = 0;
    row.failing_since = None;
    enter(row, Status::Terminating, now).saying(why)
}

fn enter(mut row: InstanceRow, status: Status, now: Timestamp) -> Next {
    row.instance.status = status;
    row.instance.status_since = now;
    Next::stay(row)
}
