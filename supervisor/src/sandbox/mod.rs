//! The sandbox: namespaces where the kernel allows, and the process that stands at the head of everything in it.
//!
//! `berth sandbox-init` is that process. It is told over a socket which programs to start, reaps them, and tells how
//! they ended; when the supervisor at the other end is gone it ends everything and itself. With a pid namespace it
//! is that namespace's first process, so the kernel ends the rest; without one it adopts every orphan and kills
//! what is below it.

mod handle;
mod init;
mod link;
mod mounts;
pub(super) mod volumes;

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::identity::Identity;

pub(super) use handle::{Program, Sandbox};
pub(super) use init::main;

/// How a sandbox is made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SandboxSpec {
    /// Which namespaces to ask for.
    pub mode: Mode,
    /// The machine's name inside.
    pub hostname: String,
    /// Absolute path of the home directory inside.
    pub home_dir: PathBuf,
    /// Its place outside.
    pub home: PathBuf,
    /// What is `/workflow` inside.
    pub workflow: PathBuf,
    /// What is `/tmp` inside.
    pub tmp: PathBuf,
    /// What is `/etc/hosts` inside.
    pub hosts: PathBuf,
    /// What is [`PYTHON_DIR`] inside, and folders of the machine that must stay visible for it.
    pub python: Option<(PathBuf, Vec<PathBuf>)>,
    /// What of the machine is shown besides.
    #[serde(default)]
    pub volumes: Vec<volumes::Volume>,
    /// A folder that nobody inside may see.
    pub hidden: PathBuf,
    /// An empty folder to put the new root together on.
    pub root: PathBuf,
    /// Size of `/dev/shm`, bytes; `None` = half the machine's RAM.
    pub shm_bytes: Option<u64>,
    /// Files to write `0` to, to be limited.
    pub entrances: Vec<PathBuf>,
    /// Whose programs are started; `None` = the supervisor's own user's.
    pub identity: Option<Identity>,
}

/// Where the working directory is inside a sandbox with mounts of its own.
pub(super) const WORKFLOW_DIR: &str = "/workflow";

/// Where the Python environment is inside a sandbox with mounts of its own.
pub(super) const PYTHON_DIR: &str = "/python";

/// Which namespaces a sandbox asks for. What it asks for and does not get is an error, and the next mode is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Mode {
    /// Mounts, processes, host name and IPC, with the rights that this process has.
    Direct,
    /// The same inside a user namespace, which ordinary users may make on most machines.
    User,
    /// As [`Mode::User`], with the machine's process numbers: where a fresh `/proc` may not be mounted.
    UserWithoutPid,
    /// None at all.
    Plain,
    /// None, because a container is around it already.
    Container,
}

impl Mode {
    /// From the best to the one that always works.
    #[must_use]
    pub(super) fn ladder(root: bool) -> &'static [Self] {
        const ALL: [Mode; 4] = [Mode::Direct, Mode::User, Mode::UserWithoutPid, Mode::Plain];
        if root { &ALL } else { &ALL[1..] }
    }

    /// The kernel's names of its namespaces.
    #[must_use]
    pub(super) fn namespaces(self) -> &'static [&'static str] {
        match self {
            Self::Direct => &["pid", "mount", "uts", "ipc"],
            Self::User => &["user", "pid", "mount", "uts", "ipc"],
            Self::UserWithoutPid => &["user", "mount", "uts", "ipc"],
            Self::Plain | Self::Container => &[],
        }
    }

    /// Whether it has mounts of its own, and so a `/workflow`.
    #[must_use]
    pub(super) fn has_mounts(self) -> bool {
        !matches!(self, Self::Plain | Self::Container)
    }

    /// Whether it has process numbers of its own.
    #[must_use]
    pub(super) fn has_pids(self) -> bool {
        matches!(self, Self::Direct | Self::User)
    }
}

/// A program to start inside. Its descriptors come beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Launch {
    id: u64,
    argv: Vec<String>,
    env: BTreeMap<String, String>,
    cwd: PathBuf,
    /// Whether descriptor 0 is a terminal that it is to control.
    terminal: bool,
    /// Number of each descriptor inside; 0, 1 and 2 are always there.
    numbers: Vec<i32>,
}

/// To the first process.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Order {
    /// Start a program; a [`Launch`] is in the first descriptor.
    Launch,
    /// Send a signal to everything inside but the first process.
    Signal(i32),
    /// Hang up the terminals: an interactive shell heeds nothing else.
    HangUp,
}

/// From the first process.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Notice {
    /// The first process has this number outside. Comes from the one that forked it.
    Forked(i32),
    /// The sandbox stands.
    Ready,
    /// It cannot be made in this mode. Nothing follows.
    Failed(String),
    /// A program was started and has this number inside.
    Started(u64, i32),
    /// It could not be started.
    NotStarted(u64, String),
    /// It has ended: 0-255, or 128 + signal.
    Exited(u64, i32),
    /// Nothing runs inside any more but the first process.
    Empty,
}
