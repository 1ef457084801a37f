//! What the service and the loops share.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use berth_shared::{api::RunId, time::Timestamp};
use rand::{RngExt, rngs::StdRng};
use tokio::{
    sync::{broadcast, watch},
    time::Instant,
};
use uuid::Uuid;

use super::{LogArchive, Parts, machine::Failure, meters::Meters};
use crate::{
    catalog::Catalogues,
    clock::Clock,
    failpoint,
    provider::{Provider, ProviderError},
    store::{Beat, Change, CommitError, Storage},
};

/// How long one call to a provider may last. A pass makes a few of them within its lease.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// How far this machine's clock may be from the database's before it is told, in milliseconds.
const SKEW_MILLIS: i64 = 5000;

pub(super) struct Core {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) providers: Vec<Arc<dyn Provider>>,
    /// Their names: rows of other backends are left to other processes.
    pub(super) backends: Vec<String>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) archive: Arc<dyn LogArchive>,
    pub(super) catalogues: Catalogues,
    pub(super) meters: Meters,
    /// Tells this process's leases from those of others.
    pub(super) owner: String,
    /// Who shares the database.
    pub(super) beat: watch::Sender<Beat>,
    pub(super) log_changes: broadcast::Sender<RunId>,
    /// Placements take turns: each sees what the one before holds.
    pub(super) placing: tokio::sync::Mutex<()>,
    random: Mutex<StdRng>,
}

impl Core {
    pub(super) fn new(parts: Parts) -> Self {
        let core = Self {
            backends: parts.providers.iter().map(|provider| provider.name().to_owned()).collect(),
            storage: parts.storage,
            providers: parts.providers,
            clock: parts.clock,
            archive: parts.archive,
            catalogues: parts.catalogues,
            meters: Meters::new(),
            owner: String::new(),
            beat: watch::Sender::default(),
            log_changes: broadcast::Sender::new(1024),
            placing: tokio::sync::Mutex::new(()),
            random: Mutex::new(parts.random),
        };
        let owner = core.new_id().to_string();
        Self { owner, ..core }
    }

    /// The time, as the database has it: the clocks of several processes differ, and one may jump.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.clock.now().0.saturating_add(self.beat.borrow().skew_millis))
    }

    pub(super) fn random<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the database says about who shares it.
    pub(super) fn told(&self, mut beat: Beat) {
        let before = *self.beat.borrow();
        // It was told the time with the difference of before.
        beat.skew_millis = beat.skew_millis.saturating_add(before.skew_millis);
        self.meters.replicas.set(i64::from(beat.replicas));
        self.meters.skew_millis.set(beat.skew_millis);
        self.meters.taken_over.inc_by(beat.ended);
        self.beat.send_replace(beat);
        if beat.replicas != before.replicas {
            tracing::info!(replicas = beat.replicas, "processes share the work");
        }
        if beat.skew_millis.abs() > SKEW_MILLIS && before.skew_millis.abs() <= SKEW_MILLIS {
            tracing::warn!(
                millis = beat.skew_millis,
                "this machine's clock and the database's differ; timers of several processes will not agree"
            );
        }
    }

    /// A number from 0 to 1.
    pub(super) fn roll(&self) -> f64 {
        self.random(|random| random.random())
    }

    pub(super) fn new_id(&self) -> Uuid {
        self.random(|random| uuid::Builder::from_random_bytes(random.random()).into_uuid())
    }

    /// Writes a change; the storage tells everybody.
    pub(super) async fn commit(&self, change: &Change) -> Result<(), CommitError> {
        failpoint::reach(&["commit", "before"]);
        let written = self.storage.commit(change).await;
        failpoint::reach(&["commit", "after"]);
        self.meters.committed(match &written {
            Ok(_) => "ok",
            Err(CommitError::Stale) => "stale",
            Err(CommitError::LeaseLost) => "lease-lost",
            Err(CommitError::NameTaken) => "name-taken",
            Err(CommitError::Store(_)) => "failed",
        });
        written.map(|_| ())
    }

    pub(super) fn provider(&self, backend: &str) -> Result<&Arc<dyn Provider>, Failure> {
        self.providers.iter().find(|provider| provider.name() == backend).ok_or_else(|| {
            Failure::Temporary(format!("backend `{backend}` is not configured; configure it again to go on"))
        })
    }

    /// A provider's answer in good time.
    pub(super) async fn call<T>(
        &self,
        provider: &str,
        what: &'static str,
        answer: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, Failure> {
        failpoint::reach(&["call", what, "before"]);
        let begun = Instant::now();
        let answer = match tokio::time::timeout(CALL_LIMIT, answer).await {
            Ok(answer) => answer.map_err(Failure::from),
            Err(_) => Err(Failure::Temporary(format!(
                "`{provider}` did not answer within {} s",
                CALL_LIMIT.as_secs()
            ))),
        };
        failpoint::reach(&["call", what, "after"]);
        self.meters.called(provider, what, &answer, begun.elapsed().as_secs_f64());
        answer
    }
}
