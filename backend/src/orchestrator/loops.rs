//! Loops: who is due gets a pass, promptly; the process tells that it is there.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use berth_shared::api::InstanceId;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::{self, JoinError, JoinSet},
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{
    core::Core,
    passes::{self, Due},
};
use crate::{
    failpoint,
    provider::Provider,
    store::{Lease, LeaseRequest, Queue, StoreError},
};

/// How many passes run at once.
const CONCURRENCY: usize = 64;
/// How long a lease lasts, in seconds: well above what one pass may take. One of a process that has died ends sooner, by
/// its silence.
const LEASE_SECONDS: i64 = 300;
/// How long a pass may take.
const PASS_LIMIT: Duration = Duration::from_secs(240);
/// How often the database is asked who is due when nobody says anything.
const POLL: Duration = Duration::from_secs(5);
/// How often the process tells that it is there.
const BEAT: Duration = Duration::from_secs(5);
/// Hints that come within this time are taken together.
const HINTS: Duration = Duration::from_millis(20);

/// Begins to work. Without this nothing of what the last process left is lost either, only later by a lease.
pub(super) async fn join(core: &Core) {
    loop {
        failpoint::reach(&["join", "before"]);
        let joined = core.storage.join(&core.owner, core.now()).await;
        failpoint::reach(&["join", "after"]);
        match joined {
            Ok(beat) => return core.told(beat),
            Err(error) => tracing::error!(%error, "the database cannot be written; trying again"),
        }
        sleep(POLL).await;
    }
}

/// Tells the others that this process is there, for ever.
pub(super) async fn beat(core: Arc<Core>) {
    let mut silent = 0_u32;
    loop {
        sleep(BEAT).await;
        failpoint::reach(&["beat", "before"]);
        let told = timeout(BEAT, core.storage.beat(&core.owner, core.now())).await;
        failpoint::reach(&["beat", "after"]);
        match told {
            Ok(Ok(beat)) => {
                silent = 0;
                if beat.ended > 0 {
                    tracing::warn!(leases = beat.ended, "took over from a process that has gone silent");
                    core.storage.signals().wake();
                }
                core.told(beat);
            }
            Ok(Err(error)) => {
                silent += 1;
                tracing::error!(%error, silent, "the database cannot be reached; trying again");
            }
            Err(_) => {
                silent += 1;
                tracing::error!(silent, "the database does not answer; trying again");
            }
        }
    }
}

type Ended = (Lease, Option<Due>);

/// Gives passes to rows that are due, for ever. Dropping it drops the passes that run.
pub(super) async fn dispatch(core: Arc<Core>) {
    let mut running: JoinSet<Ended> = JoinSet::new();
    let mut held: HashMap<task::Id, Uuid> = HashMap::new();
    let mut done = Vec::new();
    // Whether there may be leases of which this process was not told.
    let mut doubtful = false;
    loop {
        give_back(&core, &mut done).await;
        if doubtful {
            let known: Vec<Uuid> =
                held.values().copied().chain(done.iter().map(|(lease, _)| lease.id)).collect();
            match core.storage.disown(&core.owner, &known).await {
                Ok(()) => doubtful = false,
                Err(error) => tracing::error!(%error, "lost leases could not be given back; trying again"),
            }
        }
        let (leased, asked) = lease(&core, CONCURRENCY - running.len()).await;
        if let Err(error) = asked {
            tracing::error!(%error, "no row could be leased; trying again");
            doubtful = true;
            if leased.is_empty() {
                sleep(POLL).await;
                continue;
            }
        }
        let idle = leased.is_empty();
        for lease in leased {
            core.meters.leased(lease.queue, 1);
            let id = lease.id;
            held.insert(running.spawn(work(Arc::clone(&core), lease)).id(), id);
        }
        if running.len() >= CONCURRENCY {
            ended(running.join_next_with_id().await, &mut held, &mut done);
        } else if idle {
            let wait = until_due(&core).await;
            tokio::select! {
                biased;
                Some(joined) = running.join_next_with_id() => ended(Some(joined), &mut held, &mut done),
                () = core.storage.signals().work() => {}
                () = sleep(wait) => {}
            }
        }
        while let Some(joined) = running.try_join_next_with_id() {
            ended(Some(joined), &mut held, &mut done);
        }
    }
}

async fn work(core: Arc<Core>, lease: Lease) -> Ended {
    let due = timeout(PASS_LIMIT, passes::pass(&core, &lease)).await;
    core.meters.leased(lease.queue, -1);
    let due = due.unwrap_or_else(|_| {
        tracing::error!(queue = lease.queue.as_str(), id = %lease.id, "a pass took too long");
        Some(Some(core.now()))
    });
    (lease, due)
}

type Joined = Result<(task::Id, Ended), JoinError>;

fn ended(joined: Option<Joined>, held: &mut HashMap<task::Id, Uuid>, done: &mut Vec<(Lease, Due)>) {
    match joined {
        Some(Ok((id, (lease, due)))) => {
            held.remove(&id);
            done.extend(due.map(|due| (lease, due)));
        }
        Some(Err(error)) => {
            held.remove(&error.id());
            if error.is_panic() {
                tracing::error!(%error, "a pass panicked; its row is tried again when its lease expires");
            }
        }
        None => {}
    }
}

/// Gives leases back, all at once. They expire by themselves, but minutes later: a disk that is full has room before.
async fn give_back(core: &Core, done: &mut Vec<(Lease, Due)>) {
    if done.is_empty() {
        return;
    }
    failpoint::reach(&["release", "before"]);
    let released = core.storage.release_all(done).await;
    failpoint::reach(&["release", "after"]);
    match released {
        Ok(()) => done.clear(),
        Err(error) => {
            tracing::error!(%error, leases = done.len(), "leases could not be given back; trying again");
        }
    }
}

/// What could be leased, also when the database failed on the way: nobody else will work on it while the lease lasts.
async fn lease(core: &Core, room: usize) -> (Vec<Lease>, Result<(), StoreError>) {
    let mut leased = Vec::new();
    for queue in [Queue::Runs, Queue::Instances, Queue::Jobs] {
        let room = u32::try_from(room - leased.len()).unwrap_or(0);
        if room > 0 {
            let now = core.now();
            let until = now.plus_seconds(LEASE_SECONDS);
            let (owner, backends) = (core.owner.as_str(), core.backends.as_slice());
            let request = LeaseRequest { queue, owner, backends, now, until, limit: room };
            failpoint::reach(&["lease", "before"]);
            match core.storage.lease(&request).await {
                Ok(more) => {
                    // Only one that has taken something is worth dying after.
                    if !more.is_empty() {
                        failpoint::reach(&["lease", "after"]);
                    }
                    leased.extend(more);
                }
                Err(error) => return (leased, Err(error)),
            }
        }
    }
    (leased, Ok(()))
}

async fn until_due(core: &Core) -> Duration {
    match core.storage.next_due(&core.backends).await {
        Ok(Some(due)) => {
            let now = core.now();
            // What has been woken is due since ever.
            let late = if due.0 > 0 { now.millis_since(due) } else { 0 };
            core.meters.lag_millis.set(late);
            let millis = due.millis_since(now);
            Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(POLL)
        }
        _ => POLL,
    }
}

/// Does everything that is due now and ends when nothing is. For tests with a clock of their own.
#[cfg(test)]
pub(super) async fn drain(core: &Arc<Core>) {
    loop {
        let (leased, asked) = lease(core, CONCURRENCY).await;
        asked.expect("leases");
        if leased.is_empty() {
            return;
        }
        let mut running = JoinSet::new();
        for lease in leased {
            running.spawn(work(Arc::clone(core), lease));
        }
        let mut done = Vec::new();
        while let Some(joined) = running.join_next().await {
            let (lease, due) = joined.expect("a pass does not panic");
            done.extend(due.map(|due| (lease, due)));
        }
        give_back(core, &mut done).await;
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
