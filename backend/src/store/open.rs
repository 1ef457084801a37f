//! Opening the data directory, and the database that servers share.

use std::{
    fmt,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::{Connection as _, migrate::MigrateError};

use super::{
    AuditStore, HostStore, SecretStore, Storage, WebhookStore,
    postgres::{self, LocalHold, Postgres},
    sqlite::{Sqlite, primary_code},
};
use crate::{
    auth::{AuthStore, Ended},
    logs::{DatabaseLogArchive, FileLogArchive},
    orchestrator::LogArchive,
};

/// Where what is remembered is kept.
#[derive(Clone, Default)]
pub enum Address {
    /// SQLite in the data directory, for one server.
    #[default]
    DataDirectory,
    /// A PostgreSQL database, for any number of servers: `postgres://USER@HOST/NAME`.
    Postgres(String),
}

impl fmt::Debug for Address {
    /// Without the address itself, which may have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DataDirectory => "DataDirectory",
            Self::Postgres(_) => "Postgres(…)",
        })
    }
}

/// What is remembered. Cheap to clone; the data directory stays locked until the last clone is gone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) database: Database,
    directory: PathBuf,
    /// Tells of sessions that are ended, on whichever server.
    ended: Ended,
    _lock: Arc<File>,
}

#[derive(Clone, Debug)]
pub(super) enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// What the orchestrator works with.
    #[must_use]
    pub fn storage(&self) -> Arc<dyn Storage> {
        match &self.database {
            Database::Sqlite(sqlite) => Arc::new(sqlite.clone()),
            Database::Postgres(postgres) => Arc::new(postgres.clone()),
        }
    }

    /// Who may come in.
    #[must_use]
    pub fn accounts(&self) -> AuthStore {
        match &self.database {
            Database::Sqlite(sqlite) => {
                AuthStore::sqlite(sqlite.reader.clone(), sqlite.writer.clone()).telling(self.ended.clone())
            }
            Database::Postgres(postgres) => AuthStore::postgres(postgres.pool().clone(), self.ended.clone()),
        }
    }

    /// The SSH hosts that environments run on.
    #[must_use]
    pub fn hosts(&self) -> HostStore {
        match &self.database {
            Database::Sqlite(sqlite) => HostStore::sqlite(sqlite.reader.clone(), sqlite.writer.clone()),
            Database::Postgres(postgres) => HostStore::postgres(postgres.pool().clone()),
        }
    }

    /// What configurations name and nobody reads again.
    #[must_use]
    pub fn secrets(&self) -> SecretStore {
        match &self.database {
            Database::Sqlite(sqlite) => SecretStore::sqlite(sqlite.reader.clone(), sqlite.writer.clone()),
            Database::Postgres(postgres) => SecretStore::postgres(postgres.pool().clone()),
        }
    }

    /// Who did what.
    #[must_use]
    pub fn audit(&self) -> AuditStore {
        match &self.database {
            Database::Sqlite(sqlite) => AuditStore::sqlite(sqlite.reader.clone(), sqlite.writer.clone()),
            Database::Postgres(postgres) => AuditStore::postgres(postgres.pool().clone()),
        }
    }

    /// Who is told of what happens.
    #[must_use]
    pub fn webhooks(&self) -> WebhookStore {
        match &self.database {
            Database::Sqlite(sqlite) => WebhookStore::sqlite(sqlite.reader.clone(), sqlite.writer.clone()),
            Database::Postgres(postgres) => WebhookStore::postgres(postgres.pool().clone()),
        }
    }

    /// Where logs stay when their environment is gone: files in the data directory, or the database that servers share.
    #[must_use]
    pub fn log_archive(&self) -> Arc<dyn LogArchive> {
        match &self.database {
            Database::Sqlite(_) => Arc::new(FileLogArchive::new(self.directory.join("logs"))),
            Database::Postgres(postgres) => Arc::new(DatabaseLogArchive::new(postgres.pool().clone())),
        }
    }

    /// Whether other servers may work on the same database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// Where this server's own files are.
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
    /// The address of a database cannot be read.
    #[error(
        "the address in `--database-url` cannot be used: {0}; write it as `postgres://USER:PASSWORD@HOST:PORT/NAME`, with \
         other characters than letters and digits as `%` and their two hexadecimal digits"
    )]
    Address(String),
    /// A database server cannot be used.
    #[error("the database `{database}` cannot be used: {cause}")]
    Database {
        /// Which, without its password.
        database: String,
        /// In words.
        cause: String,
    },
    /// A newer version has taken away what this one needs.
    #[error(
        "the database `{0}` was changed by a newer version of Berth, and this one cannot work on it any more; start that \
         version"
    )]
    NewerDatabase(String),
    /// Servers of an older version still work on the database, and this one would take away what they need.
    #[error(
        "{servers} older `berth serve` still work on the database `{database}`, and this version needs a change that they \
         cannot live with; stop them, then start this one again"
    )]
    OlderServers {
        /// Which, without its password.
        database: String,
        /// How many.
        servers: u64,
    },
    /// Another server of the database gives out shares of its machine.
    #[error(
        "another `berth serve --local` works on the database `{0}`, and only one may give out shares of its own machine, \
         which the others cannot reach; stop that one, or start this one without `--local`"
    )]
    LocalTaken(String),
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
    open_at(directory, &Address::DataDirectory).await
}

/// As [`open`], with the database at `address`. A server of a shared database has a data directory too, for its own files;
/// no two servers may have the same.
///
/// # Errors
/// See [`OpenError`]. Nothing is lost in any of these cases.
pub async fn open_at(directory: &Path, address: &Address) -> Result<Store, OpenError> {
    let lock = {
        let directory = directory.to_owned();
        tokio::task::spawn_blocking(move || prepare(&directory))
            .await
            .map_err(|e| OpenError::Other { path: PathBuf::new(), cause: e.to_string() })??
    };
    let ended = Ended::default();
    let database = match address {
        Address::DataDirectory => Database::Sqlite(open_sqlite(directory).await?),
        Address::Postgres(url) => {
            Database::Postgres(Postgres::open(url, Some(directory.join("replica")), ended.clone()).await?)
        }
    };
    Ok(Store { database, directory: directory.to_owned(), ended, _lock: Arc::new(lock) })
}

/// Who may come in at a PostgreSQL database that a server has made, who did what there, and what to call the database.
///
/// # Errors
/// [`OpenError::Address`] and [`OpenError::Database`].
pub async fn beside(url: &str) -> Result<(AuthStore, AuditStore, String), OpenError> {
    let options = postgres::options(url)?;
    let database = postgres::shown(&options);
    // By itself first: a pool would hide why it cannot connect.
    let first = sqlx::PgConnection::connect_with(&options).await;
    drop(first.map_err(|error| postgres::open_error(&database, &error))?);
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
    Ok((AuthStore::postgres(pool.clone(), Ended::default()), AuditStore::postgres(pool), database))
}

/// Makes this the one server of its database that may give out shares of its own machine, until the hold is dropped. There is
/// nothing to make sure of when the database is in the data directory.
///
/// # Errors
/// [`OpenError::LocalTaken`] while another one is; the others when the database cannot be used.
pub async fn hold_local(address: &Address) -> Result<LocalHold, OpenError> {
    match address {
        Address::DataDirectory => Ok(LocalHold::alone()),
        Address::Postgres(url) => LocalHold::take(url).await,
    }
}

async fn open_sqlite(directory: &Path) -> Result<Sqlite, OpenError> {
    let file = directory.join("berth.db");
    Sqlite::open(&file).await.map_err(|e| match e {
        MigrateError::VersionMissing(_)
        | MigrateError::VersionTooNew(..)
        | MigrateError::VersionMismatch(_) => OpenError::Newer(file.clone()),
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => database_error(&file, &e),
        e => OpenError::Other { path: file.clone(), cause: e.to_string() },
    })
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
