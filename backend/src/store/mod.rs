//! What is remembered: runs, jobs, instances, events; users and sessions. Traits here, databases below.
//!
//! Every change of a run, job or instance is written in one transaction with its event, and the event keeps
//! what the change left behind, so that a replay of the events gives the same state.

mod open;
mod rows;
mod sqlite;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use berth_shared::{
    api::{Event, EventSeq, Instance, InstanceId, JobId, Run, RunDetail, RunId, Subject},
    time::Timestamp,
};
use uuid::Uuid;

pub use open::{OpenError, Store, open};
pub use rows::{
    Ending, InstanceDesired, InstanceFault, InstanceRow, JobDesired, JobRow, Model, RunDesired, RunRow,
    Source, Tried, offer_key,
};

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

/// How many finished runs a [`Snapshot`] contains at most.
pub const SNAPSHOT_FINISHED: u32 = 200;

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
    /// Rows to look at soon, besides those that change.
    pub wakes: Vec<(Subject, Uuid)>,
    /// What to tell.
    pub events: Vec<NewEvent>,
}

/// An event before it has its number. What it leaves behind is taken from the [`Change`], or else from the
/// database.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// The event; `seq` does not count.
    pub event: Event,
}

/// Leave to work on a row, until it expires or somebody else has been given a newer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The kind of row.
    pub subject: Subject,
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
    /// An unfinished run has this name.
    #[error("an active run has this name")]
    NameTaken,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The database failed; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no room.
    #[error("the disk is full: nothing can be written until some space is free")]
    DiskFull,
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

/// What the orchestrator needs of a database.
#[async_trait]
pub trait Storage: Send + Sync {
    /// Writes a change and gives the number of the last event.
    async fn commit(&self, change: &Change) -> Result<EventSeq, CommitError>;

    /// Leases up to `limit` rows that are due or woken, for `owner`, until `until`.
    async fn lease(
        &self,
        subject: Subject,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Lease>, StoreError>;

    /// Gives a lease back and says when the row is due again; `None` = when it is woken. Does nothing when the
    /// lease has gone to somebody else.
    async fn release(&self, lease: &Lease, next_due: Option<Timestamp>) -> Result<(), StoreError>;

    /// When the next row is due; `Timestamp(i64::MIN)` when one has been woken; `None` = none.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Wakes instances and the jobs on them; gives the runs concerned.
    async fn wake(&self, instances: &[InstanceId]) -> Result<Vec<RunId>, StoreError>;

    /// Ends every lease and wakes every row that is not finished. For the start of a server that is alone.
    async fn take_over(&self) -> Result<(), StoreError>;

    /// A run with what belongs to it.
    async fn whole(&self, run: RunId) -> Result<Option<Whole>, StoreError>;

    /// A run by one of its jobs. `None` when the job is not the run's newest.
    async fn whole_of_job(&self, job: JobId) -> Result<Option<Whole>, StoreError>;

    /// An instance and the job on it.
    async fn instance(&self, id: InstanceId) -> Result<Option<(InstanceRow, Option<JobRow>)>, StoreError>;

    /// What a run was made from.
    async fn source(&self, run: RunId) -> Result<Option<Source>, StoreError>;

    /// The newest run of a name.
    async fn newest_of_name(&self, name: &str) -> Result<Option<RunId>, StoreError>;

    /// Runs, newest first, those before the given place.
    async fn runs(&self, before: Option<(Timestamp, RunId)>, limit: u32) -> Result<Vec<Run>, StoreError>;

    /// Instances that are not terminated, oldest first.
    async fn active_instances(&self) -> Result<Vec<InstanceRow>, StoreError>;

    /// A run with its text and its events, and the number of the last event of all, read at one moment.
    async fn detail(&self, run: RunId) -> Result<Option<RunDetail>, StoreError>;

    /// The events after `seq`, at most `limit`.
    async fn events_after(&self, seq: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, StoreError>;

    /// Everything a page begins with, read at one moment.
    async fn snapshot(&self, now: Timestamp) -> Result<Snapshot, StoreError>;

    /// The number of the last event.
    async fn newest(&self) -> Result<EventSeq, StoreError>;
}
