//! Opening the data directory.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::{SqlitePool, migrate::MigrateError};

use super::{
    Storage,
    sqlite::{Sqlite, primary_code},
};

/// What is remembered. Cheap to clone; the data directory stays locked until the last clone is gone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) sqlite: Sqlite,
    directory: PathBuf,
}

impl Store {
    /// What the orchestrator works with.
    #[must_use]
    pub fn storage(&self) -> Arc<dyn Storage> {
        Arc::new(self.sqlite.clone())
    }

    /// For reading.
    #[must_use]
    pub fn reader(&self) -> &SqlitePool {
        &self.sqlite.reader
    }

    /// For writing: one connection, so that writers take turns. Begin transactions with `BEGIN IMMEDIATE` and
    /// hold them for milliseconds.
    #[must_use]
    pub fn writer(&self) -> &SqlitePool {
        &self.sqlite.writer
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Why the data directory cannot be used; says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is a file or the like.
    #[error("the data directory `{}` is not a directory; choose another one with `--data-dir`", .0.display())]
    NotADirectory(PathBuf),
    /// It cannot be written.
    #[error(
        "the data directory `{}` cannot be written ({cause}); make it writable for the user who runs `berth`, \
         or choose another one with `--data-dir`", path.display()
    )]
    ReadOnly {
        /// The directory, or the file in it.
        path: PathBuf,
        /// In the system's words.
        cause: String,
    },
    /// Another server uses it.
    #[error(
        "the data directory `{}` is in use by another `berth serve`{}; stop that one, or choose another \
         directory with `--data-dir`", path.display(), pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
    )]
    Locked {
        /// The directory.
        path: PathBuf,
        /// The other server.
        pid: Option<u32>,
    },
    /// A newer version has written it.
    #[error(
        "the database `{}` was written by a newer version of Berth; start that version, or choose another \
         directory with `--data-dir`", .0.display()
    )]
    Newer(PathBuf),
    /// There is no room.
    #[error("no space is left for the database `{}`; free some, then start again", .0.display())]
    DiskFull(PathBuf),
    /// It is no database, or a broken one.
    #[error(
        "`{}` is not a database that Berth can read ({cause}); restore a backup, or move it away to begin anew",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// In the database's words.
        cause: String,
    },
    /// Anything else.
    #[error("the data directory `{}` cannot be used: {cause}", path.display())]
    Other {
        /// The directory, or the file in it.
        path: PathBuf,
        /// In the system's words.
        cause: String,
    },
}

/// Opens the data directory, creating it (for its owner alone) when there is none, and brings its database up
/// to date. The directory is locked while the [`Store`] lives; the lock goes with the process, however it ends.
///
/// # Errors
/// See [`OpenError`]. Nothing is lost in any of these cases.
pub async fn open(directory: &Path) -> Result<Store, OpenError> {
    let lock = {
        let directory = directory.to_owned();
        tokio::task::spawn_blocking(move || prepare(&directory))
            .await
            .map_err(|e| OpenError::Other { path: PathBuf::new(), cause: e.to_string() })??
    };
    let file = directory.join("berth.db");
    let sqlite = Sqlite::open(&file, lock).await.map_err(|e| match e {
        MigrateError::VersionMissing(_)
        | MigrateError::VersionTooNew(..)
        | MigrateError::VersionMismatch(_) => OpenError::Newer(file.clone()),
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => database_error(&file, &e),
        e => OpenError::Other { path: file.clone(), cause: e.to_string() },
    })?;
    Ok(Store { sqlite, directory: directory.to_owned() })
}

/// Makes the directory and takes its lock.
fn prepare(directory: &Path) -> Result<File, OpenError> {
    match fs::metadata(directory) {
        Ok(found) if !found.is_dir() => return Err(OpenError::NotADirectory(directory.to_owned())),
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|e| io_error(directory, &e))?,
        Err(e) => return Err(io_error(directory, &e)),
    }
    let path = directory.join("lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|e| io_error(&path, &e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let read = file.read_to_string(&mut pid);
            let pid = read.ok().and_then(|_| pid.trim().parse().ok());
            return Err(OpenError::Locked { path: directory.to_owned(), pid });
        }
        Err(TryLockError::Error(e)) => return Err(io_error(&path, &e)),
    }
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    write(&mut file).map_err(|e| io_error(&path, &e))?;
    Ok(file)
}

fn io_error(path: &Path, error: &io::Error) -> OpenError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            OpenError::ReadOnly { path, cause: error.to_string() }
        }
        io::ErrorKind::NotADirectory => OpenError::NotADirectory(path),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OpenError::DiskFull(path),
        _ => OpenError::Other { path, cause: error.to_string() },
    }
}

/// SQLite's primary result codes: <https://www.sqlite.org/rescode.html>.
fn database_error(path: &Path, error: &sqlx::Error) -> OpenError {
    let path = path.to_owned();
    let cause = error.as_database_error().map_or_else(|| error.to_string(), |e| e.message().to_owned());
    if let sqlx::Error::Io(e) = error {
        return io_error(&path, e);
    }
    match primary_code(error) {
        Some(3 | 8 | 14) => OpenError::ReadOnly { path, cause },
        Some(5 | 6) => OpenError::Locked { path, pid: None },
        Some(11 | 26) => OpenError::Broken { path, cause },
        Some(13) => OpenError::DiskFull(path),
        _ => OpenError::Other { path, cause },
    }
}
