//! Which server of a database may give out shares of its own machine: one, since the others cannot reach them.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};
use tokio::time::sleep;

use super::{connect, open_error};
use crate::store::OpenError;

/// PostgreSQL's name for the lock: `berth` and `local` as bytes.
const LOCK: i64 = 0x6265_7274_685f_6c6f;

/// How often is looked whether it is still ours.
const LOOK: Duration = Duration::from_secs(5);

/// Says that this server is the one; ends with the connection to the database, however the process ends.
#[derive(Debug)]
pub struct LocalHold {
    shared: Option<(PgConnectOptions, PgConnection)>,
}

impl LocalHold {
    /// Where there is only one server anyway.
    pub(in crate::store) fn alone() -> Self {
        Self { shared: None }
    }

    pub(in crate::store) async fn take(url: &str) -> Result<Self, OpenError> {
        let options = connect::options(url)?;
        let database = connect::shown(&options);
        let told = |error: sqlx::Error| open_error(&database, &error);
        let mut connection = PgConnection::connect_with(&options).await.map_err(told)?;
        match lock(&mut connection).await.map_err(told)? {
            true => Ok(Self { shared: Some((options, connection)) }),
            false => Err(OpenError::LocalTaken(database)),
        }
    }

    /// Resolves when another server has become the one, after the database was away.
    pub async fn lost(&mut self) {
        let Some((options, connection)) = &mut self.shared else { return std::future::pending().await };
        loop {
            sleep(LOOK).await;
            if connection.ping().await.is_ok() {
                continue;
            }
            // The lock went with the connection: it is ours again, or somebody else's.
            let Ok(mut again) = PgConnection::connect_with(options).await else { continue };
            match lock(&mut again).await {
                Ok(true) => *connection = again,
                Ok(false) => return,
                Err(error) => tracing::debug!(%error, "the database does not answer; trying again"),
            }
        }
    }
}

async fn lock(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(connection).await
}
