//! Who goes first when several runs of a project wait for the same machine (`priority`, `spec/dstack-0.22.md` §3).
//!
//! What is about to take an instance that waits, or a share of a machine that has only so much, looks whether a run with a higher
//! priority waits and could take it as well. Then it is that one's turn: it is tried at once, and whoever let it go first tries again
//! a little later. Machines of clouds are not handed out in order: whether there is one more of them nobody knows but the cloud.

use std::collections::BTreeSet;

use berth_shared::api::{Run, RunStatus};

use super::{
    choice::{self, Choice, Wishes},
    core::Core,
    limits::{self, Room},
    machine::{Failure, job::Sight},
    planning, pool,
};
use crate::store::{Change, InstanceRow, Queue, Source, StoreError, Whole};

/// How many of those in front are looked at.
const LOOKED_AT: u32 = 8;

/// The runs of its project that wait with a higher priority than this one's.
pub(super) async fn in_front(core: &Core, run: &Run) -> Result<Vec<Run>, StoreError> {
    core.storage.in_front(&run.project, run.priority, LOOKED_AT).await
}

/// The first of these that could take this instance, which waits.
pub(super) async fn takes(
    core: &Core,
    in_front: &[Run],
    instance: &InstanceRow,
) -> Result<Option<Whole>, StoreError> {
    for run in in_front {
        let Some((whole, source)) = waiting(core, run).await? else { continue };
        let affordable = whole.run.agreed_price.is_none_or(|most| instance.instance.offer.price <= most);
        if !affordable || !pool::suits(core, &run.project, &source.model.configuration, instance).await? {
            continue;
        }
        let room = Room::of(core, &run.project, &run.owner).await?;
        if room.is_none_or(|room| !limits::is_over(&room.waiting(instance))) {
            return Ok(Some(whole));
        }
    }
    Ok(None)
}

/// The first of these that could have a share of a machine of this backend now.
pub(super) async fn shares(
    core: &Core,
    in_front: &[Run],
    backend: &str,
) -> Result<Option<Whole>, StoreError> {
    for run in in_front {
        let Some((whole, source)) = waiting(core, run).await? else { continue };
        let planned = planning::plan(core, &run.project, &source.model).await?;
        // A new attempt tries all offers again.
        let tried: BTreeSet<&str> = match run.status {
            RunStatus::Submitted => whole.job.tried.iter().map(|tried| tried.offer.as_str()).collect(),
            _ => BTreeSet::new(),
        };
        let avoid = whole.run.avoid.iter().map(String::as_str).collect();
        let room = Room::of(core, &run.project, &run.owner).await?;
        let wishes =
            Wishes { agreed: whole.run.agreed_price, tried: &tried, avoid: &avoid, room: room.as_ref() };
        if let Choice::Offer(chosen, _) = choice::choose(&planned, wishes)
            && chosen.allocation.is_some()
            && chosen.offer.backend == backend
        {
            return Ok(Some(whole));
        }
    }
    Ok(None)
}

/// A run that still waits, with what it was made from.
async fn waiting(core: &Core, run: &Run) -> Result<Option<(Whole, Source)>, StoreError> {
    let Some(whole) = core.storage.whole(run.id).await? else { return Ok(None) };
    let waits = matches!(whole.run.run.status, RunStatus::Submitted | RunStatus::Pending);
    let placed = whole.job.instance_id.is_some() && !whole.job.status.is_finished();
    if !waits || placed {
        return Ok(None);
    }
    Ok(core.storage.source(run.id).await?.map(|source| (whole, source)))
}

/// Has a run tried at once, and says of whoever came upon it that it waits for that.
pub(super) async fn lets_go_first(core: &Core, first: &Whole) -> Sight {
    let mut change = Change { wakes: vec![(Queue::Jobs, first.job.id.0)], ..Change::default() };
    let mut row = first.run.clone();
    if row.run.retry_at.is_some_and(|at| at > core.now()) {
        row.run.retry_at = Some(core.now());
        change.wakes = vec![(Queue::Runs, row.run.id.0)];
        change.runs.push(row);
    }
    // If it has changed meanwhile, it is being looked at.
    if let Err(error) = core.commit(&change).await {
        tracing::debug!(%error, "a run that goes first was not woken");
    }
    Sight::Failed(Failure::Temporary(format!(
        "`{}` waits for it too, and has a higher priority",
        first.run.run.name
    )))
}
