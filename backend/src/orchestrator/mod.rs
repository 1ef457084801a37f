//! Runs, jobs and instances: pure machines and the loops that drive them.
//!
//! A request writes down what is wanted and answers. The loops lease rows that are due, look at the world through
//! the providers, ask the machines what to do next, write that down with an event, and carry it out. Everything
//! may be cut off anywhere: the next look at the row leads to the same effect again.

mod activity;
mod archive;
mod choice;
mod core;
mod deliver;
mod error;
mod events;
mod facts;
mod keeping;
mod limits;
mod loops;
mod machine;
mod meters;
mod names;
mod page;
mod passes;
mod placement;
mod planning;
mod pool;
mod preview;
mod priority;
mod references;
mod service;
mod settings;
mod spend;
mod steady;
mod submission;
mod sweep;
#[cfg(test)]
mod tests;
mod variables;

use std::sync::Arc;

pub use archive::LogArchive;
pub use error::ServiceError;
pub use page::{Cursor, Page};
use rand::rngs::StdRng;
pub use service::Service;
pub use spend::{SpendQuery, spend};
use tokio::task::JoinSet;

use self::core::Core;
use crate::{
    catalog::Catalogues, clock::Clock, failpoint, provider::Provider, secrets::Secrets, store::Storage,
};

/// How long events are kept once what they tell of is over, in seconds: 30 days.
const EVENT_SECONDS: i64 = 30 * 24 * 3600;

/// What the orchestrator is made of.
pub struct Parts {
    /// What it remembers.
    pub storage: Arc<dyn Storage>,
    /// Where machines come from, in the order in which equal prices are tried.
    pub providers: Vec<Arc<dyn Provider>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for identifiers, made-up names and back-off.
    pub random: StdRng,
    /// Where logs stay.
    pub archive: Arc<dyn LogArchive>,
    /// The offers that people know from the page; plans are held against them.
    pub catalogues: Catalogues,
    /// What configurations name; by their sealer values of variables are kept sealed, too.
    pub secrets: Secrets,
    /// Where people come in over SSH, where they may.
    pub entrance: Option<Entrance>,
}

/// Where people come in over SSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// The host, as people reach it.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A running orchestrator. Dropping it stops its loops where they are, as a crash would: what they were about
/// is picked up by the next start.
pub struct Orchestrator {
    service: Service,
    core: Arc<Core>,
    loops: JoinSet<()>,
}

impl Orchestrator {
    /// Starts the loops, on the runtime that this is called in.
    #[must_use]
    pub fn start(parts: Parts) -> Self {
        let core = Arc::new(Core::new(parts));
        let mut loops = JoinSet::new();
        for provider in &core.providers {
            loops.spawn(loops::listen(Arc::clone(&core), Arc::clone(provider)));
        }
        let work = Arc::clone(&core);
        loops.spawn(async move {
            loops::join(&work).await;
            loops::dispatch(work).await;
        });
        loops.spawn(loops::beat(Arc::clone(&core)));
        loops.spawn(sweep::for_ever(Arc::clone(&core)));
        loops.spawn(limits::for_ever(Arc::clone(&core)));
        loops.spawn(sweep::forget_for_ever(Arc::clone(&core), EVENT_SECONDS));
        Self { service: Service::new(Arc::clone(&core)), core, loops }
    }

    /// The handle for everybody else.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service.clone()
    }

    /// Stops the loops. Environments go on; what a pass was about is picked up by another process at once, or by the next
    /// start.
    pub async fn shutdown(mut self) {
        self.loops.shutdown().await;
        failpoint::reach(&["leave", "before"]);
        if let Err(error) = self.core.storage.leave(&self.core.owner).await {
            tracing::warn!(%error, "others take over only when they miss this process");
        }
    }
}
