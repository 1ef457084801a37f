//! A job's beginning: its image is pulled, its network and container are made and started, and the supervisor inside is told
//! what to do. A task of this process does it; each step may find that one before it did it already.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use berth_shared::api::{ImagePull, InstanceId, JobId, JobReason};
use bollard::query_parameters::CreateContainerOptionsBuilder;
use tokio::{sync::watch, task::AbortHandle};

use super::{
    Inner, agent,
    environment::Way,
    image::{self, Told},
    recipe,
    seen::Seen,
    volumes, words,
};
use crate::{
    clock::{Clock, SystemClock},
    provider::{Environment, JobObservation, JobSpec, ProviderError, supervised::Supervised},
};

/// A job whose container does not run yet, or never will.
pub(super) struct Beginning {
    job_id: JobId,
    since: berth_shared::time::Timestamp,
    progress: watch::Receiver<Told>,
    task: AbortHandle,
    /// How it failed, once it has.
    failed: Option<Failed>,
}

/// How a job failed to begin.
type Failed = (JobReason, String);

/// Seconds between attempts to begin a job where the next one may work: a registry or an engine that is away for a moment.
const PAUSES: [u64; 5] = [2, 5, 10, 20, 30];

/// Why a job cannot begin.
enum Failure {
    /// It never will.
    Final(JobReason, String),
    /// It may, if it is begun again.
    Passes(String),
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Temporary { .. } | ProviderError::NotReady(_) => Self::Passes(error.to_string()),
            other => Self::Final(JobReason::CreatingContainerError, other.to_string()),
        }
    }
}

impl Inner {
    /// Begins a job, unless this process is at it.
    pub(super) fn begin(self: &Arc<Self>, id: InstanceId, job: JobSpec) {
        let mut beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        if beginnings.get(&id).is_some_and(|beginning| beginning.job_id == job.id) {
            return;
        }
        let (tell, progress) = watch::channel(Told::from("making the environment".to_owned()));
        let (inner, job_id) = (Arc::clone(self), job.id);
        let task = tokio::spawn(async move {
            let mut changed = tell.subscribe();
            let begun = {
                let mut begun = std::pin::pin!(inner.tried(id, &job, &tell));
                loop {
                    tokio::select! {
                        outcome = &mut begun => break outcome,
                        _ = changed.changed() => inner.changed(id),
                    }
                }
            };
            inner.settled(id, job_id, begun);
        });
        let since = SystemClock.now();
        let task = task.abort_handle();
        beginnings.insert(id, Beginning { job_id, since, progress, task, failed: None });
    }

    /// Takes note of how a beginning came out.
    fn settled(self: &Arc<Self>, id: InstanceId, job_id: JobId, begun: Result<(), Failed>) {
        let mut beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = |beginning: &&mut Beginning| beginning.job_id == job_id;
        match begun {
            Ok(()) => {
                beginnings.remove(&id);
                self.watch(id);
            }
            Err((reason, message)) => {
                if let Some(beginning) = beginnings.get_mut(&id).filter(ours) {
                    beginning.failed = Some((reason, message));
                }
            }
        }
        drop(beginnings);
        self.changed(id);
    }

    /// How the beginning of an instance's job is; `None` when there is none, or it is over and well.
    pub(super) fn beginning(&self, id: InstanceId) -> Option<JobObservation> {
        let beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        let Beginning { job_id, since, progress, failed, .. } = beginnings.get(&id)?;
        Some(match failed {
            Some((reason, message)) => JobObservation::Ended {
                job_id: *job_id,
                reason: *reason,
                message: Some(message.clone()),
                at: *since,
            },
            None => JobObservation::SettingUp {
                job_id: *job_id,
                progress: progress.borrow().words.clone(),
                since: *since,
            },
        })
    }

    /// Whether a job begins in an instance; one that began in vain may have none.
    pub(super) fn begins(&self, id: InstanceId) -> bool {
        let beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        beginnings.get(&id).is_some_and(|beginning| beginning.failed.is_none())
    }

    /// How far the image of an instance's job is, while it is pulled.
    pub(super) fn pull(&self, id: InstanceId) -> Option<ImagePull> {
        let beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        let beginning = beginnings.get(&id).filter(|beginning| beginning.failed.is_none())?;
        let told = beginning.progress.borrow();
        told.pull.clone()
    }

    /// Ends a beginning that is under way; whether there was one.
    pub(super) fn give_up(&self, id: InstanceId) -> bool {
        let mut beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(beginning) = beginnings.get_mut(&id) else { return false };
        beginning.task.abort();
        beginning
            .failed
            .get_or_insert((JobReason::TerminatedByServer, "stopped before its container ran".to_owned()));
        true
    }

    /// Waits until the task of a beginning that was given up has let go: what it was making is then there or not.
    pub(super) async fn ended(&self, id: InstanceId) {
        loop {
            let task = {
                let beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
                beginnings.get(&id).map(|beginning| beginning.task.clone())
            };
            match task {
                Some(task) if !task.is_finished() => tokio::time::sleep(Duration::from_millis(5)).await,
                _ => return,
            }
        }
    }

    /// Begins it, and again after a while when it may work then.
    async fn tried(
        self: &Arc<Self>,
        id: InstanceId,
        job: &JobSpec,
        tell: &watch::Sender<Told>,
    ) -> Result<(), Failed> {
        let mut pauses = PAUSES.into_iter();
        loop {
            match (self.begun(id, job.clone(), tell).await, pauses.next()) {
                (Ok(()), _) => return Ok(()),
                (Err(Failure::Final(reason, message)), _) => return Err((reason, message)),
                (Err(Failure::Passes(message)), None) => {
                    return Err((
                        JobReason::CreatingContainerError,
                        format!("{message} (tried {} times)", PAUSES.len() + 1),
                    ));
                }
                (Err(Failure::Passes(message)), Some(pause)) => {
                    tell.send_replace(format!("{message}; trying again").into());
                    tokio::time::sleep(Duration::from_secs(pause)).await;
                }
            }
        }
    }

    async fn begun(
        self: &Arc<Self>,
        id: InstanceId,
        mut job: JobSpec,
        tell: &watch::Sender<Told>,
    ) -> Result<(), Failure> {
        let request = self.request(id).await?.ok_or_else(|| {
            Failure::Final(JobReason::CreatingContainerError, "its instance is gone".to_owned())
        })?;
        let name =
            image::name(job.container.image.as_deref(), job.python.as_deref(), &self.settings.default_image);
        let mut said = Vec::new();
        let auth = job.container.registry_auth.take();
        let found =
            image::ensure(&self.engine, &name, auth.as_ref(), tell, &mut said).await.map_err(|why| {
                if why.passes {
                    Failure::Passes(why.message)
                } else {
                    Failure::Final(JobReason::CreatingContainerError, why.message)
                }
            })?;
        tell.send_replace("making the container".to_owned().into());
        job.container.user = job.container.user.take().or(found.user);
        let docker = &self.engine.docker;
        let fatal = |message: String| Failure::Final(JobReason::CreatingContainerError, message);
        if self.container(id).await?.is_none() {
            let network = recipe::network(&self.settings.installation, id, self.engine.facts().kind);
            if docker.inspect_network(&recipe::name(id), None).await.is_err() {
                match docker.create_network(network).await {
                    Err(error) if !words::is_there(&error) => {
                        return Err(self
                            .engine
                            .error("the environment's network cannot be made", &error)
                            .into());
                    }
                    _ => {}
                }
            }
            let options = CreateContainerOptionsBuilder::default().name(&recipe::name(id)).build();
            let facts = self.engine.facts();
            let mounts = volumes::mounts(&self.engine, &self.settings, &job.container.mounts).await?;
            let container =
                recipe::container(&self.settings.installation, facts, &request, &job, &name, mounts);
            match docker.create_container(Some(options), container).await {
                Err(error) if !words::is_there(&error) => {
                    return Err(match words::no_gpus(&error) {
                        Some(told) => fatal(told),
                        None => self.engine.error("the container cannot be made", &error).into(),
                    });
                }
                _ => {}
            }
        }
        let there = self.container(id).await?;
        if !there.as_ref().is_some_and(Seen::is_running) {
            agent::put(&self.engine, &request).await?;
            match docker.start_container(&recipe::name(id), None).await {
                Err(error) if words::is_away(&error) => {
                    return Err(self.engine.error("the container cannot be started", &error).into());
                }
                Err(error) if !words::is_there(&error) => return Err(fatal(words::start(&name, &error))),
                _ => {}
            }
        }
        tell.send_replace("starting".to_owned().into());
        let inside = Supervised::new(Way::new(self, id));
        let mut tries = 0;
        loop {
            match inside.start(&job).await {
                Ok(()) => return Ok(()),
                Err(error) if tries >= 100 => return Err(error.into()),
                // The supervisor has begun and does not listen yet.
                Err(ProviderError::Temporary { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            if !self.container(id).await?.as_ref().is_some_and(Seen::is_running) {
                return Err(fatal(format!("the container ended at once: {}", self.last_words(id).await)));
            }
            tries += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the supervisor of an ended container printed.
    async fn last_words(&self, id: InstanceId) -> String {
        use futures_util::StreamExt;
        let options = bollard::query_parameters::LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail("5")
            .build();
        let lines: Vec<String> = self
            .engine
            .docker
            .logs(&recipe::name(id), Some(options))
            .filter_map(|line| async move { line.ok().map(|line| line.to_string().trim().to_owned()) })
            .collect()
            .await;
        if lines.is_empty() { "it printed nothing".to_owned() } else { lines.join(" ") }
    }
}
