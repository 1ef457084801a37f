//! The orchestrator's [`Service`] as the edge sees it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use berth_shared::api::{
    AddInstance, ChangeSettings, CreatePool, DecideOrphan, DeletePool, EventSeq, Instance, InstanceId,
    KeepInstance, KeepRun, Limits, LimitsOverview, LogChunk, Orphan, Page, Plan, PlanRequest, Pool,
    ProjectSettings, RemoveInstance, Run, RunDetail, RunId, Spend, StopRequest, SubmitRequest,
};
use tokio::sync::{broadcast, watch};

use super::{Control, Refused, RefusedKind};
use crate::{
    orchestrator::{self, Cursor, Service, ServiceError, SpendQuery},
    provider::Environment,
    store::{CodeStore, LimitsOf, Snapshot, StoreError, StoredEvent},
};

#[async_trait]
impl Control for Service {
    fn of(self: Arc<Self>, project: &str) -> Arc<dyn Control> {
        Arc::new(Self::of(&self, project))
    }

    fn backends(&self) -> Vec<String> {
        Self::backends(self)
    }

    async fn plan(&self, user: &str, request: &PlanRequest) -> Result<Plan, Refused> {
        Ok(Self::plan(self, user, request).await?)
    }

    async fn submit(&self, user: &str, request: SubmitRequest) -> Result<Run, Refused> {
        Ok(Self::submit(self, user, request).await?.run)
    }

    async fn stop(&self, user: &str, name: &str, request: StopRequest) -> Result<Run, Refused> {
        Ok(Self::stop(self, user, name, request.abort).await?)
    }

    async fn keep_run(&self, user: &str, name: &str, request: KeepRun) -> Result<Run, Refused> {
        Ok(Self::keep_run(self, user, name, request).await?)
    }

    async fn seen(&self, run: RunId) -> Option<Duration> {
        Self::seen(self, run).await
    }

    async fn left(&self, run: RunId) {
        Self::left(self, run).await;
    }

    async fn delete(&self, user: &str, name: &str) -> Result<(), Refused> {
        Ok(Self::delete(self, user, name).await?)
    }

    async fn run(&self, name: &str) -> Result<RunDetail, Refused> {
        Ok(Self::run(self, name).await?)
    }

    async fn run_by_id(&self, id: RunId) -> Result<RunDetail, Refused> {
        Ok(Self::run_by_id(self, id).await?)
    }

    async fn runs(&self, active: bool, cursor: Option<&str>, limit: u32) -> Result<Page<Run>, Refused> {
        Ok(written(Self::runs(self, active, place(cursor)?, limit).await?))
    }

    async fn instances(&self, cursor: Option<&str>, limit: u32) -> Result<Page<Instance>, Refused> {
        Ok(written(self.instances_page(place(cursor)?, limit).await?))
    }

    async fn pools(&self) -> Result<Vec<Pool>, Refused> {
        Ok(Self::pools(self).await?)
    }

    async fn create_pool(&self, user: &str, request: CreatePool) -> Result<Pool, Refused> {
        Ok(Self::create_pool(self, user, &request.name).await?)
    }

    async fn set_default_pool(&self, user: &str, name: &str) -> Result<Pool, Refused> {
        Ok(Self::set_default_pool(self, user, name).await?)
    }

    async fn delete_pool(&self, user: &str, name: &str, request: DeletePool) -> Result<(), Refused> {
        Ok(Self::delete_pool(self, user, name, request.force).await?)
    }

    async fn add_instance(&self, user: &str, pool: &str, request: AddInstance) -> Result<Instance, Refused> {
        Ok(Self::add_instance(self, user, pool, request).await?)
    }

    async fn instance(&self, id: InstanceId) -> Result<Instance, Refused> {
        Ok(Self::instance(self, id).await?)
    }

    async fn remove_instance(
        &self,
        user: &str,
        id: InstanceId,
        request: RemoveInstance,
    ) -> Result<Instance, Refused> {
        Ok(Self::remove_instance(self, user, id, request).await?)
    }

    async fn keep_instance(
        &self,
        user: &str,
        id: InstanceId,
        request: KeepInstance,
    ) -> Result<Instance, Refused> {
        Ok(Self::keep_instance(self, user, id, request).await?)
    }

    async fn orphans(&self) -> Result<Vec<Orphan>, Refused> {
        Ok(Self::orphans(self).await?)
    }

    async fn decide_orphan(&self, user: &str, request: DecideOrphan) -> Result<Orphan, Refused> {
        Ok(Self::decide_orphan(self, user, &request.backend, &request.handle, request.keep).await?)
    }

    async fn settings(&self) -> Result<ProjectSettings, Refused> {
        Ok(Self::settings(self).await?)
    }

    async fn change_settings(&self, user: &str, change: ChangeSettings) -> Result<ProjectSettings, Refused> {
        Ok(Self::change_settings(self, user, change).await?)
    }

    async fn limits(&self) -> Result<LimitsOverview, Refused> {
        Ok(Self::limits(self).await?)
    }

    async fn set_limits(&self, user: &str, of: LimitsOf, limits: Option<Limits>) -> Result<(), Refused> {
        Ok(Self::set_limits(self, user, of, limits).await?)
    }

    async fn spend(&self, query: &SpendQuery) -> Result<Spend, Refused> {
        Ok(Self::spend(self, query).await?)
    }

    async fn environment(&self, run: RunId) -> Result<Arc<dyn Environment>, Refused> {
        Ok(Self::environment(self, run).await?)
    }

    async fn logs(&self, run: RunId, after: u64) -> Result<LogChunk, Refused> {
        Ok(Self::logs(self, run, after).await?)
    }

    async fn snapshot(&self) -> Result<Snapshot, Refused> {
        Ok(Self::snapshot(self).await?)
    }

    async fn events_after(&self, after: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, Refused> {
        Ok(Self::events_after(self, after, limit).await?)
    }

    fn code(&self) -> &dyn CodeStore {
        self.code_store()
    }

    fn metrics(&self) -> String {
        Self::metrics(self)
    }

    fn newest(&self) -> watch::Receiver<EventSeq> {
        Self::newest(self)
    }

    fn log_changes(&self) -> broadcast::Receiver<RunId> {
        Self::log_changes(self)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<ServiceError> for Refused {
    fn from(error: ServiceError) -> Self {
        let kind = match &error {
            ServiceError::Internal(_) => return Self::internal(error),
            ServiceError::InvalidConfiguration(_)
            | ServiceError::RunNameInvalid(_)
            | ServiceError::VariableMissing(_)
            | ServiceError::CodeInvalid(_)
            | ServiceError::PoolNameInvalid(_)
            | ServiceError::KeepTooLong(_)
            | ServiceError::LimitsInvalid(_)
            | ServiceError::VariableUnknown(_) => RefusedKind::Invalid,
            ServiceError::RunNotFound(_)
            | ServiceError::PoolNotFound(_)
            | ServiceError::InstanceNotFound(_)
            | ServiceError::OrphanNotFound(_) => RefusedKind::NotFound,
            ServiceError::RunNameTaken(_)
            | ServiceError::NoOffers(_)
            | ServiceError::LimitReached(_)
            | ServiceError::CodeMissing
            | ServiceError::PriceChanged(_)
            | ServiceError::RunNotRunning { .. }
            | ServiceError::RunFinished { .. }
            | ServiceError::NoInactivityLimit(_)
            | ServiceError::PoolExists(_)
            | ServiceError::PoolIsDefault(_)
            | ServiceError::PoolNotEmpty { .. }
            | ServiceError::CannotKeep
            | ServiceError::InstanceBusy(_)
            | ServiceError::InstanceNotIdle(_)
            | ServiceError::InstanceNotStuck(_)
            | ServiceError::OrphanNotOurs(_)
            | ServiceError::RunActive(_) => RefusedKind::Conflict,
            ServiceError::Unavailable(_) => RefusedKind::Unavailable,
        };
        let mut refused = Self::new(kind, error.code(), error.to_string());
        match error {
            ServiceError::InvalidConfiguration(diagnostics) => refused.diagnostics = diagnostics,
            ServiceError::PriceChanged(change) => refused.price = Some(change),
            ServiceError::LimitReached(notes) => refused.limits = notes,
            _ => {}
        }
        refused
    }
}

/// The place that a text names.
fn place(cursor: Option<&str>) -> Result<Option<Cursor>, Refused> {
    cursor
        .map(str::parse::<Cursor>)
        .transpose()
        .map_err(|message| Refused::new(RefusedKind::Invalid, "wrong-cursor", message))
}

/// A page as it is told to others.
fn written<T>(page: orchestrator::Page<T>) -> Page<T> {
    Page { items: page.items, next: page.next.map(|next| next.to_string()) }
}
