//! Logs in memory.

use std::{
    collections::BTreeSet,
    io,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use berth::{orchestrator::LogArchive, provider::Environment};
use berth_shared::api::{LogChunk, RunId};

/// Remembers whose log it has.
#[derive(Debug, Default)]
pub(super) struct Archive(Mutex<BTreeSet<RunId>>);

#[async_trait]
impl LogArchive for Archive {
    async fn keep(&self, run: RunId, environment: &dyn Environment) -> io::Result<()> {
        environment.logs(0).await.map_err(io::Error::other)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(run);
        Ok(())
    }

    async fn read(&self, _run: RunId, after: u64) -> io::Result<LogChunk> {
        Ok(LogChunk { offset: after, next_offset: after, complete: true, lines: Vec::new() })
    }

    async fn remove(&self, run: RunId) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
        Ok(())
    }
}
