//! How soon an instance that could not be had makes room for the next offer: at once, unless something may be there of
//! which its provider does not know yet.

use berth_shared::{api::InstanceStatus as Status, time::Timestamp};

use super::{
    Failure,
    instance::{Effect, Input, Sight, step},
    tests::{T0, instance_row},
};
use crate::{
    provider::{Billing, InstanceObservation as Observation},
    store::{InstanceFault, InstanceRow},
};

/// For how many seconds its provider may not know of it.
const LAG: i64 = 20;

fn after(row: &InstanceRow, sight: Sight, now: Timestamp) -> (InstanceRow, Option<Effect>) {
    let next = step(row, &Input { wanted: true, sight, roll: 0.5, lag: LAG }, now);
    (next.row, next.effects.first().copied())
}

fn none() -> Sight {
    Sight::Seen(Observation::Gone { message: None, billing: Billing::default() })
}

fn no_capacity() -> Sight {
    Sight::Failed(Failure::NoCapacity("no capacity: none left".to_owned()))
}

/// It was written that its provider is to be asked; the call is on its way.
fn asked() -> InstanceRow {
    let (row, effect) = after(&instance_row(Status::Pending), none(), T0);
    assert_eq!((row.instance.status, effect), (Status::Provisioning, Some(Effect::Create)));
    row
}

/// What becomes of one that is refused now: its status as soon as removing it is accepted and nothing is found.
fn refused(row: &InstanceRow, now: Timestamp) -> InstanceRow {
    let (row, effect) = after(row, no_capacity(), now);
    assert_eq!((row.instance.status, effect), (Status::Terminating, Some(Effect::Terminate)));
    assert_eq!(row.fault, Some(InstanceFault::NoCapacity));
    let (row, _) = after(&row, Sight::Did(Effect::Terminate), now);
    after(&row, none(), now).0
}

#[test]
fn one_that_is_refused_the_first_time_is_gone_at_once() {
    let row = refused(&asked(), T0);
    assert_eq!(row.instance.status, Status::Terminated);
    assert_eq!((row.instance.billed_from, row.instance.billed_to), (None, None));
}

#[test]
fn one_is_waited_for_when_an_earlier_call_was_not_answered() {
    let failure = Sight::Failed(Failure::Temporary("timed out".to_owned()));
    let (unanswered, _) = after(&asked(), failure, T0.plus_seconds(5));
    let (again, effect) = after(&unanswered, none(), T0.plus_seconds(5 + LAG));
    assert_eq!(effect, Some(Effect::Create), "it is asked for again once nothing can be there unseen");
    let row = refused(&again, T0.plus_seconds(6 + LAG));
    assert_eq!(row.instance.status, Status::Terminating);
    assert_eq!(after(&row, none(), T0.plus_seconds(5 + 2 * LAG)).0.instance.status, Status::Terminated);
}

#[test]
fn one_is_waited_for_when_whoever_asked_first_died_before_it_heard() {
    // Another process finds it as it was written before the call.
    let (again, effect) = after(&asked(), none(), T0.plus_seconds(LAG));
    assert_eq!(effect, Some(Effect::Create));
    let row = refused(&again, T0.plus_seconds(LAG));
    assert_eq!(row.instance.status, Status::Terminating);
    assert_eq!(after(&row, none(), T0.plus_seconds(2 * LAG)).0.instance.status, Status::Terminated);
}

#[test]
fn one_that_a_server_of_an_earlier_version_asked_for_is_waited_for() {
    let row = refused(&InstanceRow { asked_once: false, ..asked() }, T0);
    assert_eq!(row.instance.status, Status::Terminating);
}

#[test]
fn one_that_was_seen_is_waited_for() {
    let seen = InstanceRow { seen: true, ..asked() };
    assert_eq!(refused(&seen, T0).instance.status, Status::Terminating);
}
