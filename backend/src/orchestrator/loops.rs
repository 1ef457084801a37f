//! Loops: who is due gets a pass, promptly; strays at the providers are swept up.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use berth_shared::api::{InstanceId, InstanceStatus};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    core::{Core, call},
    events, passes,
};
use crate::{
    provider::{InstanceObservation, Listed, Provider},
    store::{Change, Lease, LeaseRequest, Queue, StoreError},
};

/// How many passes run at once.
const CONCURRENCY: usize = 64;
/// How long a lease lasts, in seconds: well above what one pass may take.
const LEASE_SECONDS: i64 = 300;
/// How long a pass may take.
const PASS_LIMIT: Duration = Duration::from_secs(240);
/// How often the database is asked who is due when nobody says anything.
const POLL: Duration = Duration::from_secs(5);
/// How often the providers are swept.
const SWEEP: Duration = Duration::from_secs(60);
/// Hints that come within this time are taken together.
const HINTS: Duration = Duration::from_millis(20);

/// Wakes what the last server left behind. Without this nothing is lost either, only later by a lease.
pub(super) async fn take_over(core: &Core) {
    while let Err(error) = core.storage.join(&core.owner, core.now()).await {
        tracing::error!(%error, "the database cannot be written; trying again");
        sleep(POLL).await;
    }
}

/// Gives passes to rows that are due, for ever. Dropping it drops the passes that run.
pub(super) async fn dispatch(core: Arc<Core>) {
    let mut running = JoinSet::new();
    loop {
        let leased = match lease(&core, CONCURRENCY - running.len()).await {
            Ok(leased) => leased,
            Err(error) => {
                tracing::error!(%error, "no row could be leased; trying again");
                sleep(POLL).await;
                continue;
            }
        };
        let idle = leased.is_empty();
        for lease in leased {
            let core = Arc::clone(&core);
            running.spawn(async move {
                if timeout(PASS_LIMIT, passes::pass(&core, &lease)).await.is_err() {
                    tracing::error!(queue = lease.queue.as_str(), id = %lease.id, "a pass took too long");
                }
                // A row that was woken meanwhile is due again.
                core.storage.signals().wake();
            });
        }
        if running.len() >= CONCURRENCY {
            joined(running.join_next().await);
        } else if idle {
            let wait = until_due(&core).await;
            tokio::select! {
                () = core.storage.signals().work() => {}
                () = sleep(wait) => {}
                Some(ended) = running.join_next() => joined(Some(ended)),
            }
        }
        while let Some(ended) = running.try_join_next() {
            joined(Some(ended));
        }
    }
}

fn joined(ended: Option<Result<(), tokio::task::JoinError>>) {
    if let Some(Err(error)) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a pass panicked; its row is tried again when its lease expires");
    }
}

async fn lease(core: &Core, room: usize) -> Result<Vec<Lease>, StoreError> {
    let mut leased = Vec::new();
    for queue in [Queue::Runs, Queue::Instances, Queue::Jobs] {
        let room = u32::try_from(room - leased.len()).unwrap_or(0);
        if room > 0 {
            let now = core.now();
            let until = now.plus_seconds(LEASE_SECONDS);
            let (owner, backends) = (core.owner.as_str(), core.backends.as_slice());
            let request = LeaseRequest { queue, owner, backends, now, until, limit: room };
            leased.extend(core.storage.lease(&request).await?);
        }
    }
    Ok(leased)
}

async fn until_due(core: &Core) -> Duration {
    match core.storage.next_due(&core.backends).await {
        Ok(Some(due)) => {
            let millis = due.millis_since(core.now());
            Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(POLL)
        }
        _ => POLL,
    }
}

/// Does everything that is due now and ends when nothing is. For tests with a clock of their own.
#[cfg(test)]
pub(super) async fn drain(core: &Arc<Core>) {
    loop {
        let leased = lease(core, CONCURRENCY).await.expect("leases");
        if leased.is_empty() {
            return;
        }
        let mut running = JoinSet::new();
        for lease in leased {
            let core = Arc::clone(core);
            running.spawn(async move { passes::pass(&core, &lease).await });
        }
        while let Some(ended) = running.join_next().await {
            ended.expect("a pass does not panic");
        }
    }
}

/// Turns a provider's hints into wake-ups, for ever.
pub(super) async fn listen(core: Arc<Core>, provider: Arc<dyn Provider>) {
    let mut changes = provider.changes();
    loop {
        let Some(first) = hint(&core, &provider, &mut changes).await else { return };
        let mut ids: BTreeSet<InstanceId> = first;
        sleep(HINTS).await;
        while let Ok(id) = changes.try_recv() {
            ids.insert(id);
        }
        let ids: Vec<InstanceId> = ids.into_iter().collect();
        match core.storage.wake(&ids).await {
            Ok(runs) => {
                for run in runs {
                    // Nobody may be listening.
                    let _ = core.log_changes.send(run);
                }
                core.storage.signals().wake();
            }
            // The poll behind it looks anyway.
            Err(error) => tracing::warn!(%error, "a hint was lost"),
        }
    }
}

/// The next hint; everything the provider has when some were missed; `None` when there will be no more.
async fn hint(
    core: &Core,
    provider: &Arc<dyn Provider>,
    changes: &mut Receiver<InstanceId>,
) -> Option<BTreeSet<InstanceId>> {
    match changes.recv().await {
        Ok(id) => Some(BTreeSet::from([id])),
        Err(RecvError::Lagged(_)) => {
            let active = core.storage.active_instances().await.unwrap_or_default();
            let own = active.iter().filter(|row| row.instance.offer.backend == provider.name());
            Some(own.map(|row| row.instance.id).collect())
        }
        Err(RecvError::Closed) => None,
    }
}

/// Sweeps every provider now and again.
pub(super) async fn sweep_for_ever(core: Arc<Core>) {
    loop {
        for provider in &core.providers {
            if let Err(error) = sweep(&core, provider.as_ref()).await {
                tracing::warn!(provider = provider.name(), error, "a sweep failed; it comes again");
            }
        }
        sleep(SWEEP).await;
    }
}

/// Removes what the provider has under our tag and the database does not know, or knows to be gone. What the
/// database believes in and the provider has lost is found by the instance's own pass.
pub(super) async fn sweep(core: &Core, provider: &dyn Provider) -> Result<(), String> {
    let name = provider.name();
    let there = call(name, provider.list()).await.map_err(|e| e.message().to_owned())?;
    for Listed { id, .. } in there.into_iter().filter(|listed| listed.ours) {
        // Rows are written before anything is created, so whatever the list has of ours is known by now.
        let row = core.storage.instance(id).await.map_err(|e| e.to_string())?;
        if row.is_some_and(|(row, _)| row.instance.status != InstanceStatus::Terminated) {
            continue;
        }
        let seen = call(name, provider.observe(id)).await;
        if matches!(seen, Ok(InstanceObservation::Removing { .. })) {
            continue;
        }
        call(name, provider.terminate(id)).await.map_err(|e| e.message().to_owned())?;
        if matches!(seen, Ok(InstanceObservation::Gone { .. })) {
            // Only the list lagged, or something was left of it.
            continue;
        }
        tracing::warn!(provider = name, instance = %id, "removed an instance that should not have been there");
        let change = Change { events: vec![events::stray(id, name, core.now())], ..Change::default() };
        core.commit(&change).await.map_err(|e| e.to_string())?;
    }
    Ok(())
}
