//! SQLite in the data directory: one file, no set-up.

mod code;
mod commit;
mod lease;
mod ledger;
mod limits;
mod pools;
mod read;
mod settings;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use berth_shared::{
    api::{
        Allocation, EventSeq, Instance, InstanceId, JobId, Orphan, Pool, ProjectSettings, Run, RunDetail,
        RunId,
    },
    time::Timestamp,
};
use serde::de::DeserializeOwned;
use sqlx::{
    Connection as _, Row, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};

use uuid::Uuid;

#[cfg(test)]
pub(super) use self::{pools::LOOK, read::EVENTS_AFTER};
use crate::failpoint;

use super::{
    Beat, Change, CodeStore, CommitError, InstanceRow, JobRow, Lease, LeaseRequest, LimitBooks, Signals,
    Snapshot, Source, Storage, StoreError, StoredEvent, Stretch, Use, Whole, forget::Forget,
};

/// Versions only ever rise; a migration that has been released is never changed.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// How much of the database the writing connection keeps in memory at most: -KiB. What it writes lies scattered in a large
/// index, and forgetting events takes half the time when each page is not read and written anew for each of them.
const WRITER_CACHE: &str = "-65536";

/// The database. All writes go through one connection, so that they never wait for each other inside SQLite.
#[derive(Clone, Debug)]
pub(super) struct Sqlite {
    pub(super) writer: SqlitePool,
    pub(super) reader: SqlitePool,
    signals: Signals,
    installation: Uuid,
    forget: Arc<Forget>,
    last: Arc<commit::Last>,
}

impl Sqlite {
    pub(super) async fn open(file: &Path) -> Result<Self, MigrateError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // With a write-ahead log nothing that was committed is lost when the process dies. A power cut may
            // take the last commits, never the consistency; the sweep finds what they had created.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            // SQLite itself takes a transaction back when the disk is full. The connection then believes to be in it
            // for ever, and no other could begin; a new connection knows better.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    if failpoint::wanted() {
                        connection.lock_handle().await?.set_commit_hook(|| {
                            failpoint::reach(&["transaction"]);
                            true
                        });
                    }
                    Ok(())
                })
            })
            .connect_with(options.clone().pragma("cache_size", WRITER_CACHE))
            .await?;
        let reader = SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options);
        MIGRATIONS.run(&writer).await?;
        let row = sqlx::query("SELECT id FROM installation").fetch_one(&writer).await?;
        let installation =
            row.try_get::<&str, _>(0)?.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
        let sqlite = Self {
            writer,
            reader,
            signals: Signals::default(),
            installation,
            forget: Arc::default(),
            last: Arc::default(),
        };
        let mut connection = sqlite.writer.acquire().await?;
        sqlite
            .signals
            .wrote(read::newest(&mut connection).await.map_err(|e| sqlx::Error::Decode(Box::new(e)))?);
        drop(connection);
        Ok(sqlite)
    }
}

#[cfg(test)]
impl Sqlite {
    /// Somebody else has written events.
    pub(super) fn written_beside(&self) {
        *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }
}

#[async_trait]
impl Storage for Sqlite {
    fn signals(&self) -> &Signals {
        &self.signals
    }

    fn installation(&self) -> Uuid {
        self.installation
    }

    fn code(&self) -> &dyn CodeStore {
        self
    }

    async fn commit(&self, change: &Change) -> Result<EventSeq, CommitError> {
        let seq = commit::commit(&self.writer, &self.last, change).await?;
        self.signals.wrote(seq);
        self.signals.wake();
        Ok(seq)
    }

    async fn lease(&self, request: &LeaseRequest<'_>) -> Result<Vec<Lease>, StoreError> {
        lease::lease(&self.writer, request).await
    }

    async fn release(&self, lease: &Lease, next_due: Option<Timestamp>) -> Result<(), StoreError> {
        lease::release(&self.writer, lease, next_due).await
    }

    async fn release_all(&self, leases: &[(Lease, Option<Timestamp>)]) -> Result<(), StoreError> {
        lease::release_all(&self.writer, leases).await
    }

    async fn next_due(&self, backends: &[String]) -> Result<Option<Timestamp>, StoreError> {
        lease::next_due(&self.reader, backends).await
    }

    async fn wake(&self, instances: &[InstanceId]) -> Result<Vec<RunId>, StoreError> {
        let runs = lease::wake(&self.writer, instances).await?;
        self.signals.wake();
        Ok(runs)
    }

    async fn disown(&self, owner: &str, known: &[Uuid]) -> Result<(), StoreError> {
        if lease::disown(&self.writer, owner, known).await? {
            self.signals.wake();
        }
        Ok(())
    }

    // The data directory is locked: whoever has it open is alone.

    async fn join(&self, _owner: &str, _now: Timestamp) -> Result<Beat, StoreError> {
        lease::take_over(&self.writer).await?;
        self.signals.wake();
        Ok(ALONE)
    }

    async fn beat(&self, _owner: &str, _now: Timestamp) -> Result<Beat, StoreError> {
        Ok(ALONE)
    }

    async fn leave(&self, owner: &str) -> Result<(), StoreError> {
        lease::leave(&self.writer, owner).await
    }

    async fn claim(
        &self,
        task: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        lease::claim(&self.writer, task, owner, now, until).await
    }

    async fn whole(&self, run: RunId) -> Result<Option<Whole>, StoreError> {
        read::whole(&self.reader, run).await
    }

    async fn whole_of_job(&self, job: JobId) -> Result<Option<Whole>, StoreError> {
        read::whole_of_job(&self.reader, job).await
    }

    async fn instance(&self, id: InstanceId) -> Result<Option<(InstanceRow, Option<JobRow>)>, StoreError> {
        read::instance(&self.reader, id).await
    }

    async fn touch(&self, run: RunId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO activity (run_id, active_at) SELECT id, ?2 FROM runs WHERE id = ?1
                   ON CONFLICT (run_id) DO UPDATE SET active_at = max(active_at, excluded.active_at)";
        sqlx::query(sql).bind(run.to_string()).bind(at.0).execute(&self.writer).await?;
        Ok(())
    }

    async fn active_at(&self, run: RunId) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT active_at FROM activity WHERE run_id = ?";
        let at = sqlx::query_scalar(sql).bind(run.to_string()).fetch_optional(&self.reader).await?;
        Ok(at.map(Timestamp))
    }

    async fn inactive_runs(&self, before: Timestamp) -> Result<Vec<Run>, StoreError> {
        read::inactive_runs(&self.reader, before).await
    }

    async fn in_front(&self, project: &str, above: i64, limit: u32) -> Result<Vec<Run>, StoreError> {
        read::in_front(&self.reader, project, above, limit).await
    }

    async fn source(&self, run: RunId) -> Result<Option<Source>, StoreError> {
        read::source(&self.reader, run).await
    }

    async fn newest_of_name(&self, project: &str, name: &str) -> Result<Option<RunId>, StoreError> {
        read::newest_of_name(&self.reader, project, name).await
    }

    async fn runs(
        &self,
        project: &str,
        active: bool,
        before: Option<(Timestamp, RunId)>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        read::runs(&self.reader, project, active, before, limit).await
    }

    async fn instances(
        &self,
        project: &str,
        after: Option<(Timestamp, InstanceId)>,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError> {
        read::instances(&self.reader, project, after, limit).await
    }

    async fn default_pool(&self, project: &str) -> Result<Option<String>, StoreError> {
        pools::default(&self.reader, project).await
    }

    async fn active_instances(&self) -> Result<Vec<InstanceRow>, StoreError> {
        read::active_instances(&self.reader).await
    }

    async fn idle_instances(&self, project: &str, pool: &str) -> Result<Vec<InstanceRow>, StoreError> {
        pools::idle(&self.reader, project, pool).await
    }

    async fn pool_instances(
        &self,
        project: &str,
        pool: &str,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError> {
        pools::instances(&self.reader, project, pool, limit).await
    }

    async fn held(&self, backend: &str) -> Result<Vec<Allocation>, StoreError> {
        pools::held(&self.reader, backend).await
    }

    async fn pools(&self, project: &str) -> Result<Vec<Pool>, StoreError> {
        pools::pools(&self.reader, project).await
    }

    async fn orphans(&self) -> Result<Vec<Orphan>, StoreError> {
        pools::orphans(&self.reader).await
    }

    async fn settings(&self, project: &str) -> Result<ProjectSettings, StoreError> {
        settings::of(&self.reader, project).await
    }

    async fn limits(&self) -> Result<LimitBooks, StoreError> {
        limits::books(&self.reader).await
    }

    async fn used(&self, project: &str, now: Timestamp) -> Result<Use, StoreError> {
        let mut connection = self.reader.acquire().await?;
        ledger::used(&mut connection, project, now, true).await
    }

    async fn stretches(
        &self,
        project: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Stretch>, StoreError> {
        ledger::stretches(&self.reader, project, from, until).await
    }

    async fn settle(&self, limit: u32) -> Result<u64, StoreError> {
        ledger::settle(&self.writer, limit).await
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let events = pools::Events { reader: &self.reader, writer: &self.writer };
        self.forget.events(&events, before, limit).await
    }

    async fn detail(&self, run: RunId) -> Result<Option<RunDetail>, StoreError> {
        read::detail(&self.reader, run).await
    }

    async fn events_after(&self, seq: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        read::events_after(&self.reader, seq, limit).await
    }

    async fn snapshot(&self, project: &str, now: Timestamp) -> Result<Snapshot, StoreError> {
        read::snapshot(&self.reader, project, now).await
    }

    async fn newest(&self) -> Result<EventSeq, StoreError> {
        let mut connection = self.reader.acquire().await?;
        read::newest(&mut connection).await
    }
}

/// What there is to say when nobody else can be there.
const ALONE: Beat = Beat { replicas: 1, ended: 0, skew_millis: None };

/// SQLite's own word; PostgreSQL's errors have [`super::postgres_error`].
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let told = match (primary_code(&error), &error) {
            (Some(SQLITE_FULL), _) => return Self::DiskFull,
            (Some(SQLITE_BUSY), _) | (_, sqlx::Error::PoolTimedOut) => {
                "the database has too much to do; try again in a moment"
            }
            (Some(SQLITE_READONLY | SQLITE_IOERR | SQLITE_CANTOPEN), _) => {
                "the database's files cannot be read or written; look at the disk with the data directory"
            }
            (_, sqlx::Error::PoolClosed) => "the server stops",
            _ => return Self::Database(error),
        };
        tracing::warn!(cause = %error, "SQLite cannot be used just now");
        Self::Unavailable(told.to_owned())
    }
}

// https://www.sqlite.org/rescode.html
const SQLITE_BUSY: i32 = 5;
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_FULL: i32 = 13;
const SQLITE_CANTOPEN: i32 = 14;

impl From<sqlx::Error> for CommitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// SQLite's primary result code.
pub(super) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<i32>().ok().map(|code| code & 0xff)
}

/// A column that holds JSON.
fn json<T: DeserializeOwned>(row: &SqliteRow, column: &'static str) -> Result<T, StoreError> {
    parse(column, row.try_get::<&str, _>(column)?)
}

/// As [`json`], for a column that may be empty.
fn json_option<T: DeserializeOwned>(row: &SqliteRow, column: &'static str) -> Result<Option<T>, StoreError> {
    row.try_get::<Option<&str>, _>(column)?.map(|text| parse(column, text)).transpose()
}

fn parse<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt { what, cause: e.to_string() })
}

/// A column that holds one of our identifiers.
fn id<T: std::str::FromStr<Err = uuid::Error>>(
    row: &SqliteRow,
    column: &'static str,
) -> Result<T, StoreError> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|e: uuid::Error| StoreError::Corrupt { what: column, cause: e.to_string() })
}

/// A value as JSON. Our rows have no keys that JSON cannot hold, so this cannot fail for them.
fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Corrupt { what: "row", cause: e.to_string() })
}
