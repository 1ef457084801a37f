//! A database in memory, for simulations of several processes and what goes wrong between them.
//!
//! It promises what the others promise, is deterministic, and can be cut off from each process.

mod code;
mod limits;
mod link;
mod read;
mod state;
mod table;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use async_trait::async_trait;
use berth_shared::{
    api::{
        Allocation, EventSeq, Instance, InstanceId, JobId, Orphan, Pool, ProjectSettings, Run, RunDetail,
        RunId,
    },
    time::Timestamp,
};
use uuid::Uuid;

pub use link::{Link, Reach};
use state::State;

use crate::clock::Clock;

use super::{
    Beat, Change, CodeStore, CommitError, InstanceRow, JobRow, Lease, LeaseRequest, LimitBooks, Queue,
    SILENCE_SECONDS, Signals, Snapshot, Source, Storage, StoreError, StoredEvent, Stretch, Use, Whole,
};

/// Called after each commit, in the order of the commits.
type Hook = Box<dyn FnMut(&Change, EventSeq) + Send>;

/// The database itself; outlives the processes that use it. Clones are the same database.
#[derive(Clone, Debug)]
pub struct MemoryDatabase(Arc<Inner>);

struct Inner {
    installation: Uuid,
    /// Whether a process may take for granted that it is alone.
    alone: bool,
    state: Mutex<State>,
    hook: Mutex<Option<Hook>>,
    clock: Mutex<Option<Arc<dyn Clock>>>,
    processes: Mutex<Vec<Weak<Process>>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDatabase").field("installation", &self.installation).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Process {
    signals: Signals,
    link: Link,
}

/// The database as one process sees it.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    database: MemoryDatabase,
    process: Arc<Process>,
}

impl MemoryDatabase {
    /// An empty database for any number of processes, as PostgreSQL is: whoever is silent for 20 seconds, by the `now` that
    /// the others give to [`Storage::beat`], loses its leases.
    #[must_use]
    pub fn new(installation: Uuid) -> Self {
        Self::with(installation, false)
    }

    /// An empty database for one process at a time, as SQLite is: each [`Storage::join`] ends every lease.
    #[must_use]
    pub fn alone(installation: Uuid) -> Self {
        Self::with(installation, true)
    }

    fn with(installation: Uuid, alone: bool) -> Self {
        Self(Arc::new(Inner {
            installation,
            alone,
            state: Mutex::new(State::new()),
            hook: Mutex::new(None),
            clock: Mutex::new(None),
            processes: Mutex::default(),
        }))
    }

    /// The database for one more process, or for one that starts again.
    #[must_use]
    pub fn handle(&self) -> MemoryStore {
        let process = Arc::new(Process::default());
        process.signals.wrote(lock(&self.0.state).newest);
        lock(&self.0.processes).push(Arc::downgrade(&process));
        MemoryStore { database: self.clone(), process }
    }

    /// Gives the database a clock of its own: [`Beat::skew_millis`] is told by it.
    pub fn set_clock(&self, clock: Arc<dyn Clock>) {
        *lock(&self.0.clock) = Some(clock);
    }

    fn skew(&self, now: Timestamp) -> Option<i64> {
        lock(&self.0.clock).as_ref().map(|clock| clock.now().0 - now.0)
    }

    /// Has `hook` called after each commit, whoever made it, with the number of the last event, before anybody is told. It
    /// may read the database, and must not write.
    pub fn after_commit(&self, hook: impl FnMut(&Change, EventSeq) + Send + 'static) {
        *lock(&self.0.hook) = Some(Box::new(hook));
    }

    fn commit(&self, change: &Change) -> Result<EventSeq, CommitError> {
        // Held all the while, so that the hook sees commits in their order.
        let mut hook = lock(&self.0.hook);
        let seq = lock(&self.0.state).commit(change)?;
        if let Some(hook) = hook.as_mut() {
            hook(change, seq);
        }
        Ok(seq)
    }

    /// Tells every process that hears hints.
    fn tell(&self, by: &Arc<Process>, seq: Option<EventSeq>) {
        let mut processes = lock(&self.0.processes);
        processes.retain(|process| process.strong_count() > 0);
        for process in processes.iter().filter_map(Weak::upgrade) {
            if Arc::ptr_eq(&process, by) || process.link.hints() {
                if let Some(seq) = seq {
                    process.signals.wrote(seq);
                }
                process.signals.wake();
            }
        }
    }
}

impl MemoryStore {
    /// What lies between this process and the database.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.process.link
    }

    /// The database, whatever the link is like.
    #[must_use]
    pub fn database(&self) -> &MemoryDatabase {
        &self.database
    }

    async fn call<T>(&self, work: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        self.link().call(|| Ok(work(&mut lock(&self.database.0.state)))).await
    }
}

#[async_trait]
impl Storage for MemoryStore {
    fn signals(&self) -> &Signals {
        &self.process.signals
    }

    fn installation(&self) -> Uuid {
        self.database.0.installation
    }

    fn code(&self) -> &dyn CodeStore {
        self
    }

    async fn commit(&self, change: &Change) -> Result<EventSeq, CommitError> {
        let commit = || {
            let seq = self.database.commit(change)?;
            self.database.tell(&self.process, Some(seq));
            Ok(seq)
        };
        self.link().call(commit).await
    }

    async fn lease(&self, request: &LeaseRequest<'_>) -> Result<Vec<Lease>, StoreError> {
        let lease = |state: &mut State| match request.queue {
            Queue::Runs => state.runs.lease(request),
            Queue::Jobs => state.jobs.lease(request),
            Queue::Instances => state.instances.lease(request),
        };
        self.call(lease).await
    }

    async fn release(&self, lease: &Lease, next_due: Option<Timestamp>) -> Result<(), StoreError> {
        self.call(|state| release(state, lease, next_due)).await
    }

    async fn release_all(&self, leases: &[(Lease, Option<Timestamp>)]) -> Result<(), StoreError> {
        self.call(|state| leases.iter().for_each(|(lease, due)| release(state, lease, *due))).await
    }

    async fn disown(&self, owner: &str, known: &[Uuid]) -> Result<(), StoreError> {
        let disown = || {
            let mut state = lock(&self.database.0.state);
            let own = |other: &str| other == owner;
            let ended = state.runs.end_leases_but(own, known)
                + state.jobs.end_leases_but(own, known)
                + state.instances.end_leases_but(own, known);
            drop(state);
            if ended > 0 {
                self.database.tell(&self.process, None);
            }
            Ok(())
        };
        self.link().call(disown).await
    }

    async fn next_due(&self, backends: &[String]) -> Result<Option<Timestamp>, StoreError> {
        let next_due = |state: &mut State| {
            let due = [
                state.runs.next_due(backends),
                state.jobs.next_due(backends),
                state.instances.next_due(backends),
            ];
            due.into_iter().flatten().min()
        };
        self.call(next_due).await
    }

    async fn wake(&self, instances: &[InstanceId]) -> Result<Vec<RunId>, StoreError> {
        let wake = |state: &mut State| {
            let mut runs = Vec::new();
            for id in instances {
                if state.instances.get(id.0).is_some_and(|row| !table::Row::is_over(row)) {
                    state.instances.wake(id.0);
                }
                for job in state.jobs_on_instance.get(id).into_iter().flatten() {
                    if let Some(row) = state.jobs.get(job.0).filter(|row| !row.status.is_finished()) {
                        runs.push(row.run_id);
                        state.jobs.wake(job.0);
                    }
                }
            }
            runs
        };
        let woken = || {
            let runs = wake(&mut lock(&self.database.0.state));
            self.database.tell(&self.process, None);
            Ok(runs)
        };
        self.link().call(woken).await
    }

    async fn join(&self, owner: &str, now: Timestamp) -> Result<Beat, StoreError> {
        let join = || {
            let mut state = lock(&self.database.0.state);
            if self.database.0.alone {
                state.replicas.clear();
            }
            let skew_millis = self.database.skew(now);
            let beat =
                Beat { skew_millis, ..beat(&mut state, owner, Timestamp(now.0 + skew_millis.unwrap_or(0))) };
            if beat.replicas == 1 {
                state.tasks.retain(|_, (other, _)| other == owner);
                state.runs.take_over();
                state.jobs.take_over();
                state.instances.take_over();
            }
            self.process.signals.wake();
            Ok(beat)
        };
        self.link().call(join).await
    }

    async fn beat(&self, owner: &str, now: Timestamp) -> Result<Beat, StoreError> {
        let beat = || {
            let mut state = lock(&self.database.0.state);
            let skew_millis = self.database.skew(now);
            let beat =
                Beat { skew_millis, ..beat(&mut state, owner, Timestamp(now.0 + skew_millis.unwrap_or(0))) };
            self.process.signals.wrote(state.newest);
            drop(state);
            if beat.ended > 0 {
                self.database.tell(&self.process, None);
            }
            Ok(beat)
        };
        self.link().call(beat).await
    }

    async fn leave(&self, owner: &str) -> Result<(), StoreError> {
        let leave = || {
            let mut state = lock(&self.database.0.state);
            state.replicas.remove(owner);
            state.end_leases(|other| other == owner);
            drop(state);
            self.database.tell(&self.process, None);
            Ok(())
        };
        self.link().call(leave).await
    }

    async fn claim(
        &self,
        task: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let claim = |state: &mut State| {
            let taken =
                state.tasks.get(task).is_some_and(|(other, expires)| other != owner && *expires > now);
            if !taken {
                state.tasks.insert(task.to_owned(), (owner.to_owned(), until));
            }
            !taken
        };
        self.call(claim).await
    }

    async fn whole(&self, run: RunId) -> Result<Option<Whole>, StoreError> {
        self.call(|state| state.whole(run)).await
    }

    async fn whole_of_job(&self, job: JobId) -> Result<Option<Whole>, StoreError> {
        self.call(|state| state.whole_of_job(job)).await
    }

    async fn instance(&self, id: InstanceId) -> Result<Option<(InstanceRow, Option<JobRow>)>, StoreError> {
        self.call(|state| state.instance(id)).await
    }

    async fn touch(&self, run: RunId, at: Timestamp) -> Result<(), StoreError> {
        let touch = |state: &mut State| {
            if state.runs.get(run.0).is_some() {
                let active_at = state.active_at.entry(run).or_insert(at);
                *active_at = at.max(*active_at);
            }
        };
        self.call(touch).await
    }

    async fn active_at(&self, run: RunId) -> Result<Option<Timestamp>, StoreError> {
        self.call(|state| state.active_at.get(&run).copied()).await
    }

    async fn inactive_runs(&self, before: Timestamp) -> Result<Vec<Run>, StoreError> {
        self.call(|state| state.inactive_runs(before)).await
    }

    async fn in_front(&self, project: &str, above: i64, limit: u32) -> Result<Vec<Run>, StoreError> {
        self.call(|state| state.in_front(project, above, limit)).await
    }

    async fn source(&self, run: RunId) -> Result<Option<Source>, StoreError> {
        self.call(|state| state.sources.get(&run).cloned()).await
    }

    async fn newest_of_name(&self, project: &str, name: &str) -> Result<Option<RunId>, StoreError> {
        self.call(|state| state.newest_of_name(project, name)).await
    }

    async fn runs(
        &self,
        project: &str,
        active: bool,
        before: Option<(Timestamp, RunId)>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        self.call(|state| state.runs(project, active, before, limit)).await
    }

    async fn instances(
        &self,
        project: &str,
        after: Option<(Timestamp, InstanceId)>,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError> {
        self.call(|state| state.instances(project, after, limit)).await
    }

    async fn default_pool(&self, project: &str) -> Result<Option<String>, StoreError> {
        self.call(|state| state.default_pool(project)).await
    }

    async fn active_instances(&self) -> Result<Vec<InstanceRow>, StoreError> {
        self.call(|state| state.active().cloned().collect()).await
    }

    async fn idle_instances(&self, project: &str, pool: &str) -> Result<Vec<InstanceRow>, StoreError> {
        self.call(|state| state.idle_instances(project, pool)).await
    }

    async fn pool_instances(
        &self,
        project: &str,
        pool: &str,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError> {
        self.call(|state| state.pool_instances(project, pool, limit)).await
    }

    async fn held(&self, backend: &str) -> Result<Vec<Allocation>, StoreError> {
        self.call(|state| state.held(backend)).await
    }

    async fn pools(&self, project: &str) -> Result<Vec<Pool>, StoreError> {
        self.call(|state| state.pools(project)).await
    }

    async fn orphans(&self) -> Result<Vec<Orphan>, StoreError> {
        self.call(|state| state.orphans()).await
    }

    async fn settings(&self, project: &str) -> Result<ProjectSettings, StoreError> {
        self.call(|state| state.settings.get(project).copied().unwrap_or_default()).await
    }

    async fn limits(&self) -> Result<LimitBooks, StoreError> {
        self.call(|state| state.limits.clone()).await
    }

    async fn used(&self, project: &str, now: Timestamp) -> Result<Use, StoreError> {
        self.call(|state| state.used(project, now)).await
    }

    async fn stretches(
        &self,
        project: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Stretch>, StoreError> {
        self.call(|state| state.stretches(project, from, until)).await
    }

    async fn settle(&self, _limit: u32) -> Result<u64, StoreError> {
        // Nothing here is older than the ledger.
        Ok(0)
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.call(|state| state.forget_events(before, limit)).await
    }

    async fn detail(&self, run: RunId) -> Result<Option<RunDetail>, StoreError> {
        self.call(|state| state.detail(run)).await
    }

    async fn events_after(&self, seq: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        self.call(|state| state.events_after(seq, limit)).await
    }

    async fn snapshot(&self, project: &str, now: Timestamp) -> Result<Snapshot, StoreError> {
        self.call(|state| state.snapshot(project, now)).await
    }

    async fn newest(&self) -> Result<EventSeq, StoreError> {
        self.call(|state| state.newest).await
    }
}

fn release(state: &mut State, lease: &Lease, next_due: Option<Timestamp>) {
    match lease.queue {
        Queue::Runs => state.runs.release(lease, next_due),
        Queue::Jobs => state.jobs.release(lease, next_due),
        Queue::Instances => state.instances.release(lease, next_due),
    }
}

/// Notes that `owner` is there, and who is not any more.
fn beat(state: &mut State, owner: &str, now: Timestamp) -> Beat {
    let heard = state.replicas.get(owner).copied().unwrap_or(now).max(now);
    state.replicas.insert(owner.to_owned(), heard);
    state.replicas.retain(|other, heard| other == owner || heard.plus_seconds(SILENCE_SECONDS) > now);
    let there: Vec<String> = state.replicas.keys().cloned().collect();
    let ended = state.end_leases(|other| !there.iter().any(|there| there == other));
    Beat { replicas: u32::try_from(there.len()).unwrap_or(u32::MAX), ended, skew_millis: None }
}

/// Nothing is left half done by a panic: a change is checked before it is made.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
