//! What an instance does next.
//!
//! `pending → provisioning → busy ⇄ idle → terminating → terminated` (`spec/dstack-0.18.md` §8). It is
//! `terminated` only once its provider says that it is gone.

use berth_shared::{
    api::{InstanceStatus as Status, TRYING_AGAIN},
    time::Timestamp,
};

use super::{Failure, LEAVE_LIMIT, PROVISION_LIMIT, Step, UNREACHABLE_LIMIT, order, overdue};
use crate::{
    provider::{Billing, InstanceObservation as Observation},
    store::{InstanceDesired, InstanceFault as Fault, InstanceRow},
};

/// What to carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Choose an offer for it; only for one that was added without a run.
    Place,
    /// Have its provider make it, unless it is there.
    Create,
    /// Have its provider remove it.
    Terminate,
    /// Write another one down in its stead, which tries the next offer; only for one that was added without a run.
    Replace,
}

/// What is known from outside the row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    /// Whether a job needs it.
    pub(crate) wanted: bool,
    /// The provider's or the placement's last word.
    pub(crate) sight: Sight,
    /// A random number, 0 to 1.
    pub(crate) roll: f64,
    /// For how many seconds after it was asked for its provider may not know of it yet.
    pub(crate) lag: i64,
}

/// The provider's or the placement's last word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sight {
    /// Nobody was asked.
    Unseen,
    /// How the instance is.
    Seen(Observation),
    /// An effect was accepted.
    Did(Effect),
    /// No offer fits, and why.
    NoOffer(String),
    /// A call failed.
    Failed(Failure),
}

/// How far a provider's clock may be from ours, in seconds.
const CLOCKS: i64 = 600;

pub(super) type Next = Step<InstanceRow, Effect>;

/// What the instance does next.
pub(crate) fn step(row: &InstanceRow, input: &Input, now: Timestamp) -> Next {
    let row = row.clone();
    // A provider may say either. Only the end makes a difference: it wants to hear that removing was accepted.
    let unknown = Input {
        sight: Sight::Seen(Observation::Gone { message: None, billing: Billing::default() }),
        ..*input
    };
    let input = match (&input.sight, row.instance.status) {
        (Sight::Failed(Failure::NotFound(_)), status) if status != Status::Terminating => &unknown,
        _ => input,
    };
    // Nor does "there is none" count while its provider may not know of it yet.
    let known_at = row.asked_at.map(|at| at.plus_seconds(input.lag)).filter(|at| now < *at);
    if let Some(at) = known_at
        && is_absence(&input.sight)
    {
        let next = decide(row, &Input { sight: Sight::Unseen, ..*input }, now);
        return next.due(at);
    }
    decide(row, input, now)
}

/// Whether a provider says no more than that there is none.
fn is_absence(sight: &Sight) -> bool {
    match sight {
        Sight::Seen(Observation::Gone { message: None, billing }) => billing.to.is_none(),
        Sight::Failed(Failure::NotFound(_)) => true,
        _ => false,
    }
}

fn decide(mut row: InstanceRow, input: &Input, now: Timestamp) -> Next {
    // What was asked for may take effect as late as the answer comes, or later where none does.
    let asked = matches!(input.sight, Sight::Did(Effect::Create) | Sight::Failed(Failure::Temporary(_)));
    if asked && row.instance.status == Status::Provisioning {
        row.asked_at = Some(now);
        row.asked_once = false;
    }
    if let Sight::Seen(seen) = &input.sight {
        learn(&mut row, seen, now);
    }
    let mut next = match row.instance.status {
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
    };
    // A call that has failed and is to be made again has not got better by a look.
    let well = !matches!(input.sight, Sight::Failed(_) | Sight::Unseen);
    if well && next.effects.is_empty() {
        next.row.failures = 0;
        next.row.failing_since = None;
    }
    next
}

/// What its provider says about its cost is better than what we think.
fn learn(row: &mut InstanceRow, seen: &Observation, now: Timestamp) {
    let Billing { from, to } = seen.billing();
    // Clocks differ a little; what differs a lot is a provider's mistake, and nobody is to pay for that.
    let from = from.filter(|from| {
        *from >= row.instance.created_at.plus_seconds(-CLOCKS) && *from <= now.plus_seconds(CLOCKS)
    });
    let begun = from.or(row.instance.billed_from);
    let to = to.filter(|to| begun.is_some_and(|begun| begun <= *to) && *to <= now.plus_seconds(CLOCKS));
    if !row.seen && (from.is_some() || !matches!(seen, Observation::Gone { .. })) {
        row.seen = true;
        // What one look has found another may miss for as long again.
        row.asked_at = Some(now);
    }
    row.instance.billed_from = from.or(row.instance.billed_from);
    row.instance.billed_to = to.or(row.instance.billed_to);
    if let Observation::Ready { leaves_at, .. } = seen {
        row.instance.leaves_at = row.instance.leaves_at.or(*leaves_at);
    }
}

/// Whether anybody wants it: a job, or whoever added it and waits for it to be ready.
fn wanted(row: &InstanceRow, input: &Input) -> bool {
    row.desired == InstanceDesired::There && (input.wanted || row.order.is_some())
}

fn pending(mut row: InstanceRow, input: &Input, now: Timestamp) -> Next {
    let unplaced = row.order.as_ref().is_some_and(|order| !order.placed);
    if !wanted(&row, input) {
        return match input.sight {
            Sight::Seen(Observation::Gone { .. }) => gone(row, "no longer wanted; it was never made", now),
            _ if unplaced => gone(row, "no longer wanted; it was never made", now),
            _ => remove(row, "no longer wanted", now),
        };
    }
    if unplaced {
        return order::step(row, input, now);
    }
    match input.sight {
        Sight::Seen(Observation::Creating { .. } | Observation::Ready { .. }) => {
            row.accepted = true;
            row.instance.billed_from.get_or_insert(now);
            enter(row, Status::Provisioning, now).saying("found at its provider")
        }
        _ => {
            let told = format!("asked `{}` for it", row.instance.offer.backend);
            row.asked_at = Some(now);
            row.asked_once = true;
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
    if !wanted(&row, input) {
        return remove(row, "no longer wanted", now);
    }
    match &input.sight {
        Sight::Seen(Observation::Ready { isolation, .. }) => {
            row.accepted = true;
            row.was_ready = true;
            row.instance.isolation = Some(isolation.clone());
            row.instance.billed_from.get_or_insert(now);
            row.instance.message = None;
            row.order = None;
            return match input.wanted {
                true => enter(row, Status::Busy, now).saying("ready"),
                false => rest(row, "ready; it waits for a run", now),
            };
        }
        Sight::Seen(Observation::Removing { .. }) => {
            row.fault = Some(Fault::Lost);
            return remove(row, "its provider removes it", now);
        }
        Sight::Failed(Failure::NoCapacity(message)) => {
            row.fault = Some(Fault::NoCapacity);
            if row.asked_once && !row.seen {
                // It was asked for once, and that was answered: there is nothing that its provider could not know of yet.
                row.asked_at = None;
            }
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
        Sight::Seen(Observation::Gone { .. }) => {
            row.asked_at = Some(now);
            // What became of the call before, nobody knows.
            row.asked_once = false;
            Next::stay(row).with(Effect::Create).due(deadline)
        }
        Sight::Failed(failure) => failed(row, failure, now).due(deadline),
        Sight::Unseen
        | Sight::NoOffer(_)
        | Sight::Did(Effect::Terminate | Effect::Place | Effect::Replace)
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
    if row.desired != InstanceDesired::There {
        return remove(row, "no longer wanted", now);
    }
    match (row.instance.status, input.wanted) {
        (Status::Idle, true) => {
            row.instance.idle_stop_at = None;
            row.instance.kept_by = None;
            return enter(row, Status::Busy, now).saying("has a run again");
        }
        (Status::Busy | Status::Idle, false) if row.instance.leaves_at.is_some() => {
            return remove(row, "its provider has announced to take it away", now);
        }
        (Status::Busy, false) => {
            return match row.instance.idle_seconds {
                Some(seconds) if seconds <= 0 => remove(row, "its run is over", now),
                _ => {
                    row.job_id = None;
                    row.instance.run_id = None;
                    rest(row, "its run is over; it waits for another", now)
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
        Sight::Unseen
        | Sight::NoOffer(_)
        | Sight::Did(_)
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
    if row.desired == InstanceDesired::Forgotten {
        return gone(row, "written off: its provider has not confirmed that it is gone", now);
    }
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
            gone(row, "gone, as its provider confirms", now)
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
        Sight::Unseen
        | Sight::NoOffer(_)
        | Sight::Seen(Observation::Removing { .. })
        | Sight::Did(Effect::Create | Effect::Place | Effect::Replace) => Next::stay(row),
        // There is no giving up here: it may cost money until its provider says that it is gone.
        Sight::Failed(failure) => failed(row, failure, now),
    }
}

/// Waits for a run, for as long as it is kept.
fn rest(mut row: InstanceRow, told: &str, now: Timestamp) -> Next {
    row.instance.idle_stop_at = row.instance.idle_seconds.map(|seconds| now.plus_seconds(seconds));
    row.instance.kept_by = None;
    let at = row.instance.idle_stop_at;
    let next = enter(row, Status::Idle, now).saying(told);
    at.into_iter().fold(next, Next::due)
}

/// It is not there any more, or never was. One that was added and could not be had is followed by another.
pub(super) fn gone(mut row: InstanceRow, told: &str, now: Timestamp) -> Next {
    if !row.seen {
        // The provider never showed it: that it began to cost was only our guess.
        row.instance.billed_from = None;
    }
    row.instance.billed_to = row.instance.billed_from.map(|_| row.instance.billed_to.unwrap_or(now));
    row.instance.idle_stop_at = None;
    let another = row.desired == InstanceDesired::There
        && row.order.is_some()
        && row.fault.is_some_and(|fault| fault != Fault::Lost);
    let next = enter(row, Status::Terminated, now).saying(told);
    if another { next.with(Effect::Replace) } else { next }
}

/// Counts a failure that may pass; tells the first of a row.
pub(super) fn failed(mut row: InstanceRow, failure: &Failure, now: Timestamp) -> Next {
    let first = row.failing_since.is_none();
    row.failures += 1;
    row.failing_since.get_or_insert(now);
    let message = format!("{}{TRYING_AGAIN}", failure.message());
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

pub(super) fn enter(mut row: InstanceRow, status: Status, now: Timestamp) -> Next {
    row.instance.status = status;
    row.instance.status_since = now;
    Next::stay(row)
}
