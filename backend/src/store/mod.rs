//! What is remembered: runs, jobs, instances, events; users and sessions. Traits here, databases below.
//!
//! Every change of a run, job or instance is written in one transaction with its event, and the event keeps
//! what the change left behind, so that a replay of the events gives the same state.

mod audit;
mod code;
#[cfg(test)]
pub(crate) mod contract;
mod either;
mod forget;
mod format;
mod hosts;
mod ledger;
mod limits;
pub mod memory;
mod open;
mod postgres;
mod qualified;
mod rows;
mod sealed;
mod secrets;
mod settings;
mod sqlite;
#[cfg(test)]
mod tests;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;
use berth_shared::{
    api::{
        Allocation, ChangeSettings, Event, EventSeq, Instance, InstanceId, JobId, LimitNote, Limits, Offered,
        Orphan, Pool, ProjectSettings, Run, RunDetail, RunId,
    },
    time::Timestamp,
};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

pub use audit::AuditStore;
pub use code::{CODE_PIECE, CODE_SECONDS, CodeStore, UPLOAD_SECONDS};
pub(crate) use either::{Either, on_either};
pub use hosts::HostStore;
pub use ledger::{PaidRun, Stretch, gpus_of};
pub use limits::{Crossing, LimitBook, LimitBooks, LimitsOf, Use};
pub use memory::{Link, MemoryDatabase, MemoryStore, Reach};
pub use open::{Address, OpenError, Store, beside, hold_local, open, open_at};
pub use postgres::LocalHold;
pub(crate) use postgres::{store_error as postgres_error, tell_ended};
pub(crate) use qualified::{parts, qualified};
pub use rows::{
    Ending, InstanceDesired, InstanceFault, InstanceRow, JobDesired, JobRow, Model, Order, RetryOn,
    RunDesired, RunRow, Source, Tried, offer_key,
};
use rows::{InstanceView, RunView};
pub use sealed::SealedStore;
pub use secrets::SecretStore;
pub use webhooks::WebhookStore;
pub(crate) use webhooks::{DeliveryRow, WebhookRow};

/// An event with what it left behind, as it goes over the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// The event.
    pub event: Event,
    /// The run after it, when it concerns one that still exists.
    pub run: Option<Run>,
    /// The instance after it, when it concerns one.
    pub instance: Option<Instance>,
    /// The run that it deleted.
    pub deleted_run: Option<RunId>,
}

/// Everything a page begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The last event it contains.
    pub seq: EventSeq,
    /// Runs that are not finished and the newest finished ones, newest first.
    pub runs: Vec<Run>,
    /// Instances that are not terminated.
    pub instances: Vec<Instance>,
    /// When it was taken.
    pub at: Timestamp,
}

/// How many orphans that are gone are still told of.
const GONE_ORPHANS: u32 = 200;

/// How many of the newest events are never forgotten: pages that come back are told from them.
const KEPT_EVENTS: u64 = 10_000;

/// After how many seconds without a word of a process its leases end.
const SILENCE_SECONDS: i64 = 20;

/// A set of changes that are written together or not at all. Rows of version 0 are new; all others must still
/// have the version that they were read with. Changed rows are woken, unless they are the lease's own.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The lease under which it was made; it must still be the newest.
    pub lease: Option<Lease>,
    /// Runs after the change.
    pub runs: Vec<RunRow>,
    /// What new runs were made from.
    pub source: Option<Source>,
    /// Jobs after the change.
    pub jobs: Vec<JobRow>,
    /// Instances after the change.
    pub instances: Vec<InstanceRow>,
    /// The finished run to delete, with its jobs.
    pub delete: Option<RunId>,
    /// Pools after the change. One that exists already stays as it is, but for whether it is the default; when one
    /// is made the default, no other of its project is any more.
    pub pools: Vec<Pool>,
    /// The pool to delete, after its project; [`CommitError::Stale`] while an instance in it is not terminated.
    pub delete_pool: Option<(String, String)>,
    /// What sweeps found, after the change; told apart by backend and handle.
    pub orphans: Vec<Orphan>,
    /// Limits after the change, by their project; `None` takes them away.
    pub limits: Vec<(String, LimitsOf, Option<Limits>)>,
    /// What becomes of the settings of projects.
    pub settings: Vec<(String, ChangeSettings)>,
    /// Of what is told now that it is near its limit, or at it; [`CommitError::Stale`] when that was told before.
    pub crossed: Option<Crossing>,
    /// Rows to look at soon, besides those that change.
    pub wakes: Vec<(Queue, Uuid)>,
    /// What to tell.
    pub events: Vec<NewEvent>,
}

/// An event before it has its number. What it leaves behind is taken from the [`Change`], or else from the
/// database, and its project from that where it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// The event; `seq` does not count.
    pub event: Event,
}

impl NewEvent {
    /// In this project.
    #[must_use]
    pub fn in_project(mut self, project: &str) -> Self {
        self.event.project = Some(project.to_owned());
        self
    }

    /// With what was offered when the machine was chosen that it tells of.
    #[must_use]
    pub fn offering(mut self, offered: Box<Offered>) -> Self {
        self.event.offered = Some(offered);
        self
    }
}

/// The project of an event: the one that it says, or that of what it leaves behind.
fn project_of(event: &Event, run: Option<&Run>, instance: Option<&Instance>) -> Option<String> {
    let told = event.project.as_deref().or_else(|| run.map(|run| run.project.as_str()));
    told.or_else(|| instance.map(|instance| instance.project.as_str())).map(str::to_owned)
}

/// The kinds of rows that are worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// Runs.
    Runs,
    /// Jobs.
    Jobs,
    /// Instances.
    Instances,
}

impl Queue {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Runs, Self::Jobs, Self::Instances];

    /// For logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Jobs => "jobs",
            Self::Instances => "instances",
        }
    }
}

/// Asks for rows to work on.
#[derive(Clone, Copy, Debug)]
pub struct LeaseRequest<'a> {
    /// The kind of row.
    pub queue: Queue,
    /// Who asks.
    pub owner: &'a str,
    /// The backends that the asker can reach; rows of others are left to others. Runs are for
    /// anybody, jobs without a backend for whoever reaches some: nobody else can place them.
    pub backends: &'a [String],
    /// The time.
    pub now: Timestamp,
    /// When the lease ends by itself.
    pub until: Timestamp,
    /// How many at most.
    pub limit: u32,
}

/// Leave to work on a row, until it expires or somebody else has been given a newer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The kind of row.
    pub queue: Queue,
    /// Which row.
    pub id: Uuid,
    /// Rises with each lease of the row: what was made under an older one is refused.
    pub token: i64,
}

/// Why a [`Change`] was not written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else was quicker: read anew and decide anew.
    #[error("the row has changed meanwhile")]
    Stale,
    /// The lease has gone to somebody else: leave the row alone.
    #[error("the lease has gone to another worker")]
    LeaseLost,
    /// An unfinished run of the project has this name.
    #[error("an active run has this name")]
    NameTaken,
    /// Somebody, or the project, would have more than they may: which limits stand in the way.
    #[error("{}", sentences(.0))]
    Limit(Vec<LimitNote>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All of it in one line.
fn sentences(notes: &[LimitNote]) -> String {
    notes.iter().map(|note| note.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// The database failed; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no room.
    #[error("the disk is full: nothing can be written until some space is free")]
    DiskFull,
    /// It cannot be reached or does not let us in; says what to do. What was asked for may be tried again, and when the
    /// connection broke in the middle it may have been written.
    #[error("{0}")]
    Unavailable(String),
    /// A row cannot be read.
    #[error("a stored {what} cannot be read: {cause}")]
    Corrupt {
        /// What kind of row.
        what: &'static str,
        /// In words.
        cause: String,
    },
    /// Anything else.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether what was to be written has a name that something else has already.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        let Self::Database(error) = self else { return false };
        error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }
}

/// A run with what belongs to it, read at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// The run.
    pub run: RunRow,
    /// Its newest job.
    pub job: JobRow,
    /// The job's instance.
    pub instance: Option<InstanceRow>,
}

/// Tells of what was written, by this process and by others on the same database. Hints: they may lag or miss, so
/// whoever waits for one also looks now and then.
#[derive(Clone, Debug, Default)]
pub struct Signals(Arc<SignalsInner>);

#[derive(Debug, Default)]
struct SignalsInner {
    newest: watch::Sender<EventSeq>,
    work: Notify,
}

impl Signals {
    /// The number of the newest event that is known of; only ever rises.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<EventSeq> {
        self.0.newest.subscribe()
    }

    /// Resolves when there may be rows to work on.
    pub async fn work(&self) {
        self.0.work.notified().await;
    }

    /// There may be rows to work on.
    pub fn wake(&self) {
        self.0.work.notify_one();
    }

    /// There are events up to `seq`.
    pub fn wrote(&self, seq: EventSeq) {
        self.0.newest.send_if_modified(|newest| {
            let newer = seq > *newest;
            *newest = seq.max(*newest);
            newer
        });
    }
}

/// Who shares the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// Processes that work on it, this one included.
    pub replicas: u32,
    /// Leases that were taken from processes that have gone silent.
    pub ended: u64,
    /// The database's own time less that of the asker, milliseconds; `None` where it has no clock of its own.
    pub skew_millis: Option<i64>,
}

/// What the orchestrator needs of a database.
#[async_trait]
pub trait Storage: Send + Sync {
    /// Tells of what was written.
    fn signals(&self) -> &Signals;

    /// Identifies this installation among others in the same cloud accounts; made with the database and never changed.
    fn installation(&self) -> Uuid;

    /// The code that people bring.
    fn code(&self) -> &dyn CodeStore;

    /// Writes a change and gives the number of the last event; tells the [`Signals`] of every process.
    async fn commit(&self, change: &Change) -> Result<EventSeq, CommitError>;

    /// Leases rows that are due or woken: those that are woken first, then those that are due longest. A lease that is never
    /// given back makes its row due when it expires.
    async fn lease(&self, request: &LeaseRequest<'_>) -> Result<Vec<Lease>, StoreError>;

    /// Gives a lease back and says when the row is due again; `None` = when it is woken. Does nothing when the
    /// lease has gone to somebody else.
    async fn release(&self, lease: &Lease, next_due: Option<Timestamp>) -> Result<(), StoreError>;

    /// Gives leases back, as [`Storage::release`], all at once.
    async fn release_all(&self, leases: &[(Lease, Option<Timestamp>)]) -> Result<(), StoreError> {
        for (lease, next_due) in leases {
            self.release(lease, *next_due).await?;
        }
        Ok(())
    }

    /// Ends the leases of `owner` about rows other than these, and wakes those rows: after [`Storage::lease`] has failed, leases
    /// may have been written of which nobody was told.
    async fn disown(&self, owner: &str, known: &[Uuid]) -> Result<(), StoreError>;

    /// When the next row is due that [`Storage::lease`] gives to who reaches these backends; in the past when one has been woken;
    /// `None` = none.
    async fn next_due(&self, backends: &[String]) -> Result<Option<Timestamp>, StoreError>;

    /// Wakes instances and the jobs on them; gives the runs concerned.
    async fn wake(&self, instances: &[InstanceId]) -> Result<Vec<RunId>, StoreError>;

    /// Begins to work as `owner`: to be called once, before anything is leased. A process that is alone on its database
    /// ends every lease and wakes every row that is not finished.
    async fn join(&self, owner: &str, now: Timestamp) -> Result<Beat, StoreError>;

    /// Goes on to work as `owner`; to be called every few seconds. Ends the leases of processes that have not called it for
    /// 20 seconds, wakes what they had, and tells the [`Signals`] what a hint may have missed.
    async fn beat(&self, owner: &str, now: Timestamp) -> Result<Beat, StoreError>;

    /// Ceases to work as `owner`: its leases end and what they were about is woken for others.
    async fn leave(&self, owner: &str) -> Result<(), StoreError>;

    /// Takes a task that one process at a time does, such as a sweep, until `until`; `false` when another has it.
    /// Whoever has it may take it again, to go on or, with `until` = now, to give it up.
    async fn claim(
        &self,
        task: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// A run with what belongs to it.
    async fn whole(&self, run: RunId) -> Result<Option<Whole>, StoreError>;

    /// A run by one of its jobs. `None` when the job is not the run's newest.
    async fn whole_of_job(&self, job: JobId) -> Result<Option<Whole>, StoreError>;

    /// An instance and the job on it.
    async fn instance(&self, id: InstanceId) -> Result<Option<(InstanceRow, Option<JobRow>)>, StoreError>;

    /// Somebody works in a run at `at`; the latest such moment stays. Does nothing when there is no such run.
    async fn touch(&self, run: RunId, at: Timestamp) -> Result<(), StoreError>;

    /// When somebody last worked in a run, as far as [`Storage::touch`] was told.
    async fn active_at(&self, run: RunId) -> Result<Option<Timestamp>, StoreError>;

    /// Runs of all projects that are stopped at `before` at the latest unless somebody comes ([`Run::inactive_at`]).
    async fn inactive_runs(&self, before: Timestamp) -> Result<Vec<Run>, StoreError>;

    /// The project's runs that wait for a machine (submitted, or pending to be submitted again) with a higher priority than this,
    /// the highest first, then the oldest; at most so many.
    async fn in_front(&self, project: &str, above: i64, limit: u32) -> Result<Vec<Run>, StoreError>;

    /// What a run was made from.
    async fn source(&self, run: RunId) -> Result<Option<Source>, StoreError>;

    /// A project's newest run of a name.
    async fn newest_of_name(&self, project: &str, name: &str) -> Result<Option<RunId>, StoreError>;

    /// A project's runs, newest first, those before the given place; with `active` only those that are not finished.
    async fn runs(
        &self,
        project: &str,
        active: bool,
        before: Option<(Timestamp, RunId)>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError>;

    /// Instances of all projects that are not terminated, oldest first.
    async fn active_instances(&self) -> Result<Vec<InstanceRow>, StoreError>;

    /// Those of a project, at most `limit`, after the given place.
    async fn instances(
        &self,
        project: &str,
        after: Option<(Timestamp, InstanceId)>,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError>;

    /// Instances that wait for a run in this pool of a project, oldest first.
    async fn idle_instances(&self, project: &str, pool: &str) -> Result<Vec<InstanceRow>, StoreError>;

    /// Instances in this pool of a project that are not terminated, oldest first, at most `limit`.
    async fn pool_instances(
        &self,
        project: &str,
        pool: &str,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError>;

    /// What the active instances of a backend hold of machines that they share.
    async fn held(&self, backend: &str) -> Result<Vec<Allocation>, StoreError>;

    /// Name of a project's default pool, should there be one.
    async fn default_pool(&self, project: &str) -> Result<Option<String>, StoreError>;

    /// A project's pools by name, with counts.
    async fn pools(&self, project: &str) -> Result<Vec<Pool>, StoreError>;

    /// What sweeps found and nobody has removed, and what was removed within the last 200 findings; newest first.
    async fn orphans(&self) -> Result<Vec<Orphan>, StoreError>;

    /// What the admins of a project have decided for it.
    async fn settings(&self, project: &str) -> Result<ProjectSettings, StoreError>;

    /// The limits that were set, by project.
    async fn limits(&self) -> Result<LimitBooks, StoreError>;

    /// What everybody has in a project at `now`, and has spent there until then in its calendar month (UTC); who has and has spent nothing
    /// is not there.
    async fn used(&self, project: &str, now: Timestamp) -> Result<Use, StoreError>;

    /// What was paid in a project between two moments: the stretches that have a part in that time, by when they begin, then by instance.
    async fn stretches(
        &self,
        project: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Stretch>, StoreError>;

    /// Writes up the ledger for instances that a version without one has written, at most `limit` of them; gives for how many. Fewer
    /// than `limit` when there are no more.
    async fn settle(&self, limit: u32) -> Result<u64, StoreError>;

    /// Forgets events from before `before`, except those of runs and instances that are not over, and at most `limit` of
    /// them. Events are forgotten in the order of their numbers up to the first that is not from before `before`, so that
    /// those which stay have no gap but for the exceptions; the newest 10,000 always stay. Gives how many; fewer than `limit`
    /// when there are no more.
    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// A run with its text and its events, and the number of the last event of all, read at one moment.
    async fn detail(&self, run: RunId) -> Result<Option<RunDetail>, StoreError>;

    /// The events after `seq`, at most `limit`.
    async fn events_after(&self, seq: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, StoreError>;

    /// Everything a page of a project begins with, read at one moment.
    async fn snapshot(&self, project: &str, now: Timestamp) -> Result<Snapshot, StoreError>;

    /// The number of the last event.
    async fn newest(&self) -> Result<EventSeq, StoreError>;
}
