//! Opens the accounts of a data directory, also while a server runs on it.

use std::{path::PathBuf, sync::Arc};

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use super::{data_dir::NoDataDir, random};
use crate::{
    audit::{Audit, Draft},
    auth::{Auth, AuthStore},
    clock::{Clock as _, SystemClock},
    store::{self, Address, AuditStore, OpenError, StoreError},
};

/// Why they cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum AccountsError {
    #[error(transparent)]
    NoDataDir(#[from] NoDataDir),
    #[error(
        "there is no server's state in `{}`; start `berth serve` first, or name its directory with `--data-dir`",
        .0.display()
    )]
    NoState(PathBuf),
    #[error("cannot work on the accounts in `{database}`")]
    Database {
        database: String,
        #[source]
        source: StoreError,
    },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(
        "the administrator already has a token named `{0}`; choose another name, or revoke that one first"
    )]
    LabelTaken(String),
    #[error("the administrator has no token named `{0}`; `berth token list` lists them")]
    NoLabel(String),
    #[error("nobody here is called `{0}`; `berth people list` lists who is there")]
    NoPerson(String),
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    #[error("cannot draw random numbers")]
    Random(#[from] rand::rngs::SysError),
}

/// The accounts of one data directory.
pub(super) struct Accounts {
    pub(super) auth: Auth,
    pub(super) store: AuthStore,
    pub(super) audit: AuditStore,
    /// Which database it is, for people.
    database: String,
}

impl Accounts {
    /// Opens them. Only a server creates a database.
    pub(super) async fn open(directory: &std::path::Path, address: &Address) -> Result<Self, AccountsError> {
        let (store, audit, database) = match address {
            Address::DataDirectory => Self::sqlite(directory).await?,
            Address::Postgres(url) => store::beside(url).await?,
        };
        let auth = Auth::new(store.clone(), Arc::new(SystemClock), random()?);
        Ok(Self { auth, store, audit, database })
    }

    /// Writes into the audit log what was done here, which is nobody's who is signed in: whoever may write the database did it.
    pub(super) async fn record(&self, action: &'static str, target: &str, detail: Option<String>) {
        let audit = Audit::new(self.audit.clone(), Arc::new(SystemClock));
        let by = format!("by the system's user {}", nix::unistd::getuid());
        let detail = Some(detail.map_or_else(|| by.clone(), |detail| format!("{detail}; {by}")));
        let draft = Draft::of_the_machine(action, Some(target.to_owned()), SystemClock.now());
        audit.record(Draft { detail, ..draft }).await;
        if audit.failures() > 0 {
            eprintln!(
                "warning: this is done, and could not be written into the audit log of `{}`",
                self.database
            );
        }
    }

    async fn sqlite(directory: &std::path::Path) -> Result<(AuthStore, AuditStore, String), AccountsError> {
        let path = directory.join("berth.db");
        if !path.is_file() {
            return Err(AccountsError::NoState(directory.to_owned()));
        }
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(std::time::Duration::from_secs(10))
            .foreign_keys(true);
        let database = path.display().to_string();
        let pool = SqlitePool::connect_with(options)
            .await
            .map_err(|error| AccountsError::Database { database: database.clone(), source: error.into() })?;
        Ok((AuthStore::sqlite(pool.clone(), pool.clone()), AuditStore::sqlite(pool.clone(), pool), database))
    }

    /// Whom all of this is for where nobody is named: the admin who has been there longest.
    pub(super) async fn user(&self) -> Result<String, AccountsError> {
        self.auth.first_admin().await.map_err(|source| self.failed(source))
    }

    /// Which database it is, for people.
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// Says which database it was.
    pub(super) fn failed(&self, source: StoreError) -> AccountsError {
        AccountsError::Database { database: self.database.clone(), source }
    }
}

/// Runs one command on a small runtime.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, AccountsError>>) -> Result<T, AccountsError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AccountsError::Runtime)?
        .block_on(work)
}
