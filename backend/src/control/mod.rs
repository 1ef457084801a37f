//! What the server's edge (`http`, `live`) asks of the rest, and how it is refused.

mod service;

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use berth_shared::{
    api::{
        AddInstance, ChangeSettings, CreatePool, DecideOrphan, DeletePool, EventSeq, Instance, InstanceId,
        KeepInstance, KeepRun, LimitNote, Limits, LimitsOverview, LogChunk, Orphan, Page, Plan, PlanRequest,
        Pool, PriceChange, ProjectSettings, RemoveInstance, Run, RunDetail, RunId, Spend, StopRequest,
        SubmitRequest,
    },
    diagnostics::Diagnostic,
};
use tokio::sync::{broadcast, watch};

use crate::{
    orchestrator::SpendQuery,
    provider::Environment,
    store::{CodeStore, LimitsOf, Snapshot, StoredEvent},
};

/// Everything a client may ask for. Calls do no work of their own: they read, or write down what is wanted.
#[async_trait]
pub trait Control: Send + Sync + 'static {
    /// The same for another project. For each, what belongs to another is not there.
    fn of(self: Arc<Self>, project: &str) -> Arc<dyn Control>;

    /// Backends that launches can use, in the order in which equal prices are tried.
    fn backends(&self) -> Vec<String>;

    /// What a launch of this person would do now.
    async fn plan(&self, user: &str, request: &PlanRequest) -> Result<Plan, Refused>;

    /// Writes a run down.
    async fn submit(&self, user: &str, request: SubmitRequest) -> Result<Run, Refused>;

    /// Writes down that a run is to end.
    async fn stop(&self, user: &str, name: &str, request: StopRequest) -> Result<Run, Refused>;

    /// Has a run wait longer for somebody before it is stopped for want of one.
    async fn keep_run(&self, user: &str, name: &str, request: KeepRun) -> Result<Run, Refused>;

    /// Somebody works in a run at this moment: gives after how long that is to be said again while they do; `None` where nothing
    /// depends on it.
    async fn seen(&self, run: RunId) -> Option<Duration>;

    /// Somebody has worked in a run until this moment.
    async fn left(&self, run: RunId);

    /// Removes a finished run from the list.
    async fn delete(&self, user: &str, name: &str) -> Result<(), Refused>;

    /// The run that has this name now, else the newest that had it.
    async fn run(&self, name: &str) -> Result<RunDetail, Refused>;

    /// Runs, newest first, with `active` only those that are not finished: at most `limit` from `cursor` on.
    async fn runs(&self, active: bool, cursor: Option<&str>, limit: u32) -> Result<Page<Run>, Refused>;

    /// Instances that are not terminated, oldest first: at most `limit` from `cursor` on.
    async fn instances(&self, cursor: Option<&str>, limit: u32) -> Result<Page<Instance>, Refused>;

    /// Pools by name.
    async fn pools(&self) -> Result<Vec<Pool>, Refused>;

    /// Makes a pool.
    async fn create_pool(&self, user: &str, request: CreatePool) -> Result<Pool, Refused>;

    /// Makes a pool the default.
    async fn set_default_pool(&self, user: &str, name: &str) -> Result<Pool, Refused>;

    /// Removes a pool.
    async fn delete_pool(&self, user: &str, name: &str, request: DeletePool) -> Result<(), Refused>;

    /// Adds an instance to a pool without a run.
    async fn add_instance(&self, user: &str, pool: &str, request: AddInstance) -> Result<Instance, Refused>;

    /// An instance, gone or not.
    async fn instance(&self, id: InstanceId) -> Result<Instance, Refused>;

    /// Writes down that an instance is to go.
    async fn remove_instance(
        &self,
        user: &str,
        id: InstanceId,
        request: RemoveInstance,
    ) -> Result<Instance, Refused>;

    /// Moves the moment when an idle instance stops by itself.
    async fn keep_instance(
        &self,
        user: &str,
        id: InstanceId,
        request: KeepInstance,
    ) -> Result<Instance, Refused>;

    /// What sweeps found.
    async fn orphans(&self) -> Result<Vec<Orphan>, Refused>;

    /// Keeps an orphan, or lets it go.
    async fn decide_orphan(&self, user: &str, request: DecideOrphan) -> Result<Orphan, Refused>;

    /// What the admins of the project have decided for it.
    async fn settings(&self) -> Result<ProjectSettings, Refused>;

    /// Changes settings of the project; gives what they are then.
    async fn change_settings(&self, user: &str, change: ChangeSettings) -> Result<ProjectSettings, Refused>;

    /// All limits, and where everybody stands who has something or has limits of their own.
    async fn limits(&self) -> Result<LimitsOverview, Refused>;

    /// Sets limits, or takes them away with `None`.
    async fn set_limits(&self, user: &str, of: LimitsOf, limits: Option<Limits>) -> Result<(), Refused>;

    /// What was spent.
    async fn spend(&self, query: &SpendQuery) -> Result<Spend, Refused>;

    /// What a running run works in.
    async fn environment(&self, run: RunId) -> Result<Arc<dyn Environment>, Refused>;

    /// A piece of a run's log from `after` on; empty when nothing is there yet.
    async fn logs(&self, run: RunId, after: u64) -> Result<LogChunk, Refused>;

    /// The run with this identifier.
    async fn run_by_id(&self, id: RunId) -> Result<RunDetail, Refused>;

    /// Everything a page begins with.
    async fn snapshot(&self) -> Result<Snapshot, Refused>;

    /// At most `limit` events of all projects above `after`, in order.
    async fn events_after(&self, after: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, Refused>;

    /// The code that people bring.
    fn code(&self) -> &dyn CodeStore;

    /// The figures of this process, as Prometheus reads them; empty where there are none.
    fn metrics(&self) -> String {
        String::new()
    }

    /// The number of the newest event.
    fn newest(&self) -> watch::Receiver<EventSeq>;

    /// Tells whose log may have grown. A hint: may lag or miss.
    fn log_changes(&self) -> broadcast::Receiver<RunId>;
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// What sort of no it is.
    pub kind: RefusedKind,
    /// Stable name of the reason, in kebab case.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// What is wrong with the configuration, when that is it.
    pub diagnostics: Vec<Diagnostic>,
    /// What it costs now, when that is it.
    pub price: Option<Box<PriceChange>>,
    /// Which limits stand in the way, when that is it.
    pub limits: Vec<LimitNote>,
    /// What lies beneath; for the log alone.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// The sort of a [`Refused`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedKind {
    /// What was sent makes no sense.
    Invalid,
    /// There is no such thing.
    NotFound,
    /// It does not fit the state that things are in.
    Conflict,
    /// It may work later.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl Refused {
    /// A refusal without diagnostics.
    #[must_use]
    pub fn new(kind: RefusedKind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            diagnostics: Vec::new(),
            price: None,
            limits: Vec::new(),
            source: None,
        }
    }

    /// A fault of ours; `source` goes to the log, not to the client.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind: RefusedKind::Internal,
            code: "internal",
            message: "the server could not do this".into(),
            diagnostics: Vec::new(),
            price: None,
            limits: Vec::new(),
            source: Some(source.into()),
        }
    }
}
