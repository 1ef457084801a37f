//! What an instance does next that somebody added without a run, until its offer is chosen; and who follows it when
//! that offer cannot be had.
//!
//! Offers are tried one after the other, each as an instance of its own, because a tag must never be used twice. When
//! all were tried it is tried anew, as long as `retry_policy` says (`spec/dstack-0.18.md` §8, `pool add`).

use berth_shared::{
    api::{InstanceId, InstanceStatus as Status},
    time::Timestamp,
};

use super::{
    Failure, PROVISION_LIMIT,
    instance::{Effect, Input, Next, Sight, failed, gone},
    overdue,
};
use crate::store::{InstanceFault, InstanceRow, Order, Tried, offer_key};

/// How long to wait before all offers are tried again, in seconds: a minute, doubling to ten.
const RETRY_SECONDS: i64 = 60;
const RETRY_SECONDS_MOST: i64 = 600;

/// What one does whose offer is not chosen yet.
pub(super) fn step(row: InstanceRow, input: &Input, now: Timestamp) -> Next {
    if let Some(at) = row.order.as_ref().and_then(|order| order.retry_at)
        && now < at
    {
        return Next::stay(row).due(at);
    }
    match &input.sight {
        Sight::NoOffer(why) => exhausted(row, why, input.roll, now),
        Sight::Failed(Failure::Permanent(why) | Failure::NoCapacity(why)) => {
            exhausted(row, why, input.roll, now)
        }
        Sight::Failed(failure) => {
            let since = row.failing_since.unwrap_or(now);
            if overdue(since, PROVISION_LIMIT, now) {
                let why = format!("no backend could be asked: {}", failure.message());
                return exhausted(row, &why, input.roll, now);
            }
            failed(row, failure, now).due(since.plus_seconds(PROVISION_LIMIT))
        }
        Sight::Unseen | Sight::Seen(_) | Sight::Did(_) => Next::stay(row).with(Effect::Place),
    }
}

/// Every offer was tried.
fn exhausted(mut row: InstanceRow, why: &str, roll: f64, now: Timestamp) -> Next {
    let Some(order) = &mut row.order else { return Next::stay(row) };
    let told: Vec<String> =
        order.tried.iter().map(|Tried { offer, message }| format!("; {offer}: {message}")).collect();
    let told = format!("no instance could be had: {why}{}", told.concat());
    row.failures = 0;
    row.failing_since = None;
    match order.retry_until {
        Some(until) if now < until => {
            let seconds = (RETRY_SECONDS << order.rounds.min(4)).min(RETRY_SECONDS_MOST);
            let millis = (seconds as f64 * 1000.0 * (1.0 - roll.clamp(0.0, 1.0) / 2.0)) as i64;
            let at = Timestamp(now.0.saturating_add(millis)).min(until);
            order.rounds += 1;
            order.tried.clear();
            order.retry_at = Some(at);
            row.instance.message = Some(told.clone());
            Next::stay(row).saying(format!("{told}; it will be tried again")).due(at)
        }
        _ => {
            row.order = None;
            row.instance.message = Some(told.clone());
            gone(row, &told, now)
        }
    }
}

/// The one that follows it and tries the next offer.
pub(crate) fn successor(row: &InstanceRow, id: InstanceId, now: Timestamp) -> Option<InstanceRow> {
    let mut order: Order = row.order.clone()?;
    let message = row.instance.message.clone().unwrap_or_default();
    order.tried.push(Tried { offer: offer_key(&row.instance.offer), message });
    order.placed = false;
    order.retry_at = None;
    let mut next = row.clone();
    next.version = 0;
    next.instance.id = id;
    next.instance.status = Status::Pending;
    next.instance.status_since = now;
    next.instance.message = None;
    next.instance.isolation = None;
    next.instance.created_at = now;
    next.instance.billed_from = None;
    next.instance.billed_to = None;
    next.instance.leaves_at = None;
    next.request.id = id;
    next.order = Some(order);
    next.asked_at = None;
    next.asked_once = false;
    next.accepted = false;
    next.seen = false;
    next.was_ready = false;
    next.removal_accepted = false;
    next.fault = None::<InstanceFault>;
    next.failures = 0;
    next.failing_since = None;
    Some(next)
}
