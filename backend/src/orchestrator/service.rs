//! What the rest of the server asks of the orchestrator.

use std::sync::Arc;

use berth_shared::api::{
    DEFAULT_PROJECT, EventSeq, Instance, InstanceId, InstanceStatus, JobStatus, LogChunk, Plan, PlanRequest,
    Run, RunDetail, RunId, SubmitRequest,
};
use tokio::sync::{broadcast, watch};

use super::{
    Cursor, Page, ServiceError,
    core::Core,
    events,
    machine::{Failure, job, run},
    passes, submission,
};
use crate::{
    provider::Environment,
    store::{
        Change, CodeStore, CommitError, InstanceRow, RunDesired, Snapshot, StoreError, StoredEvent, Whole,
    },
};

/// How often a change is tried anew when others are quicker.
pub(super) const ATTEMPTS: usize = 16;

/// The handle that endpoints, the stream and terminals hold: what it gives and changes is one project's, and for it nothing else is
/// there. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    core: Arc<Core>,
    project: Arc<str>,
}

impl Service {
    /// That of the first project.
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core, project: DEFAULT_PROJECT.into() }
    }

    /// The same for another project.
    #[must_use]
    pub fn of(&self, project: &str) -> Self {
        Self { core: Arc::clone(&self.core), project: project.into() }
    }

    pub(super) fn project(&self) -> &str {
        &self.project
    }

    pub(super) fn core(&self) -> &Core {
        &self.core
    }

    pub(super) fn shared(&self) -> &Arc<Core> {
        &self.core
    }

    /// What a launch of `actor` would do right now. An invalid text is a plan too, with `valid: false`.
    ///
    /// # Errors
    /// Only [`ServiceError::Unavailable`] and [`ServiceError::Internal`].
    pub async fn plan(&self, actor: &str, request: &PlanRequest) -> Result<Plan, ServiceError> {
        submission::plan(&self.core, &self.project, actor, request).await
    }

    /// Writes a run down and answers; everything else happens afterwards.
    ///
    /// # Errors
    /// Says what is wrong with the request; then nothing was written.
    pub async fn submit(&self, actor: &str, request: SubmitRequest) -> Result<RunDetail, ServiceError> {
        let (service, actor) = (self.clone(), actor.to_owned());
        let id =
            whole(async move { submission::submit(&service.core, &service.project, &actor, request).await })
                .await?;
        self.run_by_id(id).await
    }

    /// Asks for a run's end: gracefully at first, by force when `abort` or when asked a second time.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`]; [`ServiceError::RunFinished`] when there is nothing to stop.
    pub async fn stop(&self, actor: &str, name: &str, abort: bool) -> Result<Run, ServiceError> {
        let (core, actor) = (Arc::clone(&self.core), actor.to_owned());
        let id = self.id_of(name).await?;
        whole(async move { stop(&core, &actor, id, abort).await }).await
    }

    /// Removes a finished run from the list, its log included.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`]; [`ServiceError::RunActive`].
    pub async fn delete(&self, actor: &str, name: &str) -> Result<(), ServiceError> {
        let (core, actor) = (Arc::clone(&self.core), actor.to_owned());
        let id = self.id_of(name).await?;
        whole(async move { delete(&core, &actor, id).await }).await
    }

    /// The newest run of this name.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`].
    pub async fn run(&self, name: &str) -> Result<RunDetail, ServiceError> {
        self.run_by_id(self.id_of(name).await?).await
    }

    /// The run with this identifier.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`].
    pub async fn run_by_id(&self, id: RunId) -> Result<RunDetail, ServiceError> {
        let detail = self.core.storage.detail(id).await?;
        detail
            .filter(|detail| *detail.run.project == *self.project)
            .ok_or_else(|| ServiceError::RunNotFound(id.to_string()))
    }

    /// Runs, newest first, with `active` only those that are not finished; `limit` is kept between 1 and 200.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn runs(
        &self,
        active: bool,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Run>, ServiceError> {
        let limit = limit.clamp(1, 200);
        let before = before.map(|cursor| (cursor.at, RunId(cursor.id)));
        let items = self.core.storage.runs(&self.project, active, before, limit + 1).await?;
        Ok(Page::of(items, limit, |run| Cursor { at: run.submitted_at, id: run.id.0 }))
    }

    /// Instances that are not terminated, oldest first; `limit` is kept between 1 and 200.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn instances_page(
        &self,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Instance>, ServiceError> {
        let limit = limit.clamp(1, 200);
        let after = after.map(|cursor| (cursor.at, InstanceId(cursor.id)));
        let items = self.core.storage.instances(&self.project, after, limit + 1).await?;
        Ok(Page::of(items, limit, |instance| Cursor { at: instance.created_at, id: instance.id.0 }))
    }

    /// All instances of the project that are not terminated, oldest first.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn instances(&self) -> Result<Vec<Instance>, ServiceError> {
        let rows = self.core.storage.active_instances().await?;
        let all = rows.into_iter().map(|row| row.instance);
        Ok(all.filter(|instance| *instance.project == *self.project).collect())
    }

    /// The environment that a run is in.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`]; [`ServiceError::RunNotRunning`] before it is there and after it is gone.
    pub async fn environment(&self, run: RunId) -> Result<Arc<dyn Environment>, ServiceError> {
        let whole = self.whole(run).await?;
        match open_instance(&whole) {
            Some(instance) => {
                passes::environment(&self.core, instance).await.map_err(|failure| match failure {
                    Failure::NotFound(detail) => not_running(&whole, detail),
                    failure => ServiceError::Unavailable(failure.message().to_owned()),
                })
            }
            None if whole.run.run.status.is_finished() => {
                Err(not_running(&whole, "its environment is gone".to_owned()))
            }
            None => Err(not_running(&whole, "its environment is not there yet, or no more".to_owned())),
        }
    }

    /// A piece of a run's log from `after` on (0, or the last piece's `next_offset`): from its environment, or
    /// from the archive when that is gone. Empty and complete for a run that never had an environment.
    ///
    /// # Errors
    /// [`ServiceError::RunNotFound`]; [`ServiceError::Unavailable`] when the environment does not answer.
    pub async fn logs(&self, run: RunId, after: u64) -> Result<LogChunk, ServiceError> {
        let whole = self.whole(run).await?;
        let finished = whole.run.run.status.is_finished();
        let live = match open_instance(&whole) {
            Some(instance) => match passes::environment(&self.core, instance).await {
                Ok(environment) => Some(
                    self.core.call(&instance.instance.offer.backend, "logs", environment.logs(after)).await,
                ),
                Err(failure) => Some(Err(failure)),
            },
            None => None,
        };
        let mut chunk = match live {
            Some(Ok(chunk)) => chunk,
            // Gone since it was looked up: what was kept of it is in the archive.
            None | Some(Err(Failure::NotFound(_))) => {
                let read = self.core.archive.read(run, after).await;
                read.map_err(|e| ServiceError::Unavailable(format!("the log cannot be read: {e}")))?
            }
            Some(Err(failure)) => return Err(ServiceError::Unavailable(failure.message().to_owned())),
        };
        // A log goes on while its run does, in the archive or in the environment of another attempt.
        chunk.complete &= finished;
        Ok(chunk)
    }

    /// Everything a page of the project begins with.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn snapshot(&self) -> Result<Snapshot, ServiceError> {
        Ok(self.core.storage.snapshot(&self.project, self.core.now()).await?)
    }

    /// The events of all projects that follow `seq`, at most `limit`, in order and without gaps.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn events_after(&self, seq: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, ServiceError> {
        Ok(self.core.storage.events_after(seq, limit).await?)
    }

    /// The number of the last event; changes after each commit.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<EventSeq> {
        self.core.storage.signals().newest()
    }

    /// Runs that may have new log lines. A hint: may lag or miss, so whoever follows a log asks again every
    /// second or so besides.
    #[must_use]
    pub fn log_changes(&self) -> broadcast::Receiver<RunId> {
        self.core.log_changes.subscribe()
    }

    /// The code that people bring.
    #[must_use]
    pub fn code_store(&self) -> &dyn CodeStore {
        self.core.storage.code()
    }

    /// The figures of this process, as Prometheus reads them.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.core.meters.text()
    }

    /// Names of the configured backends, in the order in which equal prices are tried.
    #[must_use]
    pub fn backends(&self) -> Vec<String> {
        self.core.providers.iter().map(|provider| provider.name().to_owned()).collect()
    }

    pub(super) async fn id_of(&self, name: &str) -> Result<RunId, ServiceError> {
        let id = self.core.storage.newest_of_name(&self.project, name).await?;
        id.ok_or_else(|| ServiceError::RunNotFound(name.to_owned()))
    }

    async fn whole(&self, id: RunId) -> Result<Whole, ServiceError> {
        let whole = find(&self.core, id).await?;
        let here = *whole.run.run.project == *self.project;
        if here { Ok(whole) } else { Err(ServiceError::RunNotFound(id.to_string())) }
    }
}

/// Carries a write to its end even when whoever asked for it goes away.
pub(super) async fn whole<T: Send + 'static>(
    write: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
) -> Result<T, ServiceError> {
    tokio::spawn(write).await.unwrap_or_else(|error| Err(ServiceError::Internal(error.to_string())))
}

pub(super) async fn find(core: &Core, id: RunId) -> Result<Whole, ServiceError> {
    core.storage.whole(id).await?.ok_or_else(|| ServiceError::RunNotFound(id.to_string()))
}

/// The instance whose environment can be asked.
fn open_instance(whole: &Whole) -> Option<&InstanceRow> {
    let open = matches!(whole.job.status, JobStatus::Pulling | JobStatus::Running | JobStatus::Terminating)
        && job::needs_instance(&whole.job);
    whole.instance.as_ref().filter(|row| open && row.instance.status == InstanceStatus::Busy)
}

fn not_running(whole: &Whole, detail: String) -> ServiceError {
    let run = &whole.run.run;
    ServiceError::RunNotRunning { name: run.name.clone(), status: run.status, detail }
}

async fn stop(core: &Core, actor: &str, id: RunId, abort: bool) -> Result<Run, ServiceError> {
    for _ in 0..ATTEMPTS {
        let before = find(core, id).await?;
        let run = &before.run.run;
        if run.status.is_finished() {
            return Err(ServiceError::RunFinished { name: run.name.clone(), status: run.status });
        }
        let mut wanted = before.clone();
        let again = before.run.desired != RunDesired::Running;
        wanted.run.desired = if abort || again { RunDesired::Aborted } else { RunDesired::Stopped };
        let now = core.now();
        let input = run::Input { job: &before.job, instance: before.instance.as_ref(), roll: core.roll() };
        let mut next = run::step(&wanted.run, input, now);
        next.message = Some(match wanted.run.desired {
            RunDesired::Aborted => format!("`{actor}` stops it by force"),
            RunDesired::Stopped | RunDesired::Running => format!("`{actor}` stops it"),
        });
        let after = next.row.run.clone();
        if next.row == before.run {
            // Asked by force before: it is under way.
            return Ok(after);
        }
        let mut change = Change::default();
        passes::add_run(core, &mut change, &before, next, before.job.clone(), Some(actor), now);
        match core.commit(&change).await {
            Ok(()) => return Ok(after),
            Err(CommitError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServiceError::Unavailable(format!("run `{id}` changes too fast to be stopped; try again")))
}

async fn delete(core: &Core, actor: &str, id: RunId) -> Result<(), ServiceError> {
    let run = find(core, id).await?.run;
    if !run.run.status.is_finished() {
        return Err(ServiceError::RunActive(run.run.name));
    }
    let events = vec![events::deleted(&run, actor, core.now())];
    match core.commit(&Change { delete: Some(id), events, ..Change::default() }).await {
        // Somebody else has deleted it meanwhile.
        Ok(()) | Err(CommitError::Stale) => {}
        Err(error) => return Err(error.into()),
    }
    if let Err(error) = core.archive.remove(id).await {
        tracing::warn!(run = %id, %error, "the log of a deleted run could not be removed");
    }
    Ok(())
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull | StoreError::Unavailable(_) => Self::Unavailable(error.to_string()),
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<CommitError> for ServiceError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            CommitError::Limit(notes) => Self::LimitReached(notes),
            error => Self::Internal(error.to_string()),
        }
    }
}
