//! The environment in a container.

use std::sync::Arc;

use async_trait::async_trait;
use berth_shared::api::{
    ImagePull, InstanceId, JobId, LogChunk, TerminalId, TerminalInfo, TerminalSize, Usage, UsageHistory,
    UsageSpan,
};

use super::Inner;
use crate::{
    provider::{
        Attached, ByteStream, CodeStream, Environment, Exec, ExecSpec, JobObservation, JobSpec,
        ProviderError,
        supervised::{Reach, Supervised, client},
    },
    supervisor::wire::{Reply, Request},
};

/// The environment of an instance: its container once there is one, and what becomes of the job before that.
pub(super) struct ContainerEnvironment {
    inner: Arc<Inner>,
    id: InstanceId,
    inside: Supervised<Way>,
}

impl ContainerEnvironment {
    pub(super) fn new(inner: Arc<Inner>, id: InstanceId) -> Self {
        let inside = Supervised::new(Way::new(&inner, id));
        Self { inner, id, inside }
    }
}

#[async_trait]
impl Environment for ContainerEnvironment {
    async fn start(&self, job: &JobSpec) -> Result<(), ProviderError> {
        self.inner.begin(self.id, job.clone());
        Ok(())
    }

    async fn observe(&self) -> Result<JobObservation, ProviderError> {
        if let Some(beginning) = self.inner.beginning(self.id) {
            return Ok(beginning);
        }
        let Some(container) = self.inner.container(self.id).await? else { return Ok(JobObservation::None) };
        if container.is_running() {
            return self.inside.observe().await;
        }
        Ok(container.ended().unwrap_or(JobObservation::None))
    }

    async fn pull(&self) -> Option<ImagePull> {
        self.inner.pull(self.id)
    }

    async fn deliver(&self, job: JobId, code: CodeStream) -> Result<(), ProviderError> {
        self.inside.deliver(job, code).await
    }

    async fn stop(&self, grace_seconds: u32) -> Result<(), ProviderError> {
        if self.inner.give_up(self.id) {
            return Ok(());
        }
        self.inside.stop(grace_seconds).await
    }

    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError> {
        self.inside.logs(after).await
    }

    async fn stats(&self) -> Result<Usage, ProviderError> {
        self.inside.stats().await
    }

    async fn usage(&self, span: UsageSpan) -> Result<UsageHistory, ProviderError> {
        self.inside.usage(span).await
    }

    async fn exec(&self, spec: &ExecSpec) -> Result<Exec, ProviderError> {
        self.inside.exec(spec).await
    }

    async fn dial(&self, port: u16) -> Result<ByteStream, ProviderError> {
        self.inside.dial(port).await
    }

    async fn open_terminal(&self, id: TerminalId, size: TerminalSize) -> Result<(), ProviderError> {
        self.inside.open_terminal(id, size).await
    }

    async fn terminals(&self) -> Result<Vec<TerminalInfo>, ProviderError> {
        self.inside.terminals().await
    }

    async fn attach_terminal(&self, id: TerminalId, after: Option<u64>) -> Result<Attached, ProviderError> {
        self.inside.attach_terminal(id, after).await
    }
}

/// The way into a container.
pub(super) struct Way {
    inner: Arc<Inner>,
    id: InstanceId,
}

impl Way {
    /// Into the container of this instance.
    pub(super) fn new(inner: &Arc<Inner>, id: InstanceId) -> Self {
        Self { inner: Arc::clone(inner), id }
    }
}

#[async_trait]
impl Reach for Way {
    async fn connect(&self) -> Result<ByteStream, ProviderError> {
        let channel = self.inner.connections.open(&self.inner.engine, self.id).await?;
        Ok(Box::pin(channel))
    }

    async fn silent(&self) {
        self.inner.connections.renew(self.id).await;
    }

    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError> {
        match self.inner.container(self.id).await? {
            None => Ok(LogChunk { offset: after, next_offset: after, complete: false, lines: Vec::new() }),
            Some(container) if container.is_running() => {
                match client::ask(self, &Request::Logs { after }).await?.0 {
                    Reply::Logs { chunk } => Ok(chunk),
                    other => Err(client::unexpected(&other)),
                }
            }
            Some(_) => self.inner.left_logs(self.id, after).await,
        }
    }

    async fn dial(&self, port: u16) -> Result<ByteStream, ProviderError> {
        match client::ask(self, &Request::Dial { port }).await? {
            (Reply::Done, stream) => Ok(stream),
            (other, _) => Err(client::unexpected(&other)),
        }
    }
}
