//! What the service and the loops share.

use std::sync::Arc;

use berth_shared::api::{EventSeq, RunId};
use tokio::sync::{broadcast, watch};

use super::{Parts, ServiceError};
use crate::provider::Provider;

pub(super) struct Core {
    pub(super) providers: Vec<Arc<dyn Provider>>,
    pub(super) newest: watch::Sender<EventSeq>,
    pub(super) log_changes: broadcast::Sender<RunId>,
}

impl Core {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            providers: parts.providers,
            newest: watch::Sender::new(0),
            log_changes: broadcast::Sender::new(1024),
        }
    }

    pub(super) fn unfinished<T>(&self) -> Result<T, ServiceError> {
        Err(ServiceError::Unavailable("the orchestrator is not built in yet".to_owned()))
    }
}
