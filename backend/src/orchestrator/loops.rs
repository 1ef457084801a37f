//! Loops: who is due gets a pass, promptly; the process tells that it is there.

use std::{
    collections::{BTreeSet, HashMap},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use berth_shared::api::InstanceId;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::{self, JoinError, JoinSet},
    time::{Instant, sleep, timeout},
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
/// Between two times that the database is asked, at least: where much happens, every commit would have it asked again, and
/// rows are leased by the dozen instead.
const PAUSE: Duration = Duration::from_millis(3);
/// How long what nobody waits for is gathered: passes that have ended, and rows that are due because it is time to look
/// again.
const SETTLE: Duration = Duration::from_millis(10);
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
                core.missed();
                tracing::error!(%error, silent, "the database cannot be reached; trying again");
            }
            Err(_) => {
                silent += 1;
                core.missed();
                tracing::error!(silent, "the database does not answer; trying again");
            }
        }
    }
}

type Ended = (Lease, Option<Due>);

/// Gives passes to rows that are due, for ever. Dropping it drops the passes that run.
pub(super) async fn dispatch(core: Arc<Core>) {
    let mut passes =
        Passes { running: JoinSet::new(), held: HashMap::new(), done: Vec::new(), doubtful: false };
    let mut look = pin!(sleep(Duration::ZERO));
    let mut looked = Instant::now();
    loop {
        let sooner = tokio::select! {
            biased;
            Some(joined) = passes.running.join_next_with_id() => {
                let full = passes.running.len() + 1 >= CONCURRENCY;
                passes.ended(joined);
                if full { PAUSE } else { SETTLE }
            }
            () = look.as_mut() => {
                let wait = passes.look(&core).await;
                looked = Instant::now();
                look.set(sleep(wait));
                continue;
            }
            () = core.storage.signals().work() => PAUSE.saturating_sub(looked.elapsed()),
        };
        let sooner = Instant::now() + sooner;
        if sooner < look.deadline() {
            look.as_mut().reset(sooner);
        }
    }
}

struct Passes {
    running: JoinSet<Ended>,
    held: HashMap<task::Id, Uuid>,
    /// Leases to give back.
    done: Vec<(Lease, Due)>,
    /// Whether there may be leases of which this process was not told.
    doubtful: bool,
}

impl Passes {
    /// Gives back what is done and begins what is due; answers after how long to look again.
    async fn look(&mut self, core: &Arc<Core>) -> Duration {
        give_back(core, &mut self.done).await;
        if self.doubtful {
            let known: Vec<Uuid> =
                self.held.values().copied().chain(self.done.iter().map(|(lease, _)| lease.id)).collect();
            match core.storage.disown(&core.owner, &known).await {
                Ok(()) => self.doubtful = false,
                Err(error) => tracing::error!(%error, "lost leases could not be given back; trying again"),
            }
        }
        let room = CONCURRENCY.saturating_sub(self.running.len());
        let (leased, asked) = lease(core, room).await;
        let full = leased.len() == room;
        for lease in leased {
            core.meters.leased(lease.queue, 1);
            let id = lease.id;
            self.held.insert(self.running.spawn(work(Arc::clone(core), lease)).id(), id);
        }
        if let Err(error) = asked {
            tracing::error!(%error, "no row could be leased; trying again");
            self.doubtful = true;
            return POLL;
        }
        // Without room there is nothing to be done until a pass ends.
        if full { POLL } else { until_due(core).await.max(SETTLE) }
    }

    fn ended(&mut self, joined: Result<(task::Id, Ended), JoinError>) {
        match joined {
            Ok((id, (lease, due))) => {
                self.held.remove(&id);
                self.done.extend(due.map(|due| (lease, due)));
            }
            Err(error) => {
                self.held.remove(&error.id());
                if error.is_panic() {
                    tracing::error!(%error, "a pass panicked; its row is tried again when its lease expires");
                }
            }
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
    let (mut leased, backends) = (Vec::new(), core.backends());
    for queue in [Queue::Runs, Queue::Instances, Queue::Jobs] {
        let room = u32::try_from(room - leased.len()).unwrap_or(0);
        if room > 0 {
            let now = core.now();
            let until = now.plus_seconds(LEASE_SECONDS);
            let (owner, backends) = (core.owner.as_str(), backends.as_slice());
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
    match core.storage.next_due(&core.backends()).await {
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
