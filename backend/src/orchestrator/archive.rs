//! Where logs stay when their environment is gone.

use std::io;

use async_trait::async_trait;
use berth_shared::api::{LogChunk, RunId};

use crate::provider::Environment;

/// Keeps logs. Every call may be repeated.
#[async_trait]
pub trait LogArchive: Send + Sync {
    /// Copies what the environment has of the run's log and the archive has not.
    ///
    /// # Errors
    /// When it cannot be read or written; what was copied so far stays readable.
    async fn keep(&self, run: RunId, environment: &dyn Environment) -> io::Result<()>;

    /// A piece of the archived log from `after` on; complete and empty when nothing was archived.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn read(&self, run: RunId, after: u64) -> io::Result<LogChunk>;

    /// Forgets a run's log.
    ///
    /// # Errors
    /// When it cannot be removed.
    async fn remove(&self, run: RunId) -> io::Result<()>;
}
