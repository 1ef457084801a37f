//! What the service and the loops share.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use berth_shared::{
    api::{EventSeq, RunId},
    time::Timestamp,
};
use rand::{RngExt, rngs::StdRng};
use tokio::sync::{Notify, broadcast, watch};
use uuid::Uuid;

use super::{LogArchive, Parts, machine::Failure};
use crate::{
    catalog::Catalogues,
    clock::Clock,
    provider::{Provider, ProviderError},
    store::{Change, CommitError, Storage, Store},
};

/// How long one call to a provider may last. A pass makes a few of them within its lease.
const CALL_LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Core {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) providers: Vec<Arc<dyn Provider>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) archive: Arc<dyn LogArchive>,
    pub(super) catalogues: Catalogues,
    /// Tells this process's leases from those of others.
    pub(super) owner: String,
    pub(super) newest: watch::Sender<EventSeq>,
    pub(super) log_changes: broadcast::Sender<RunId>,
    /// There is something to do.
    pub(super) work: Notify,
    /// Placements take turns: each sees what the one before holds.
    pub(super) placing: tokio::sync::Mutex<()>,
    random: Mutex<StdRng>,
    /// Keeps the data directory locked.
    _store: Store,
}

impl Core {
    pub(super) fn new(parts: Parts) -> Self {
        let core = Self {
            storage: parts.store.storage(),
            providers: parts.providers,
            clock: parts.clock,
            archive: parts.archive,
            catalogues: parts.catalogues,
            owner: String::new(),
            newest: watch::Sender::new(parts.store.newest_at_open()),
            log_changes: broadcast::Sender::new(1024),
            work: Notify::new(),
            placing: tokio::sync::Mutex::new(()),
            random: Mutex::new(parts.random),
            _store: parts.store,
        };
        let owner = core.new_id().to_string();
        Self { owner, ..core }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn random<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A number from 0 to 1.
    pub(super) fn roll(&self) -> f64 {
        self.random(|random| random.random())
    }

    pub(super) fn new_id(&self) -> Uuid {
        self.random(|random| uuid::Builder::from_random_bytes(random.random()).into_uuid())
    }

    /// Writes a change and tells everybody.
    pub(super) async fn commit(&self, change: &Change) -> Result<(), CommitError> {
        let seq = self.storage.commit(change).await?;
        self.newest.send_if_modified(|newest| {
            let newer = seq > *newest;
            *newest = seq.max(*newest);
            newer
        });
        self.work.notify_one();
        Ok(())
    }

    pub(super) fn provider(&self, backend: &str) -> Result<&Arc<dyn Provider>, Failure> {
        self.providers.iter().find(|provider| provider.name() == backend).ok_or_else(|| {
            Failure::Temporary(format!("backend `{backend}` is not configured; configure it again to go on"))
        })
    }
}

/// A provider's answer in good time.
pub(super) async fn call<T>(
    provider: &str,
    answer: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(CALL_LIMIT, answer).await {
        Ok(answer) => answer.map_err(Failure::from),
        Err(_) => {
            Err(Failure::Temporary(format!("`{provider}` did not answer within {} s", CALL_LIMIT.as_secs())))
        }
    }
}
