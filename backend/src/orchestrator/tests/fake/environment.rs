//! What runs on a machine, and where its log stays.

use std::{io, sync::Arc};

use async_trait::async_trait;
use berth_shared::{
    api::{
        InstanceId, JobReason, LogChunk, LogLine, LogSource, RunId, TerminalId, TerminalInfo, TerminalSize,
        Usage, UsageHistory, UsageSpan,
    },
    time::Timestamp,
};

use super::{Job, Machine, World, gone, lock, lost};
use crate::{
    orchestrator::LogArchive,
    provider::{Attached, ByteStream, Environment, Exec, ExecSpec, JobObservation, JobSpec, ProviderError},
};

pub(super) struct FakeEnvironment {
    pub(super) id: InstanceId,
    pub(super) world: Arc<World>,
}

impl FakeEnvironment {
    fn with<T>(&self, f: impl FnOnce(&mut Machine) -> T) -> Result<T, ProviderError> {
        lock(&self.world.machines).get_mut(&self.id).map(f).ok_or_else(gone)
    }
}

#[async_trait]
impl Environment for FakeEnvironment {
    async fn start(&self, job: &JobSpec) -> Result<(), ProviderError> {
        let begin = || {
            *lock(&self.world.last_job) = Some(job.clone());
            let setup = self.world.script().setup;
            self.with(|machine| {
                let same = match machine.job {
                    Job::None => false,
                    Job::SettingUp(id, _) | Job::Running(id) | Job::Stopping(id) | Job::Ended(id, _) => {
                        id == job.id
                    }
                };
                if !same {
                    *lock(&self.world.begun).entry(job.id).or_default() += 1;
                    machine.started += 1;
                    machine.job = Job::SettingUp(job.id, setup);
                }
            })
        };
        self.world.call(begin).await
    }

    async fn usage(&self, _span: UsageSpan) -> Result<UsageHistory, ProviderError> {
        let used = lock(&self.world.used).clone();
        used.ok_or_else(|| ProviderError::NotReady("nobody says".to_owned()))
    }

    async fn observe(&self) -> Result<JobObservation, ProviderError> {
        let ends = self.world.script().ends;
        let at = Timestamp(1_700_000_000_000);
        if self.with(|machine| machine.dead)? {
            return Err(lost());
        }
        let look = || {
            self.with(|machine| match machine.job.clone() {
                Job::None => JobObservation::None,
                Job::SettingUp(job_id, 0) => {
                    machine.job = Job::Running(job_id);
                    JobObservation::SettingUp { job_id, progress: "setup 1 of 1".to_owned(), since: at }
                }
                Job::SettingUp(job_id, left) => {
                    machine.job = Job::SettingUp(job_id, left - 1);
                    JobObservation::SettingUp { job_id, progress: format!("{left} to go"), since: at }
                }
                Job::Running(job_id) => {
                    if let Some(reason) = ends {
                        machine.job = Job::Ended(job_id, reason);
                    }
                    JobObservation::Running { job_id, progress: None, commit: None, since: at }
                }
                Job::Stopping(job_id) => {
                    machine.job = Job::Ended(job_id, JobReason::TerminatedByUser);
                    JobObservation::Stopping { job_id }
                }
                Job::Ended(job_id, reason) => {
                    let message = Some("`false` ended with exit status 1".to_owned());
                    JobObservation::Ended { job_id, reason, message, at }
                }
            })
        };
        let seen = self.world.call(look).await;
        if matches!(seen, Ok(JobObservation::SettingUp { .. } | JobObservation::Stopping { .. })) {
            let _ = self.world.changes.send(self.id);
        }
        seen
    }

    async fn stop(&self, grace_seconds: u32) -> Result<(), ProviderError> {
        let stubborn = self.world.script().stubborn && grace_seconds > 0;
        let end = || {
            self.with(|machine| {
                if let Job::Running(job) | Job::SettingUp(job, _) | Job::Stopping(job) = machine.job
                    && !stubborn
                {
                    machine.job = Job::Stopping(job);
                }
            })
        };
        self.world.call(end).await
    }

    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError> {
        let line = LogLine::new(Timestamp(0), LogSource::Stdout, "live");
        self.with(|_| LogChunk { offset: after, next_offset: after + 4, complete: true, lines: vec![line] })
    }

    async fn stats(&self) -> Result<Usage, ProviderError> {
        Ok(Usage::default())
    }

    async fn exec(&self, _spec: &ExecSpec) -> Result<Exec, ProviderError> {
        Err(gone())
    }

    async fn dial(&self, _port: u16) -> Result<ByteStream, ProviderError> {
        Err(gone())
    }

    async fn open_terminal(&self, _id: TerminalId, _size: TerminalSize) -> Result<(), ProviderError> {
        Err(gone())
    }

    async fn terminals(&self) -> Result<Vec<TerminalInfo>, ProviderError> {
        Ok(Vec::new())
    }

    async fn attach_terminal(&self, _id: TerminalId, _after: Option<u64>) -> Result<Attached, ProviderError> {
        Err(gone())
    }
}

pub(in crate::orchestrator::tests) struct FakeArchive(pub(in crate::orchestrator::tests) Arc<World>);

#[async_trait]
impl LogArchive for FakeArchive {
    async fn keep(&self, run: RunId, environment: &dyn Environment) -> io::Result<()> {
        environment.logs(0).await.map_err(io::Error::other)?;
        *lock(&self.0.archived).entry(run).or_default() += 1;
        Ok(())
    }

    async fn read(&self, run: RunId, after: u64) -> io::Result<LogChunk> {
        let text = if lock(&self.0.archived).contains_key(&run) { "archived" } else { "nothing" }.to_owned();
        let line = LogLine::new(Timestamp(0), LogSource::System, text);
        Ok(LogChunk { offset: after, next_offset: after, complete: true, lines: vec![line] })
    }

    async fn remove(&self, run: RunId) -> io::Result<()> {
        lock(&self.0.archived).remove(&run);
        Ok(())
    }
}
