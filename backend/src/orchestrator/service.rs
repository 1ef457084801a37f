//! What the rest of the server asks of the orchestrator.

use std::sync::Arc;

use berth_shared::api::{Event, EventSeq, Instance, LogChunk, Plan, Run, RunDetail, RunId, SubmitRequest};
use tokio::sync::{broadcast, watch};

use super::{Cursor, Page, ServiceError, core::Core};
use crate::{
    provider::Environment,
    store::{Snapshot, StoredEvent},
};

/// The handle that endpoints, the stream and terminals hold. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    core: Arc<Core>,
}

impl Service {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// What a launch of `text` would do right now. An invalid text is a plan too, with `valid: false`.
    ///
    /// # Errors
    /// Only [`ServiceError::Unavailable`] and [`ServiceError::Internal`].
    pub async fn plan(&self, text: &str) -> Result<Plan, ServiceError> {
        let _ = text;
        self.core.unfinished()
    }

    /// Writes a run down and answers; everything else happens afterwards.
    ///
    /// # Errors
    /// Says what is wrong with the request; then nothing was written.
    pub async fn submit(&self, actor: &str, request: SubmitRequest) -> Result<RunDetail, ServiceError> {
        let _ = (actor, request);
        self.core.unfinished()
    }

    /// Asks for a run's end: gracefully at first, by force when `abort` or when asked a second time.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`]; [`ServiceError::RunFinished`] when there is nothing to stop.
    pub async fn stop(&self, actor: &str, name: &str, abort: bool) -> Result<Run, ServiceError> {
        let _ = (actor, name, abort);
        self.core.unfinished()
    }

    /// Removes a finished run from the list, its log included.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`]; [`ServiceError::RunActive`].
    pub async fn delete(&self, actor: &str, name: &str) -> Result<(), ServiceError> {
        let _ = (actor, name);
        self.core.unfinished()
    }

    /// The newest run of this name.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`].
    pub async fn run(&self, name: &str) -> Result<RunDetail, ServiceError> {
        let _ = name;
        self.core.unfinished()
    }

    /// The run with this identifier.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`].
    pub async fn run_by_id(&self, id: RunId) -> Result<RunDetail, ServiceError> {
        let _ = id;
        self.core.unfinished()
    }

    /// Runs, newest first; `limit` is kept between 1 and 200.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn runs(&self, before: Option<Cursor>, limit: u32) -> Result<Page<Run>, ServiceError> {
        let _ = (before, limit);
        self.core.unfinished()
    }

    /// Instances that are not terminated, oldest first.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn instances(&self) -> Result<Vec<Instance>, ServiceError> {
        self.core.unfinished()
    }

    /// The environment that a run is in.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`]; [`ServiceError::RunNotRunning`] before it is there and after it is gone.
    pub async fn environment(&self, run: RunId) -> Result<Arc<dyn Environment>, ServiceError> {
        let _ = run;
        self.core.unfinished()
    }

    /// A piece of a run's log from `after` on (0, or the last piece's `next_offset`): from its environment, or
    /// from the archive when that is gone. Empty and complete for a run that never had an environment.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`]; [`ServiceError::Unavailable`] when the environment does not answer.
    pub async fn logs(&self, run: RunId, after: u64) -> Result<LogChunk, ServiceError> {
        let _ = (run, after);
        self.core.unfinished()
    }

    /// What happened to a run and to its instances, oldest first.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`].
    pub async fn timeline(&self, run: RunId) -> Result<Vec<Event>, ServiceError> {
        let _ = run;
        self.core.unfinished()
    }

    /// Everything a page begins with.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn snapshot(&self) -> Result<Snapshot, ServiceError> {
        self.core.unfinished()
    }

    /// The events that follow `seq`, at most `limit`, in order and without gaps.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn events_after(&self, seq: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, ServiceError> {
        let _ = (seq, limit);
        self.core.unfinished()
    }

    /// The number of the last event; changes after each commit.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<EventSeq> {
        self.core.newest.subscribe()
    }

    /// Runs that may have new log lines. A hint: may lag or miss, so whoever follows a log asks again every
    /// second or so besides.
    #[must_use]
    pub fn log_changes(&self) -> broadcast::Receiver<RunId> {
        self.core.log_changes.subscribe()
    }

    /// Names of the configured backends, in the order in which equal prices are tried.
    #[must_use]
    pub fn backends(&self) -> Vec<String> {
        self.core.providers.iter().map(|provider| provider.name().to_owned()).collect()
    }
}
