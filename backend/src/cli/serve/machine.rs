//! The machine that the server runs on, as environments may use it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use uuid::Uuid;

use super::{args::Args, error::ServeError};
use crate::{
    catalog::Catalogues,
    provider::{
        Provider,
        container::{self, Engine, EngineSetting, VolumeRoot},
        local::{Containment, LocalProvider},
        simulated::{RemoteCloud, SimulatedProvider},
    },
};

/// This machine, and what tests add to it.
pub(super) async fn providers(
    args: &Args,
    local: bool,
    directory: &Path,
    catalogues: &Catalogues,
    installation: Uuid,
) -> Result<Vec<Arc<dyn Provider>>, ServeError> {
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    if local {
        if let Some(root) = VolumeRoot::reaching(&args.volume_root, directory) {
            return Err(ServeError::VolumeRoot { root: root.clone(), directory: directory.to_owned() });
        }
        let gpus = Arc::clone(catalogues.current().gpus());
        let program = std::env::current_exe().map_err(ServeError::Local)?;
        let containment = containment(args, directory, installation).await?;
        let local = LocalProvider::new(directory.to_owned(), program, gpus, containment);
        let local = local.map_err(ServeError::Local)?;
        providers.push(Arc::new(local));
    }
    if let Some(address) = &args.simulated_clouds {
        for cloud in RemoteCloud::all(address).await? {
            let offers = cloud.offers().await?;
            let provider = SimulatedProvider::new(Arc::new(cloud), offers, installation.to_string());
            providers.push(Arc::new(provider));
        }
    }
    Ok(providers)
}

/// What environments on this machine run in: containers where there is an engine, processes where there is none.
async fn containment(args: &Args, directory: &Path, installation: Uuid) -> Result<Containment, ServeError> {
    let processes = |why: &str| Containment::Processes(why.to_owned(), args.volume_root.clone());
    let engine = match &args.engine {
        EngineSetting::None => return Ok(processes("containers are switched off on this server")),
        EngineSetting::Socket(socket) => Engine::at(socket).await.map_err(ServeError::Engine)?,
        EngineSetting::Auto => {
            let places = container::places(|name| std::env::var(name).ok());
            match Engine::first(&places).await {
                Some(engine) => engine,
                None => {
                    let why = "no container engine was found on this machine when the server started";
                    return Ok(processes(why));
                }
            }
        }
    };
    if !container::is_built_in() {
        let why = "this build of Berth has no program to put into containers";
        tracing::warn!(engine = engine.place(), "{why}; environments run as processes");
        return Ok(processes(why));
    }
    let facts = engine.facts();
    tracing::info!(engine = %facts.kind, version = facts.version, place = engine.place(), "environments run in containers");
    let settings = container_settings(args, directory.join("containers"), installation);
    Ok(Containment::Containers(engine, Box::new(settings)))
}

/// How environments in containers are made, with what is put together for them in `scratch`.
pub(super) fn container_settings(args: &Args, scratch: PathBuf, installation: Uuid) -> container::Settings {
    container::Settings {
        installation: installation.to_string(),
        default_image: args.default_image.clone(),
        scratch,
        volume_roots: args.volume_root.clone(),
        host: None,
        paths: Arc::new(container::ServerPaths),
    }
}
