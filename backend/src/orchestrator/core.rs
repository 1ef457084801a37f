//! What the service and the loops share.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use berth_shared::{api::RunId, time::Timestamp};
use rand::{RngExt, rngs::StdRng};
use tokio::{
    sync::{broadcast, watch},
    time::Instant,
};
use uuid::Uuid;

use super::{
    Entrance, LogArchive, Parts, activity::Noted, events, machine::Failure, meters::Meters, steady::Steady,
};
use crate::{
    catalog::Catalogues,
    clock::Clock,
    failpoint,
    provider::{Provider, ProviderError},
    secrets::Secrets,
    store::{Beat, Change, CommitError, Storage},
};

/// How long one call to a provider may last. A pass makes a few of them within its lease.
const CALL_LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Core {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) providers: Vec<Arc<dyn Provider>>,
    clock: Arc<dyn Clock>,
    steady: Mutex<Steady>,
    pub(super) archive: Arc<dyn LogArchive>,
    pub(super) catalogues: Catalogues,
    pub(super) secrets: Secrets,
    pub(super) entrance: Option<Entrance>,
    pub(super) meters: Meters,
    /// Tells this process's leases from those of others.
    pub(super) owner: String,
    /// Who shares the database.
    pub(super) beat: watch::Sender<Beat>,
    pub(super) log_changes: broadcast::Sender<RunId>,
    /// Placements take turns: each sees what the one before holds.
    pub(super) placing: tokio::sync::Mutex<()>,
    random: Mutex<StdRng>,
    /// Who was seen in runs.
    pub(super) noted: Noted,
    /// Since when this process would know of everybody who works in a run, milliseconds since 1970.
    watched_since: AtomicI64,
}

impl Core {
    pub(super) fn new(parts: Parts) -> Self {
        let core = Self {
            storage: parts.storage,
            providers: parts.providers,
            steady: Mutex::new(Steady::new(parts.clock.monotonic(), parts.clock.now())),
            clock: parts.clock,
            archive: parts.archive,
            catalogues: parts.catalogues,
            secrets: parts.secrets,
            entrance: parts.entrance,
            meters: Meters::new(),
            owner: String::new(),
            beat: watch::Sender::default(),
            log_changes: broadcast::Sender::new(1024),
            placing: tokio::sync::Mutex::new(()),
            random: Mutex::new(parts.random),
            noted: Noted::default(),
            watched_since: AtomicI64::default(),
        };
        core.missed();
        let owner = core.new_id().to_string();
        Self { owner, ..core }
    }

    /// Names of the backends that are in use: rows of others are left to other processes.
    pub(super) fn backends(&self) -> Vec<String> {
        let used = self.providers.iter().filter(|provider| provider.in_use());
        used.map(|provider| provider.name().to_owned()).collect()
    }

    /// The time, which does not jump when this machine's clock does.
    pub(super) fn now(&self) -> Timestamp {
        self.steady().now(self.clock.monotonic())
    }

    /// Since when this process would know of everybody who works in a run.
    pub(super) fn watched_since(&self) -> Timestamp {
        Timestamp(self.watched_since.load(Ordering::Relaxed))
    }

    /// Somebody may have come whom the database does not know of: until a while from now nothing is stopped for want of one.
    pub(super) fn missed(&self) {
        self.watched_since.store(self.now().0, Ordering::Relaxed);
    }

    fn steady(&self) -> std::sync::MutexGuard<'_, Steady> {
        self.steady.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn random<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the database says about who shares it.
    pub(super) fn told(&self, beat: Beat) {
        let before = self.beat.send_replace(beat);
        if beat.replicas != before.replicas {
            tracing::info!(replicas = beat.replicas, "processes share the work");
        }
        // Whoever was with one that is gone comes to another.
        if beat.replicas < before.replicas || beat.ended > 0 {
            self.missed();
        }
        let monotonic = self.clock.monotonic();
        let now = self.now();
        let off = beat.skew_millis.unwrap_or_else(|| self.clock.now().0.saturating_sub(now.0));
        let jump = self.steady().correct(monotonic, off);
        if let Some(millis) = jump {
            tracing::warn!(millis, "the time was wrong by so much, and is right now; timers move with it");
        }
        self.meters.replicas.set(i64::from(beat.replicas));
        self.meters.skew_millis.set(off);
        self.meters.taken_over.inc_by(beat.ended);
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
        failpoint::reach_with(&["commit", "before"], || events::outline(change));
        let written = self.storage.commit(change).await;
        failpoint::reach(&["commit", "after"]);
        self.meters.committed(match &written {
            Ok(_) => "ok",
            Err(CommitError::Stale) => "stale",
            Err(CommitError::LeaseLost) => "lease-lost",
            Err(CommitError::NameTaken) => "name-taken",
            Err(CommitError::Limit(_)) => "limit",
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
