//! Connecting, and bringing the tables up to date.

use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool, Row,
    migrate::{Migrate as _, MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;
use uuid::Uuid;

use super::{Inner, group::Writer, listen, open_error, replicas::Predecessor};
use crate::{
    auth::Ended,
    store::{OpenError, Signals, forget::Forget},
};

/// Connections that one server uses at most, besides those that it listens with.
const CONNECTIONS: u32 = 10;

/// For how long somebody waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);

/// What every connection begins with: nothing waits for ever.
const OPTIONS: [(&str, &str); 3] =
    [("statement_timeout", "15s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "30s")];

/// A PostgreSQL database.
#[derive(Debug)]
pub(in crate::store) struct Postgres(pub(super) Arc<Inner>);

/// Versions only ever rise; a migration that has been released is never changed. One whose name begins with `contract` takes
/// something away: it raises `installation.oldest`, and waits for servers that still need it.
pub(in crate::store) fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("./migrations/postgres");
    // A newer server may have expanded the tables; `installation.oldest` says whether they still suit us.
    migrations.set_ignore_missing(true);
    migrations
}

/// The newest migration of this program.
pub(super) fn known(migrations: &Migrator) -> i64 {
    migrations.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// An address as it may be shown: without the password.
pub(in crate::store) fn shown(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or_else(
        || format!("{}:{}", options.get_host(), options.get_port()),
        |socket| socket.display().to_string(),
    );
    format!("{}@{host}/{}", options.get_username(), options.get_database().unwrap_or(options.get_username()))
}

impl Postgres {
    /// Connects to the database of this address, `postgres://USER@HOST/NAME`. `remember` is where a server notes under which
    /// name it works, so that the next one in the same data directory can end what a crash has left.
    pub(in crate::store) async fn open(
        url: &str,
        remember: Option<PathBuf>,
        ended: Ended,
    ) -> Result<Self, OpenError> {
        Self::open_with(url, remember, ended, &migrations()).await
    }

    /// The same with other migrations than this program's own, as another version would have.
    pub(in crate::store) async fn open_with(
        url: &str,
        remember: Option<PathBuf>,
        ended: Ended,
        migrations: &Migrator,
    ) -> Result<Self, OpenError> {
        let options = options(url)?;
        let database = shown(&options);
        let told = |error: sqlx::Error| open_error(&database, &error);
        // By itself first: a pool would hide why it cannot connect.
        let first = timeout(ACQUIRE, PgConnection::connect_with(&options)).await;
        let mut first = first.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(told)?;
        // Building an index may take longer than anything else may.
        sqlx::query("SET statement_timeout = 0").execute(&mut first).await.map_err(told)?;
        upgrade(&mut first, migrations, &database).await?;
        first.close().await.map_err(told)?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .connect_lazy_with(options.clone());
        let row = sqlx::query("SELECT id, seq FROM installation, event_counter");
        let row = row.fetch_one(&pool).await.map_err(told)?;
        let installation = row.try_get("id").map_err(told)?;
        let signals = Signals::default();
        signals.wrote(super::unsigned(row.try_get("seq").map_err(told)?));
        // Only told apart from the others' for a while: nothing depends on its being hard to guess.
        let sender: Uuid =
            sqlx::query_scalar("SELECT gen_random_uuid()").fetch_one(&pool).await.map_err(told)?;
        let tasks = listen::Tasks::spawn(&pool, options, &signals, ended, sender);
        Ok(Self(Arc::new(Inner {
            writer: Writer::spawn(pool.clone(), sender),
            pool,
            signals,
            installation,
            sender,
            forget: Forget::default(),
            knows: known(migrations),
            _tasks: tasks,
            predecessor: Predecessor::new(remember),
        })))
    }

    pub(in crate::store) fn pool(&self) -> &PgPool {
        &self.0.pool
    }
}

/// Reads an address. What is wrong is said without repeating it: it may have a password in it.
pub(in crate::store) fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(url).map_err(|e| {
        OpenError::Address(match e {
            sqlx::Error::Configuration(e) => e.to_string(),
            _ => "it cannot be read".to_owned(),
        })
    })?;
    Ok(options
        .application_name("berth")
        .options(OPTIONS)
        .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(2)))
}

async fn upgrade(
    connection: &mut PgConnection,
    migrations: &Migrator,
    database: &str,
) -> Result<(), OpenError> {
    let told = |error: sqlx::Error| open_error(database, &error);
    let failed = |error: MigrateError| match error {
        MigrateError::VersionMismatch(_) | MigrateError::VersionTooNew(..) => {
            OpenError::NewerDatabase(database.to_owned())
        }
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => open_error(database, &e),
        e => OpenError::Database { database: database.to_owned(), cause: e.to_string() },
    };
    let begun: bool = sqlx::query_scalar("SELECT to_regclass('installation') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(told)?;
    if begun {
        let known = known(migrations);
        let oldest: i64 = sqlx::query_scalar("SELECT oldest FROM installation")
            .fetch_one(&mut *connection)
            .await
            .map_err(told)?;
        if oldest > known {
            return Err(OpenError::NewerDatabase(database.to_owned()));
        }
        wait_for_older(connection, migrations, database).await?;
    }
    connection.ensure_migrations_table(&migrations.table_name).await.map_err(failed)?;
    migrations.run(connection).await.map_err(failed)
}

/// Refuses to take away what servers that still work on the database need.
async fn wait_for_older(
    connection: &mut PgConnection,
    migrations: &Migrator,
    database: &str,
) -> Result<(), OpenError> {
    let told = |error: sqlx::Error| open_error(database, &error);
    let newest: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await
        .map_err(told)?;
    let contract = migrations
        .iter()
        .find(|migration| migration.version > newest && migration.description.starts_with("contract"));
    let Some(contract) = contract else { return Ok(()) };
    let older: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM replicas
         WHERE knows < $1 AND heard_at > clock_timestamp() - make_interval(secs => $2)",
    )
    .bind(contract.version)
    .bind(crate::store::SILENCE_SECONDS as f64)
    .fetch_one(connection)
    .await
    .map_err(told)?;
    if older == 0 {
        return Ok(());
    }
    Err(OpenError::OlderServers { database: database.to_owned(), servers: u64::try_from(older).unwrap_or(0) })
}
