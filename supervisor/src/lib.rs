//! The supervisor: a small process that stands over one environment of the provider `local` and outlives the server.
//!
//! `berth supervise FOLDER` makes the sandbox, runs the job in it, holds the pseudo-terminals, writes the log, and
//! answers on a Unix socket. It holds the folder's lock for as long as it lives: the lock is the truth about that.
//! It does not know the server; any number of servers and `berth attach` may come and go.

mod capture;
mod cgroup;
pub mod clock;
mod code;
mod connect;
pub mod container;
mod environment;
mod exec;
mod fds;
mod folder;
mod identity;
mod isolation;
mod job;
mod layout;
pub mod listen;
pub mod logs;
mod meter;
pub mod mux;
pub mod process;
mod pty;
pub mod python;
mod relay;
mod sandbox;
mod serve;
mod sftp;
pub mod spec;
mod supervise;
mod terminal;
mod unpack;
pub mod wire;
pub mod words;

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde::{Deserialize, Serialize};

pub use cgroup::{
    kill as kill_cgroups, members as cgroup_members, own_memory_limit, remove as remove_cgroups,
};
pub use layout::{InstanceDir, private_dir, read_json, write_json};
pub use process::ProcessIdentity;
use supervise::Stand;

/// What a supervisor writes down about itself, for whoever has to clean up after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of its control protocol.
    pub protocol: u32,
    /// The version of the program.
    pub version: String,
    /// Itself.
    pub supervisor: ProcessIdentity,
    /// The sandbox's first process.
    pub init: Option<ProcessIdentity>,
    /// Folders of its control group.
    pub cgroups: Vec<PathBuf>,
    /// Why it gave up, when it did.
    pub failed: Option<String>,
}

/// Runs the subcommands that only this program itself uses; `None` when the arguments name none of them. To be called
/// before anything else, while there is one thread.
#[must_use]
pub fn dispatch() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let name = arguments.next()?;
    match (name.to_str()?, arguments.next()) {
        ("supervise", Some(folder)) => Some(supervise(Path::new(&folder))),
        (container::GUARD, None) => {
            Some(ended(supervise::run(InstanceDir::new(container::FOLDER.into()), Stand::Container)))
        }
        (container::CONNECT, None) => Some(ended(connect::run(&InstanceDir::new(container::FOLDER.into())))),
        ("sftp", None) => Some(ended(sftp::run())),
        (unpack::NAME, Some(entries)) => Some(unpack::main(&entries, arguments)),
        (folder::NAME, Some(what)) => Some(folder::main(&what, arguments.next().as_deref())),
        ("listen", Some(port)) => Some(ended(listen::run(&port.to_string_lossy()))),
        ("sandbox-init", None) => Some(sandbox::main()),
        ("probe-isolation", Some(folder)) => Some(probe(Path::new(&folder))),
        _ => None,
    }
}

/// Prints, as JSON, the [`berth_shared::api::Isolation`] that an environment would get; `folder` is scratch.
fn probe(folder: &Path) -> ExitCode {
    match supervise::probe(&InstanceDir::new(folder.to_owned())) {
        Ok(isolation) => {
            println!("{isolation}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn supervise(folder: &Path) -> ExitCode {
    ended(supervise::run(InstanceDir::new(folder.to_owned()), Stand::Machine))
}

fn ended(outcome: io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
