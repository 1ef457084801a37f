//! What is asked of an environment, and what it says of itself: what a server, a supervisor and the files between them share.

use std::{collections::BTreeMap, fmt};

use berth_shared::{
    api::{InstanceId, JobId, JobReason, PlannedOffer, RunCode, TerminalSize},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Asks for an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateRequest {
    /// Its tag.
    pub id: InstanceId,
    /// For people: the name of the run it is made for.
    pub name: String,
    /// The offer, with its allocation, that the plan gave.
    pub planned: PlannedOffer,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobSpec {
    /// Its identifier.
    pub id: JobId,
    /// Rises with each job that the instance is given, from 1: a server that comes too late must not begin a former one.
    #[serde(default)]
    pub turn: u64,
    /// The run's name.
    pub run_name: String,
    /// Absolute path of the home directory inside the environment.
    pub home_dir: String,
    /// `3.8` to `3.12`, when a version was asked for.
    pub python: Option<String>,
    /// The configuration's variables, those that the submitter gave values for included. The environment adds the
    /// defaults (`spec/dstack-0.18.md` §6) below them. May hold secrets: never logged.
    pub env: BTreeMap<String, String>,
    /// Where commands and terminals begin: an absolute path, or one below the working directory, which it is when `None`.
    #[serde(default)]
    pub working_dir: Option<String>,
    /// What runs the commands and is in terminals: `sh`, `bash` or an absolute path; the better one of `bash` and `sh` when `None`.
    #[serde(default)]
    pub shell: Option<String>,
    /// Commands to run once.
    pub setup: Vec<String>,
    /// Commands to run at each start.
    pub init: Vec<String>,
    /// Shared memory in bytes; `None` = the machine's own.
    pub shm_bytes: Option<u64>,
    /// What its container is made of, where it runs in one.
    #[serde(default)]
    pub container: ContainerSpec,
    /// What is in the working directory before `setup`. An archive is asked for by [`JobObservation::WaitingForCode`].
    #[serde(default)]
    pub code: Option<RunCode>,
    /// What a clone of the code is let in by. Secret: never logged, and gone with the clone.
    #[serde(default)]
    pub git: Option<GitAccess>,
    /// What the log says when the environment can be worked in: the ways in.
    #[serde(default)]
    pub welcome: Vec<String>,
}

/// What `git` is let in by at one place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitAccess {
    /// Where: `https://HOST[:PORT]` or `http://HOST[:PORT]`. It is told to no other.
    pub place: String,
    /// The user's name, one line.
    pub username: String,
    /// The password or token, one line.
    pub password: String,
}

impl fmt::Debug for GitAccess {
    /// Without what lets in, wherever this is printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitAccess").field("place", &self.place).finish_non_exhaustive()
    }
}

/// What a job's container is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// The image; `None` = the default one for the job's Python.
    pub image: Option<String>,
    /// Credentials for its registry. Secret: never logged, and never told to the environment itself.
    pub registry_auth: Option<RegistryAuth>,
    /// A program and its arguments that is given the job's shell as its command; none = the shell itself.
    pub entrypoint: Vec<String>,
    /// Whose programs the job's are: who was asked for, else `USER` of the image, which its provider finds out.
    /// `NAME|UID[:GROUP|GID]`; `None` or empty = root.
    pub user: Option<String>,
    /// What is mounted in it besides; in an environment of processes, too.
    #[serde(default)]
    pub mounts: Vec<MountSpec>,
    /// What it is marked with at its engine besides: the run's tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Whether the container may do what its machine may.
    #[serde(default)]
    pub privileged: bool,
}

/// Something that is mounted in an environment, and outlives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountSpec {
    /// What.
    pub source: MountSource,
    /// Where, absolute.
    pub target: String,
}

/// What is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountSource {
    /// A folder or a file of the machine.
    Path {
        /// Where it is there, absolute.
        path: String,
        /// Whether the job begins without it where it is not there.
        optional: bool,
    },
    /// A volume of the machine's engine, which is made where there is none.
    Volume {
        /// The project that it belongs to.
        project: String,
        /// Its name there.
        name: String,
    },
}

/// Credentials for a registry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryAuth {
    /// The account.
    pub username: String,
    /// Its password or token.
    pub password: String,
}

impl std::fmt::Debug for RegistryAuth {
    /// Without the password, wherever this is printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistryAuth").field("username", &self.username).finish_non_exhaustive()
    }
}

/// How a job is, as its environment sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobObservation {
    /// Not begun.
    None,
    /// Its working directory is to be filled first: waits for the archive.
    WaitingForCode {
        /// The job.
        job_id: JobId,
    },
    /// Runs `setup`.
    SettingUp {
        /// The job.
        job_id: JobId,
        /// "setup 1 of 2: pip install …"
        progress: String,
        /// Since when.
        since: Timestamp,
    },
    /// `setup` is done; the environment can be worked in.
    Running {
        /// The job.
        job_id: JobId,
        /// What `init` is doing, while it does.
        progress: Option<String>,
        /// The commit of the repository that was cloned for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
        /// Since when.
        since: Timestamp,
    },
    /// Being stopped.
    Stopping {
        /// The job.
        job_id: JobId,
    },
    /// Over; no process of it is left.
    Ended {
        /// The job.
        job_id: JobId,
        /// Why.
        reason: JobReason,
        /// In words: "`pip install x` ended with exit status 1".
        message: Option<String>,
        /// When.
        at: Timestamp,
    },
}

/// A program to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecSpec {
    /// What [`ExecSpec::via`] makes of it.
    pub argv: Vec<String>,
    /// What runs it.
    #[serde(default)]
    pub via: Via,
    /// Working directory: an absolute path, or `~` for the home directory; `/workflow` when `None`.
    pub cwd: Option<String>,
    /// Variables besides the job's.
    pub env: BTreeMap<String, String>,
    /// The size of a terminal that the program is to have; `None` = pipes. With a terminal all its output is standard output.
    #[serde(default)]
    pub terminal: Option<TerminalSize>,
}

/// What runs a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// `argv` is the program and its arguments.
    #[default]
    Itself,
    /// `argv` is one command for the user's shell, or nothing for the shell itself.
    Shell,
    /// `argv` are arguments of the supervisor's own program: what an image need not have, such as an SFTP server.
    Supervisor,
}
