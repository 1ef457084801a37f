//! The way to a supervisor on this machine.

use async_trait::async_trait;
use berth_shared::api::LogChunk;
use tokio::net::{TcpStream, UnixStream};

use crate::{
    logs,
    provider::{
        ByteStream, JobSpec, ProviderError,
        container::shown_volumes,
        supervised::{Reach, client},
    },
    supervisor::InstanceDir,
};

/// To the supervisor of the instance in a folder.
#[derive(Clone, Debug)]
pub struct LocalSocket {
    dir: InstanceDir,
    /// Below which folders of the machine a job may be shown something.
    volume_roots: Vec<String>,
}

impl LocalSocket {
    /// Of the instance in `dir`.
    #[must_use]
    pub fn new(dir: InstanceDir) -> Self {
        Self { dir, volume_roots: Vec::new() }
    }

    /// The same, for jobs that may be shown what is below these folders of the machine.
    #[must_use]
    pub fn with_volumes_below(self, volume_roots: Vec<String>) -> Self {
        Self { volume_roots, ..self }
    }
}

#[async_trait]
impl Reach for LocalSocket {
    async fn connect(&self) -> Result<ByteStream, ProviderError> {
        let (_folder, path) = self.dir.socket().map_err(client::unreachable)?;
        let stream = UnixStream::connect(&path).await.map_err(client::unreachable)?;
        Ok(Box::pin(stream))
    }

    /// Reads the files themselves, so it works without a supervisor too.
    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError> {
        let dir = self.dir.logs();
        let read = tokio::task::spawn_blocking(move || logs::read(&dir, after, logs::CHUNK_BYTES)).await;
        read.map_err(std::io::Error::other).flatten().map_err(|error| ProviderError::Temporary {
            message: "the log cannot be read".to_owned(),
            source: Some(Box::new(error)),
        })
    }

    async fn admit(&self, job: &JobSpec) -> Result<JobSpec, ProviderError> {
        let mut job = job.clone();
        job.container.mounts = shown_volumes(&self.volume_roots, &job.container.mounts).await?;
        Ok(job)
    }

    /// The network is the machine's, so this reaches whatever listens on its loopback interface.
    async fn dial(&self, port: u16) -> Result<ByteStream, ProviderError> {
        let mut refused = None;
        for host in ["127.0.0.1", "::1"] {
            match TcpStream::connect((host, port)).await {
                Ok(stream) => return Ok(Box::pin(stream)),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        let why = refused.map_or_else(String::new, |error| format!(" ({error})"));
        Err(ProviderError::NotReady(format!("nothing listens on port {port}{why}")))
    }
}
