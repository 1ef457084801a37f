//! The files of one instance.

use std::{
    fs, io,
    io::Write,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::{DirBuilderExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use nix::fcntl::{Flock, FlockArg};
use serde::{Serialize, de::DeserializeOwned};

/// The folder of one instance: `DATA_DIR/local/INSTANCE-ID`.
#[derive(Clone, Debug)]
pub struct InstanceDir(PathBuf);

impl InstanceDir {
    /// The folder at `path`, there or not.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What was asked for. Its presence makes the folder an instance.
    #[must_use]
    pub fn spec(&self) -> PathBuf {
        self.0.join("spec.json")
    }

    /// Held by the supervisor for as long as it lives.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Who the supervisor is and what it started; see [`super::Record`].
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.0.join("supervisor.json")
    }

    /// Says that the instance is being removed.
    #[must_use]
    pub fn terminating(&self) -> PathBuf {
        self.0.join("terminating")
    }

    /// What the supervisor itself prints, normally nothing.
    #[must_use]
    pub fn output(&self) -> PathBuf {
        self.0.join("supervisor.log")
    }

    /// The job's log, a folder of [`crate::logs`].
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// The home directory.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.0.join("home")
    }

    /// The working directory.
    #[must_use]
    pub fn workflow(&self) -> PathBuf {
        self.0.join("workflow")
    }

    /// Its `/tmp`.
    #[must_use]
    pub fn tmp(&self) -> PathBuf {
        self.0.join("tmp")
    }

    /// Its Python environment, when a version was asked for.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        self.0.join("python")
    }

    /// Where the sandbox is put together; always empty as seen from outside.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    /// Its `/etc/hosts`.
    #[must_use]
    pub fn hosts(&self) -> PathBuf {
        self.0.join("hosts")
    }

    /// The control socket by a path that is short whatever the folder's own is: a socket's path may have 107 bytes.
    /// Valid while the descriptor that comes with it is open.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    pub fn socket(&self) -> io::Result<(OwnedFd, PathBuf)> {
        let dir: OwnedFd = fs::OpenOptions::new()
            .read(true)
            .custom_flags(nix::libc::O_DIRECTORY | nix::libc::O_PATH)
            .open(&self.0)?
            .into();
        let path = PathBuf::from(format!("/proc/self/fd/{}/control.sock", dir.as_raw_fd()));
        Ok((dir, path))
    }

    /// Takes the supervisor's lock; `None` when another process holds it.
    ///
    /// # Errors
    /// When the folder is not there or cannot be written.
    pub fn try_lock(&self) -> io::Result<Option<Flock<fs::File>>> {
        let file =
            fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(self.lock())?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Some(lock)),
            Err((_, nix::errno::Errno::EAGAIN)) => Ok(None),
            Err((_, errno)) => Err(errno.into()),
        }
    }
}

/// Makes a folder that only its owner may look into; one that is there stays as it is.
///
/// # Errors
/// When it cannot be made.
pub fn private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes `value` as JSON so that readers see the old file or the new one, never half of one.
///
/// # Errors
/// When it cannot be written; the old file is then still there.
pub fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    file.sync_data()?;
    fs::rename(&beside, path)
}

/// Reads a file of [`write_json`]; `None` when it is not there.
///
/// # Errors
/// When it cannot be read or holds something else.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
