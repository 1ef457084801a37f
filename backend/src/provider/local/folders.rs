//! Instances on disk: made, found and removed so that a crash between any two steps does no harm.

use std::{
    fs, io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use berth_shared::api::InstanceId;
use nix::sys::signal::Signal;

use super::LocalSocket;
use crate::{
    provider::{CreateRequest, supervised::client},
    supervisor::{self, InstanceDir, Record, wire::Request},
};

/// How long a supervisor may take for what it does at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often something is looked at that nobody tells about.
const LOOK: Duration = Duration::from_millis(5);

/// The folder of all local instances.
#[derive(Clone, Debug)]
pub(super) struct Folders {
    root: PathBuf,
    program: PathBuf,
}

/// What the folders tell about an instance.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// It is being removed.
    Removing,
    /// It was asked for, and no supervisor has begun.
    Asked,
    /// Its supervisor lives.
    Alive(Record),
    /// Its supervisor is gone.
    Dead(Record),
}

impl Folders {
    /// Instances in the folder `root`; `program` is this program, for supervisors.
    #[must_use]
    pub(super) fn new(root: PathBuf, program: PathBuf) -> Self {
        Self { root, program }
    }

    /// The folder of an instance.
    #[must_use]
    pub(super) fn dir(&self, id: InstanceId) -> InstanceDir {
        InstanceDir::new(self.root.join(id.to_string()))
    }

    fn being_made(&self, id: InstanceId) -> PathBuf {
        self.root.join(format!(".new-{id}"))
    }

    fn being_removed(&self, id: InstanceId) -> PathBuf {
        self.root.join(format!(".gone-{id}"))
    }

    /// Every instance of which there is anything.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn list(&self) -> io::Result<Vec<InstanceId>> {
        let entries = match fs::read_dir(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            let name = name.strip_prefix(".new-").or_else(|| name.strip_prefix(".gone-")).unwrap_or(name);
            found.extend(name.parse::<InstanceId>());
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Looks.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn look(&self, id: InstanceId) -> io::Result<Found> {
        let dir = self.dir(id);
        if !dir.spec().exists() {
            let left = dir.path().exists() || self.being_removed(id).exists();
            return Ok(if left { Found::Removing } else { Found::Nothing });
        }
        if dir.terminating().exists() {
            return Ok(Found::Removing);
        }
        Ok(match supervisor::read_json::<Record>(&dir.record())? {
            None => Found::Asked,
            Some(record) if record.supervisor.is_alive() => Found::Alive(record),
            Some(record) => Found::Dead(record),
        })
    }

    /// Writes down what is asked for, in one step that is seen whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn ask(&self, request: &CreateRequest) -> io::Result<()> {
        supervisor::private_dir(&self.root)?;
        let made = self.being_made(request.id);
        remove_all(&made)?;
        supervisor::private_dir(&made)?;
        let staged = InstanceDir::new(made.clone());
        supervisor::write_json(&staged.spec(), request)?;
        match fs::rename(&made, self.dir(request.id).path()) {
            // Somebody else was quicker.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => remove_all(&made),
            other => other,
        }
    }

    /// Starts a supervisor and waits until it has begun. Does no harm when there is one.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(super) async fn supervise(&self, id: InstanceId) -> io::Result<()> {
        let dir = self.dir(id);
        let output = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(dir.output())?;
        let mut command = tokio::process::Command::new(&self.program);
        // It outlives this server and may be looked at where there are no process numbers of its own.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_secret(name)) {
            command.env_remove(name);
        }
        let mut child = command
            .arg("supervise")
            .arg(dir.path())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(output))
            .kill_on_drop(false)
            .spawn()?;
        let begun = async {
            while !dir.record().exists() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = begun => {
                // Reaped when it ends, should this server live that long.
                tokio::spawn(async move { child.wait().await });
            }
            ended = child.wait() => { ended?; }
            () = tokio::time::sleep(PATIENCE) => {}
        }
        Ok(())
    }

    /// Removes an instance and everything that belongs to it. Goes on where a crash left it.
    ///
    /// # Errors
    /// When something cannot be removed; it may be tried again.
    pub(super) async fn remove(&self, id: InstanceId) -> io::Result<()> {
        remove_all(&self.being_made(id))?;
        let dir = self.dir(id);
        if dir.path().exists() {
            // Without the lock a supervisor that is about to begin would begin.
            let _lock = self.silence(&dir).await?;
            let record: Option<Record> = supervisor::read_json(&dir.record()).unwrap_or(None);
            kill_left(id, record.as_ref()).await?;
            fs::rename(dir.path(), self.being_removed(id))?;
        }
        let gone = self.being_removed(id);
        tokio::task::spawn_blocking(move || remove_all(&gone)).await.map_err(io::Error::other)?
    }

    /// Ends the supervisor; its lock is then ours.
    async fn silence(&self, dir: &InstanceDir) -> io::Result<impl Drop + use<>> {
        let mut patience = PATIENCE;
        let mut asked = false;
        loop {
            if let Some(lock) = dir.try_lock()? {
                return Ok(lock);
            }
            if !asked {
                asked = client::ask(&LocalSocket::new(dir.clone()), &Request::Terminate).await.is_ok();
            }
            tokio::time::sleep(LOOK).await;
            patience = patience.saturating_sub(LOOK);
            if patience.is_zero() {
                patience = PATIENCE;
                if let Some(record) = supervisor::read_json::<Record>(&dir.record())? {
                    record.supervisor.kill();
                }
            }
        }
    }
}

/// Kills what a supervisor that is gone may have left behind.
///
/// # Errors
/// When something does not die.
pub(super) async fn kill_left(id: InstanceId, record: Option<&Record>) -> io::Result<()> {
    let tag = id.to_string();
    let cgroups = record.map(|record| record.cgroups.clone()).unwrap_or_default();
    for _ in 0..2000 {
        if let Some(init) = record.and_then(|record| record.init.as_ref()) {
            init.kill();
        }
        supervisor::kill_cgroups(&cgroups);
        let left = supervisor::process::tagged(&tag);
        if left.is_empty() && cgroups.iter().all(|folder| supervisor::cgroup_members(folder).is_empty()) {
            supervisor::remove_cgroups(&cgroups);
            return Ok(());
        }
        supervisor::process::signal(left, Signal::SIGKILL);
        tokio::time::sleep(LOOK).await;
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "some of its processes do not die"))
}

/// Removes a folder with all that is in it, folders without write permission too.
fn remove_all(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path)?;
            fs::remove_dir_all(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

/// Whether a variable of the server's may hold what is nobody else's: its settings, and the way to an SSH agent.
fn is_secret(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with("BERTH_") || name == "SSH_AUTH_SOCK"
}
