//! This machine as a provider: an environment is a supervised group of processes.
//!
//! An instance is a share of the machine, made for one run. Its folder is its tag; its supervisor outlives the server
//! (see [`crate::supervisor`]).

mod facts;
mod folders;
mod socket;

use std::{
    collections::BTreeSet,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use berth_shared::{api::InstanceId, catalog::GpuFacts};
use tokio::sync::broadcast;

use facts::Machine;
use folders::{Folders, Found};
pub use socket::LocalSocket;

use super::{
    Billing, CreateRequest, Environment, InstanceObservation, Listed, PlanInput, Provider, ProviderError,
    ProviderPlan,
    container::{self, Containers, Engine, VolumeRoot},
    share::{self, Runtime},
    supervised::{Supervised, client},
};
use crate::supervisor::wire::{self, Reply, Request};

/// The backend's name.
pub const BACKEND: &str = "local";

/// Changes that wait for a slow listener; who misses some observes everything anew.
const CHANGES: usize = 256;

/// The supervisors tell of changes; a look that often finds those which died without a word.
const POLL_SECONDS: i64 = 5;

/// Between two attempts to reach a supervisor that lives and does not answer: at first so long, since one that has just been started
/// listens within milliseconds and somebody waits for it; then twice as long each time.
const FIRST_RETRY: Duration = Duration::from_millis(3);
/// And at most so long.
const LAST_RETRY: Duration = Duration::from_millis(200);

/// The machine that the server runs on. Cheap to clone.
#[derive(Clone)]
pub struct LocalProvider(Arc<Inner>);

/// What environments on this machine run in.
#[derive(Clone, Debug)]
pub enum Containment {
    /// As processes in a sandbox, and why not in containers: "no container engine was found on this machine". They may be shown what is
    /// below these folders.
    Processes(String, Vec<VolumeRoot>),
    /// In containers of this engine.
    Containers(Engine, Box<container::Settings>),
}

/// What the provider's tasks share.
struct Inner {
    /// Where environments are made in containers.
    containers: Option<Containers>,
    runtime: Runtime,
    folders: Folders,
    machine: Machine,
    changes: broadcast::Sender<InstanceId>,
    /// Instances that a task of this process is removing.
    removing: Mutex<BTreeSet<InstanceId>>,
    /// Instances whose supervisor a task of this process listens to.
    watched: Mutex<BTreeSet<InstanceId>>,
}

impl LocalProvider {
    /// The provider with its instances in `DATA_DIR/local`; those that are there are found again. `program` is the
    /// `berth` program, for supervisors ([`std::env::current_exe`]). To be called inside a runtime.
    ///
    /// # Errors
    /// When the data directory cannot be read.
    pub fn new(
        data_dir: PathBuf,
        program: PathBuf,
        gpus: Arc<GpuFacts>,
        containment: Containment,
    ) -> io::Result<Self> {
        let data_dir = std::path::absolute(data_dir)?;
        let changes = broadcast::Sender::new(CHANGES);
        let (containers, runtime) = match containment {
            Containment::Processes(why, roots) => {
                let volume_roots = VolumeRoot::of(&roots, None);
                (None, Runtime::Processes { why, volume_roots })
            }
            Containment::Containers(engine, settings) => {
                let runtime = Runtime::Containers {
                    engine: Box::new(engine.facts().clone()),
                    place: engine.place().to_owned(),
                    default_image: settings.default_image.clone(),
                    volume_roots: settings.roots(),
                };
                (Some(Containers::new(engine, *settings, changes.clone())), runtime)
            }
        };
        let provider = Arc::new(Inner {
            folders: Folders::new(data_dir.join(BACKEND), program.clone()),
            machine: Machine::new(data_dir, program, gpus),
            changes,
            containers,
            runtime,
            removing: Mutex::default(),
            watched: Mutex::default(),
        });
        for id in provider.folders.list()? {
            provider.watch(id);
        }
        Ok(Self(provider))
    }
}

impl Inner {
    fn changed(&self, id: InstanceId) {
        // Nobody listens: nobody wants to know.
        let _ = self.changes.send(id);
    }

    /// Listens to an instance's supervisor until that is gone. The task holds no provider: a dropped one is gone.
    fn watch(self: &Arc<Self>, id: InstanceId) {
        if !self.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            return;
        }
        let folders = self.folders.clone();
        let provider = Arc::downgrade(self);
        let way = LocalSocket::new(folders.dir(id));
        tokio::spawn(async move {
            let mut retry = FIRST_RETRY;
            while let Ok(Found::Alive(_) | Found::Asked) = folders.look(id) {
                if let Ok((Reply::Observed { .. }, mut stream)) = client::ask(&way, &Request::Watch).await {
                    retry = FIRST_RETRY;
                    loop {
                        let Some(provider) = provider.upgrade() else { return };
                        provider.changed(id);
                        drop(provider);
                        if !matches!(wire::read_frame(&mut stream).await, Ok(Some(_))) {
                            break;
                        }
                    }
                }
                if provider.strong_count() == 0 {
                    return;
                }
                tokio::time::sleep(retry).await;
                retry = (retry * 2).min(LAST_RETRY);
            }
            if let Some(provider) = provider.upgrade() {
                provider.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                provider.changed(id);
            }
        });
    }

    /// Removes an instance in the background; one task for each.
    fn remove(self: &Arc<Self>, id: InstanceId) {
        if !self.removing.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            return;
        }
        let provider = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = provider.folders.remove(id).await {
                tracing::warn!(instance = %id, %error, "the instance cannot be removed yet");
            }
            provider.removing.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            provider.changed(id);
        });
    }

    fn look(&self, id: InstanceId) -> Result<Found, ProviderError> {
        self.folders.look(id).map_err(|error| disk("the instance's folder cannot be read", error))
    }
}

#[async_trait]
impl Provider for LocalProvider {
    fn name(&self) -> &str {
        BACKEND
    }

    fn keeps_idle(&self) -> bool {
        false
    }

    fn poll_seconds(&self) -> i64 {
        POLL_SECONDS
    }

    async fn plan(&self, request: &PlanInput<'_>) -> Result<ProviderPlan, ProviderError> {
        let facts =
            self.0.machine.facts(request.configuration.resources.gpu.is_some(), self.0.runtime.clone()).await;
        Ok(share::plan(&facts, request))
    }

    async fn create(&self, request: &CreateRequest) -> Result<(), ProviderError> {
        let found = self.0.look(request.id)?;
        if let (Found::Nothing, Some(containers)) = (&found, &self.0.containers) {
            return containers.create(request).await;
        }
        if matches!(found, Found::Nothing) {
            self.0
                .folders
                .ask(request)
                .map_err(|error| disk("the instance's folder cannot be made", error))?;
        }
        if matches!(self.0.look(request.id)?, Found::Asked) {
            let started = self.0.folders.supervise(request.id).await;
            started.map_err(|error| disk("the supervisor cannot be started", error))?;
        }
        self.0.watch(request.id);
        Ok(())
    }

    async fn observe(&self, id: InstanceId) -> Result<InstanceObservation, ProviderError> {
        Ok(match self.0.look(id)? {
            Found::Nothing => match &self.0.containers {
                Some(containers) => containers.observe(id).await?,
                None => InstanceObservation::Gone { message: None, billing: Billing::default() },
            },
            Found::Removing => {
                self.0.remove(id);
                InstanceObservation::Removing { billing: Billing::default() }
            }
            Found::Asked => {
                // A server that was killed had no time to start it.
                match self.0.folders.supervise(id).await {
                    // It was being removed when it was looked at.
                    Err(error)
                        if error.kind() == io::ErrorKind::NotFound
                            && !matches!(self.0.look(id)?, Found::Asked) =>
                    {
                        return Ok(InstanceObservation::Removing { billing: Billing::default() });
                    }
                    started => started.map_err(|error| disk("the supervisor cannot be started", error))?,
                }
                self.0.watch(id);
                InstanceObservation::Creating { billing: Billing::default() }
            }
            Found::Alive(_) => {
                match client::ask(&LocalSocket::new(self.0.folders.dir(id)), &Request::Observe).await {
                    Ok((Reply::Observed { isolation, .. }, _)) => {
                        InstanceObservation::Ready { isolation, billing: Billing::default(), leaves_at: None }
                    }
                    Ok((other, _)) => return Err(client::unexpected(&other)),
                    // It has begun and does not listen yet.
                    Err(ProviderError::Temporary { .. }) => {
                        InstanceObservation::Creating { billing: Billing::default() }
                    }
                    Err(error) => return Err(error),
                }
            }
            Found::Dead(record) => {
                folders::kill_left(id, Some(&record)).await.map_err(|error| disk("cleaning up", error))?;
                let message = record.failed.map_or_else(
                    || "the environment's supervisor was killed, and with it everything that ran".to_owned(),
                    |why| format!("the environment could not be made: {why}"),
                );
                InstanceObservation::Gone { message: Some(message), billing: Billing::default() }
            }
        })
    }

    async fn terminate(&self, id: InstanceId) -> Result<(), ProviderError> {
        match self.0.look(id)? {
            Found::Nothing => {
                // Perhaps there is the beginning of one.
                self.0.remove(id);
                if let Some(containers) = &self.0.containers {
                    containers.terminate(id);
                }
            }
            Found::Removing => self.0.remove(id),
            Found::Asked | Found::Alive(_) | Found::Dead(_) => {
                let mark = self.0.folders.dir(id).terminating();
                std::fs::write(mark, "").map_err(|error| disk("the instance cannot be marked", error))?;
                self.0.remove(id);
            }
        }
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Listed>, ProviderError> {
        let found = self.0.folders.list().map_err(|error| disk("the instances cannot be listed", error))?;
        // The data directory is this installation's alone.
        let listed = |id: InstanceId| Listed {
            id,
            ours: true,
            handle: id.to_string(),
            name: None,
            billing: Billing::default(),
            price: Some(0.0),
        };
        let mut all: Vec<Listed> = found.into_iter().map(listed).collect();
        if let Some(containers) = &self.0.containers {
            all.extend(containers.list().await?);
        }
        Ok(all)
    }

    async fn remove_copies(&self, _id: InstanceId) -> Result<Vec<String>, ProviderError> {
        // A folder's name is its tag: there cannot be two.
        Ok(Vec::new())
    }

    async fn environment(&self, id: InstanceId) -> Result<Arc<dyn Environment>, ProviderError> {
        match self.0.look(id)? {
            // The log of a dead one can still be read.
            Found::Alive(_) | Found::Dead(_) => {
                let roots = match &self.0.runtime {
                    Runtime::Processes { volume_roots, .. } | Runtime::Containers { volume_roots, .. } => {
                        volume_roots
                    }
                };
                let way = LocalSocket::new(self.0.folders.dir(id)).with_volumes_below(roots.clone());
                Ok(Arc::new(Supervised::new(way)))
            }
            Found::Asked => Err(ProviderError::NotReady(format!("instance {id} is being made"))),
            Found::Nothing => match &self.0.containers {
                Some(containers) if containers.has(id).await? => Ok(containers.environment(id)),
                _ => Err(ProviderError::NotFound(format!("instance {id}"))),
            },
            Found::Removing => Err(ProviderError::NotFound(format!("instance {id}"))),
        }
    }

    fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.0.changes.subscribe()
    }
}

fn disk(what: &str, error: io::Error) -> ProviderError {
    let message = format!("{what}: {error}");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::OutOfMemory => {
            ProviderError::NoCapacity(message)
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::NotFound => {
            ProviderError::Permanent { message, source: Some(Box::new(error)) }
        }
        _ => ProviderError::Temporary { message, source: Some(Box::new(error)) },
    }
}
