//! The supervisor in a container: its program goes in before the container starts, and everything else goes through one
//! program that is started in it.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use berth_shared::api::InstanceId;
use bollard::{
    container::LogOutput,
    exec::{CreateExecOptions, StartExecOptions, StartExecResults},
    query_parameters::UploadToContainerOptionsBuilder,
};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::timeout;
use tokio_util::io::StreamReader;

use super::{Engine, recipe, words};
use crate::{
    provider::ProviderError,
    supervisor::{
        container::{CONNECT, PROGRAM},
        mux::{self, Channel, Opener},
        spec::CreateRequest,
    },
};

/// The program, statically linked; empty in a build without it.
static AGENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/agent"));

/// The largest piece that an engine passes on at once, bytes.
const PIECE: usize = 64 * 1024;

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program; an error where this build has none.
pub(super) fn program() -> Result<&'static [u8], ProviderError> {
    if AGENT.is_empty() {
        return Err(ProviderError::Permanent {
            message:
                "this build of Berth has no program to put into containers: build it by `cargo xtask build`"
                    .to_owned(),
            source: None,
        });
    }
    Ok(AGENT)
}

/// Whether this build can use containers at all.
#[must_use]
pub fn is_built_in() -> bool {
    !AGENT.is_empty()
}

/// Puts the program and what it is to know into a container that has not been started.
pub(super) async fn put(engine: &Engine, request: &CreateRequest) -> Result<(), ProviderError> {
    let what = "Berth's program cannot be put into the container";
    let archive = archive(program()?, request)
        .map_err(|error| ProviderError::Permanent { message: format!("{what}: {error}"), source: None })?;
    let options = UploadToContainerOptionsBuilder::default().path("/").build();
    let body = bollard::body_full(Bytes::from(archive));
    let put = engine.docker.upload_to_container(&recipe::name(request.id), Some(options), body).await;
    put.map_err(|error| engine.error(what, &error))
}

/// A tar of `/.berth` as it begins.
fn archive(program: &[u8], request: &CreateRequest) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::with_capacity(program.len() + 8192));
    let mut add = |path: &str, mode: u32, kind: tar::EntryType, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes)
    };
    add(".berth/", 0o711, tar::EntryType::Directory, &[])?;
    add(PROGRAM.trim_start_matches('/'), 0o755, tar::EntryType::Regular, program)?;
    add(".berth/spec.json", 0o600, tar::EntryType::Regular, &serde_json::to_vec(request)?)?;
    tar.into_inner()
}

/// Connections to supervisors, one for each container, made when first needed.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<HashMap<InstanceId, Arc<tokio::sync::Mutex<Option<Opener>>>>>);

impl Connections {
    /// A connection to the supervisor's control socket.
    pub(super) async fn open(&self, engine: &Engine, id: InstanceId) -> Result<Channel, ProviderError> {
        let place = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(id).or_default())
        };
        // One at a time makes the connection that all share.
        let mut there = place.lock().await;
        if let Some(opener) = there.as_ref().filter(|opener| !opener.is_closed())
            && let Ok(Ok(channel)) = timeout(PATIENCE, opener.open()).await
        {
            return Ok(channel);
        }
        *there = None;
        let opener = timeout(PATIENCE, connect(engine, id)).await.unwrap_or_else(|_| Err(silent(None)))?;
        let opened = timeout(PATIENCE, there.insert(opener).open()).await;
        opened.map_err(|_| silent(None))?.map_err(|error| silent(Some(error)))
    }

    /// Closes the connection that all share; the next one who needs it makes another.
    pub(super) async fn renew(&self, id: InstanceId) {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(place) = place {
            *place.lock().await = None;
        }
    }

    /// Forgets an instance.
    pub(super) fn forget(&self, id: InstanceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

fn silent(error: Option<io::Error>) -> ProviderError {
    ProviderError::Temporary {
        message: "the environment's supervisor does not answer".to_owned(),
        source: error.map(Into::into),
    }
}

/// Starts the program that carries connections, in a container that runs.
async fn connect(engine: &Engine, id: InstanceId) -> Result<Opener, ProviderError> {
    let what = "the environment cannot be reached through its container engine";
    let failed = |error: &bollard::errors::Error| {
        if words::is_gone(error) || words::does_not_run(error) {
            ProviderError::NotReady("the environment's container does not run".to_owned())
        } else {
            engine.error(what, error)
        }
    };
    let options = CreateExecOptions {
        cmd: Some(vec![PROGRAM, CONNECT]),
        user: Some("0:0"),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..CreateExecOptions::default()
    };
    let exec = engine.docker.create_exec(&recipe::name(id), options).await.map_err(|error| failed(&error))?;
    let options = StartExecOptions { output_capacity: Some(PIECE), ..StartExecOptions::default() };
    let started = engine.docker.start_exec(&exec.id, Some(options)).await.map_err(|error| failed(&error))?;
    let StartExecResults::Attached { output, input } = started else {
        return Err(ProviderError::Temporary { message: what.to_owned(), source: None });
    };
    let output = output.filter_map(move |piece| async move {
        match piece {
            Ok(LogOutput::StdOut { message } | LogOutput::Console { message }) => Some(Ok(message)),
            Ok(LogOutput::StdErr { message }) => {
                let message = String::from_utf8_lossy(&message);
                tracing::warn!(instance = %id, message = message.trim(), "the connection into a container complains");
                None
            }
            Ok(LogOutput::StdIn { .. }) => None,
            Err(error) => Some(Err(io::Error::other(error))),
        }
    });
    let (opener, carry) = mux::opener(tokio::io::join(StreamReader::new(Box::pin(output)), input));
    tokio::spawn(async move {
        if let Err(error) = carry.await {
            tracing::debug!(instance = %id, %error, "the connection into a container is over");
        }
    });
    Ok(opener)
}
