//! Logs of runs whose environment is gone: a folder for each run.

use std::{fs, io, path::PathBuf};

use async_trait::async_trait;
use berth_shared::api::{LogChunk, RunId};

use super::{CHUNK_BYTES, Limits, LogWriter, read};
use crate::{orchestrator::LogArchive, provider::Environment};

/// Keeps logs in `DIR/RUN-ID/`, at the offsets they had in their environment.
#[derive(Clone, Debug)]
pub struct FileLogArchive {
    dir: PathBuf,
}

impl FileLogArchive {
    /// An archive in the folder `dir`, which is made when the first log comes.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn folder(&self, run: RunId) -> PathBuf {
        self.dir.join(run.to_string())
    }
}

/// Runs what may wait for a disk where it holds up nobody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[async_trait]
impl LogArchive for FileLogArchive {
    async fn keep(&self, run: RunId, environment: &dyn Environment) -> io::Result<()> {
        let dir = self.folder(run);
        let mut writer = blocking(move || LogWriter::open(&dir, Limits::default())).await?;
        loop {
            let chunk = environment.logs(writer.end()).await.map_err(io::Error::other)?;
            if chunk.lines.is_empty() {
                return Ok(());
            }
            writer = blocking(move || writer.append_chunk(&chunk).map(|()| writer)).await?;
        }
    }

    async fn read(&self, run: RunId, after: u64) -> io::Result<LogChunk> {
        let dir = self.folder(run);
        // What is in the archive is all there will be.
        blocking(move || {
            let chunk = read(&dir, after, CHUNK_BYTES)?;
            let complete = read(&dir, chunk.next_offset, 1)?.lines.is_empty();
            Ok(LogChunk { complete, ..chunk })
        })
        .await
    }

    async fn remove(&self, run: RunId) -> io::Result<()> {
        let dir = self.folder(run);
        blocking(move || match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }
}
