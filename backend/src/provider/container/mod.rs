//! Containers of one engine, Docker or Podman, as instances and their environments (`docs/adr/0011`).
//!
//! Everything that is known of an instance is at the engine, by labels: a server that starts anew finds it there. Only what
//! becomes of a job before its container runs is known to the process that makes it; when that is gone, the next one begins
//! again.

mod agent;
mod begin;
mod engine;
mod environment;
mod image;
mod left;
mod recipe;
mod seen;
mod volumes;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use berth_shared::api::{InstanceId, Isolation};
use bollard::{
    models::Volume,
    query_parameters::{
        EventsOptionsBuilder, ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptions,
    },
};
use futures_util::StreamExt;
use tokio::sync::broadcast;

pub use agent::is_built_in;
use begin::Beginning;
pub use engine::{Engine, EngineSetting, Facts, Kind, places};
use environment::ContainerEnvironment;
pub use image::{DEFAULT_IMAGE, name as image_name};
pub use recipe::{is_bridge, unlimited};
pub use volumes::{Paths, ServerPaths, VolumeRoot};
pub(crate) use volumes::{asked as mounts, refused as refused_volumes, shown as shown_volumes};

use super::{
    Billing, CreateRequest, Environment, InstanceObservation, Listed, ProviderError, supervised::client,
};
use crate::supervisor::wire::{self, Reply, Request};

/// Between two attempts to hear of an engine's events, or of a supervisor's.
const RETRY: Duration = Duration::from_secs(1);

/// The containers of one engine. Cheap to clone.
#[derive(Clone)]
pub struct Containers(Arc<Inner>);

/// What the containers of an engine are made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What this installation's things are marked with.
    pub installation: String,
    /// The image of a job that names none; `{version}` stands for its Python.
    pub default_image: String,
    /// A folder for what is read from ended containers.
    pub scratch: PathBuf,
    /// Below which folders of which machines `volumes` may mount something.
    pub volume_roots: Vec<VolumeRoot>,
    /// The SSH host that the engine is on; `None` = the server's own machine.
    pub host: Option<String>,
    /// The files of the engine's machine.
    pub paths: Arc<dyn Paths>,
}

impl Settings {
    /// The folders of the engine's machine below which something may be mounted.
    #[must_use]
    pub fn roots(&self) -> Vec<String> {
        VolumeRoot::of(&self.volume_roots, self.host.as_deref())
    }
}

/// What the tasks share.
struct Inner {
    engine: Engine,
    settings: Settings,
    scratch: PathBuf,
    connections: agent::Connections,
    /// Jobs whose container does not run yet, or never will.
    beginnings: Mutex<HashMap<InstanceId, Beginning>>,
    /// Instances that a task of this process is removing.
    removing: Mutex<BTreeSet<InstanceId>>,
    /// Instances whose supervisor a task of this process listens to.
    watched: Mutex<BTreeSet<InstanceId>>,
    changes: broadcast::Sender<InstanceId>,
}

impl Containers {
    /// The containers of this engine; what changes is told to `changes`. To be called inside a runtime.
    #[must_use]
    pub fn new(engine: Engine, settings: Settings, changes: broadcast::Sender<InstanceId>) -> Self {
        let inner = Arc::new(Inner {
            engine,
            scratch: settings.scratch.clone(),
            settings,
            connections: agent::Connections::default(),
            beginnings: Mutex::default(),
            removing: Mutex::default(),
            watched: Mutex::default(),
            changes,
        });
        inner.follow_events();
        let containers = Self(inner);
        let there = containers.clone();
        tokio::spawn(async move {
            // Those that an earlier server left; an engine that does not answer is asked again by who needs it.
            for listed in there.list().await.unwrap_or_default() {
                there.0.watch(listed.id);
            }
        });
        containers
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Makes an instance, or does nothing when it is there.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn create(&self, request: &CreateRequest) -> Result<(), ProviderError> {
        agent::program()?;
        // The engine gives the volume that is there when one has this name.
        let volume = recipe::volume(&self.0.settings.installation, request);
        let made = self.0.engine.docker.create_volume(volume).await;
        made.map(drop).map_err(|error| self.0.engine.error("the environment's volume cannot be made", &error))
    }

    /// How an instance is.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn observe(&self, id: InstanceId) -> Result<InstanceObservation, ProviderError> {
        let billing = Billing::default();
        let Some(request) = self.0.request(id).await? else {
            if self.0.is_removing(id) {
                return Ok(InstanceObservation::Removing { billing });
            }
            return Ok(InstanceObservation::Gone { message: None, billing });
        };
        if self.0.is_removing(id) {
            return Ok(InstanceObservation::Removing { billing });
        }
        self.0.watch(id);
        Ok(InstanceObservation::Ready { isolation: self.isolation(&request), billing, leaves_at: None })
    }

    /// How an environment is kept apart.
    fn isolation(&self, request: &CreateRequest) -> Isolation {
        let allocation = request.planned.allocation.clone().unwrap_or_default();
        recipe::isolation(self.0.engine.facts(), &allocation)
    }

    /// Whether there is anything of an instance here.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn has(&self, id: InstanceId) -> Result<bool, ProviderError> {
        // What begins here is known without its engine, which pages that show how far it is would ask all the time.
        Ok(self.0.is_removing(id) || self.0.begins(id) || self.0.request(id).await?.is_some())
    }

    /// Removes an instance with all that belongs to it, in the background; or does nothing when there is none.
    pub fn terminate(&self, id: InstanceId) {
        self.0.remove(id);
    }

    /// Everything here that carries a tag of Berth's.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn list(&self) -> Result<Vec<Listed>, ProviderError> {
        let failed =
            |error: bollard::errors::Error| self.0.engine.error("the environments cannot be listed", &error);
        let filters: HashMap<&str, Vec<&str>> = [("label", vec![recipe::INSTANCE])].into();
        let volumes = ListVolumesOptionsBuilder::default().filters(&filters).build();
        let volumes = self.0.engine.docker.list_volumes(Some(volumes)).await.map_err(failed)?;
        let containers = self.0.labelled(&filters).await?;
        let mut found = BTreeMap::new();
        for labels in volumes.volumes.unwrap_or_default().into_iter().map(|volume| volume.labels) {
            self.note(&labels, &mut found);
        }
        for labels in containers {
            self.note(&labels, &mut found);
        }
        Ok(found.into_values().collect())
    }

    fn note(&self, labels: &HashMap<String, String>, found: &mut BTreeMap<InstanceId, Listed>) {
        let Some(id) = labels.get(recipe::INSTANCE).and_then(|id| id.parse::<InstanceId>().ok()) else {
            return;
        };
        let name = asked(labels).map(|request| request.name);
        let listed = found.entry(id).or_insert_with(|| Listed {
            id,
            ours: labels.get(recipe::INSTALLATION) == Some(&self.0.settings.installation),
            handle: recipe::name(id),
            name: None,
            billing: Billing::default(),
            price: Some(0.0),
        });
        listed.name = listed.name.take().or(name);
    }

    /// The environment on an instance.
    #[must_use]
    pub fn environment(&self, id: InstanceId) -> Arc<dyn Environment> {
        Arc::new(ContainerEnvironment::new(Arc::clone(&self.0), id))
    }
}

/// What was asked for, by the labels of a volume.
fn asked(labels: &HashMap<String, String>) -> Option<CreateRequest> {
    serde_json::from_str(labels.get(recipe::REQUEST)?).ok()
}

impl Inner {
    fn changed(&self, id: InstanceId) {
        // Nobody listens: nobody wants to know.
        let _ = self.changes.send(id);
    }

    /// What was asked for; `None` when there is no such instance.
    async fn request(&self, id: InstanceId) -> Result<Option<CreateRequest>, ProviderError> {
        let volume: Volume = match self.engine.docker.inspect_volume(&recipe::name(id)).await {
            Ok(volume) => volume,
            Err(error) if words::is_gone(&error) => return Ok(None),
            Err(error) => {
                return Err(self.engine.error("the environment's volume cannot be looked at", &error));
            }
        };
        match asked(&volume.labels) {
            Some(request) => Ok(Some(request)),
            None => Err(ProviderError::Permanent {
                message: format!("the volume `{}` was not made by Berth, or was changed since", volume.name),
                source: None,
            }),
        }
    }

    fn is_removing(&self, id: InstanceId) -> bool {
        self.removing.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    /// Removes an instance in the background; one task for each.
    fn remove(self: &Arc<Self>, id: InstanceId) {
        if !self.removing.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            return;
        }
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = inner.removed(id).await {
                tracing::warn!(instance = %id, %error, "the environment cannot be removed yet");
            }
            inner.removing.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            inner.changed(id);
        });
    }

    /// Removes what there is: the volume last, because it stands for the instance.
    async fn removed(&self, id: InstanceId) -> Result<(), ProviderError> {
        self.give_up(id);
        self.ended(id).await;
        let (docker, name) = (&self.engine.docker, recipe::name(id));
        let told = |what: &str, done: Result<(), bollard::errors::Error>| match done {
            Err(error) if !words::is_gone(&error) => Err(self.engine.error(what, &error)),
            _ => Ok(()),
        };
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        told("the container cannot be removed", docker.remove_container(&name, Some(options)).await)?;
        told("the network cannot be removed", docker.remove_network(&name).await)?;
        told("the volume cannot be removed", docker.remove_volume(&name, None::<RemoveVolumeOptions>).await)?;
        self.connections.forget(id);
        self.beginnings.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let scratch = self.scratch.join(id.to_string());
        match tokio::fs::remove_dir_all(&scratch).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(instance = %id, %error, "what was read from its container cannot be removed");
            }
            _ => {}
        }
        Ok(())
    }

    /// Hears of containers that end. The task holds nothing: dropped containers are forgotten.
    fn follow_events(self: &Arc<Self>) {
        let inner = Arc::downgrade(self);
        let docker = self.engine.docker.clone();
        tokio::spawn(async move {
            let filters: HashMap<&str, Vec<&str>> =
                [("type", vec!["container"]), ("label", vec![recipe::INSTANCE])].into();
            loop {
                let options = EventsOptionsBuilder::default().filters(&filters).build();
                let mut events = std::pin::pin!(docker.events(Some(options)));
                while let Some(Ok(event)) = events.next().await {
                    let Some(inner) = inner.upgrade() else { return };
                    let attributes = event.actor.and_then(|actor| actor.attributes).unwrap_or_default();
                    if let Some(Ok(id)) = attributes.get(recipe::INSTANCE).map(|id| id.parse()) {
                        inner.changed(id);
                    }
                }
                if inner.strong_count() == 0 {
                    return;
                }
                // The engine went away, or has nothing of the kind: what is missed is looked at now and then anyway.
                tokio::time::sleep(RETRY).await;
            }
        });
    }

    /// Listens to the supervisor in an instance's container for as long as that runs.
    fn watch(self: &Arc<Self>, id: InstanceId) {
        if !self.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            return;
        }
        let weak = Arc::downgrade(self);
        tokio::spawn(async move {
            while let Some(inner) = weak.upgrade() {
                // Taken off the list before it is looked: who asks for a watch meanwhile gets one.
                inner.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                let runs = matches!(inner.container(id).await, Ok(Some(container)) if container.is_running());
                if !runs || !inner.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
                    return;
                }
                let way = environment::Way::new(&inner, id);
                drop(inner);
                if let Ok((Reply::Observed { .. }, mut stream)) = client::ask(&way, &Request::Watch).await {
                    drop(way);
                    loop {
                        let Some(inner) = weak.upgrade() else { return };
                        inner.changed(id);
                        drop(inner);
                        if !matches!(wire::read_frame(&mut stream).await, Ok(Some(_))) {
                            break;
                        }
                    }
                }
                tokio::time::sleep(RETRY).await;
            }
        });
    }
}
