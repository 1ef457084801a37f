//! What is kept about who may come in: the tables `users`, `login_tokens`, `sessions`,
//! `api_tokens`, `ssh_keys`, `previews`, and those of single sign-on.

use berth_shared::{api::Role, time::Timestamp};
use sqlx::{PgConnection, PgPool, SqlitePool};
use tokio::sync::broadcast;

use super::Digest;
use crate::store::{Either as Database, StoreError, on_either, postgres_error, tell_ended};

/// For how long a used or expired login token is remembered, so that the answer can say which it was.
const REMEMBER_SECONDS: i64 = 7 * 24 * 3600;

/// How often it is written that somebody is still there.
const SEEN_SECONDS: i64 = 60;

/// Tells of sessions and API tokens that are ended, and of people who may do something else than before. Clones tell, and are
/// told, the same.
#[derive(Clone, Debug)]
pub struct Ended(broadcast::Sender<Digest>);

impl Default for Ended {
    fn default() -> Self {
        Self(broadcast::Sender::new(64))
    }
}

impl Ended {
    pub(crate) fn tell(&self, session: Digest) {
        // Nobody may be listening.
        let _ = self.0.send(session);
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Digest> {
        self.0.subscribe()
    }
}

/// The tables in either database, which has been migrated.
#[derive(Clone, Debug)]
pub struct AuthStore {
    database: Database,
    ended: Ended,
}

/// Tells other servers that nobody comes in by this any more.
async fn tell_others(connection: &mut PgConnection, digest: &Digest) -> Result<(), sqlx::Error> {
    // A person is told of more than once: who missed one learns of the last.
    let insert = sqlx::query(
        "INSERT INTO ended_sessions (digest) VALUES ($1) ON CONFLICT (digest) DO UPDATE SET ended_at = clock_timestamp()",
    );
    insert.bind(digest.as_str()).execute(&mut *connection).await?;
    tell_ended(connection, digest).await
}

/// Does something in one transaction that no other change of people comes between. `$work` gives what is done, and what is then
/// told to be over.
macro_rules! changing_people {
    ($store:expr, |$transaction:ident| $work:expr) => {{
        let (done, over) = match &$store.database {
            $crate::store::Either::Sqlite { writer, .. } => {
                let work = async {
                    let mut $transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
                    let done: (_, Vec<$crate::auth::Digest>) = $work;
                    $transaction.commit().await?;
                    Ok::<_, sqlx::Error>(done)
                };
                work.await.map_err($crate::store::StoreError::from)?
            }
            $crate::store::Either::Postgres(pool) => {
                let work = async {
                    let mut $transaction = pool.begin().await?;
                    // Two that demote each other's admin must not both count the other.
                    let lock = sqlx::query("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE");
                    lock.execute(&mut *$transaction).await?;
                    let done: (_, Vec<$crate::auth::Digest>) = $work;
                    for digest in &done.1 {
                        $crate::auth::store::tell_others(&mut $transaction, digest).await?;
                    }
                    $transaction.commit().await?;
                    Ok::<_, sqlx::Error>(done)
                };
                work.await.map_err($crate::store::postgres_error)?
            }
        };
        over.into_iter().for_each(|digest| $store.ended.tell(digest));
        done
    }};
}

use changing_people;

mod oidc;
mod people;
mod previews;
mod projects;
mod sessions;
mod ssh_keys;
mod tokens;

pub(super) use oidc::Identity;
pub(super) use people::Changed;
pub(super) use sessions::NewSession;
pub use tokens::NewApiToken;

/// A role as it is kept. One that only a later version knows may do the least.
fn role(text: &str) -> Role {
    text.parse().unwrap_or(Role::Guest)
}

impl AuthStore {
    /// SQLite: both are of one database; they may be the same.
    #[must_use]
    pub fn sqlite(reader: SqlitePool, writer: SqlitePool) -> Self {
        Self { database: Database::Sqlite { reader, writer }, ended: Ended::default() }
    }

    /// The same, telling and told by `ended`, as others of the same store.
    #[must_use]
    pub fn telling(self, ended: Ended) -> Self {
        Self { ended, ..self }
    }

    /// PostgreSQL; `ended` is told what other servers tell.
    #[must_use]
    pub fn postgres(pool: PgPool, ended: Ended) -> Self {
        Self { database: Database::Postgres(pool), ended }
    }

    /// The database that they are in.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    pub(super) fn ended(&self) -> &Ended {
        &self.ended
    }

    /// Deletes what `sql` says, which gives the digests of it, and tells this server and others of the same database.
    async fn end(&self, sql: &'static str, values: &[&str]) -> Result<Vec<Digest>, StoreError> {
        let gone: Vec<String> = match &self.database {
            Database::Sqlite { writer, .. } => {
                let query = values.iter().fold(sqlx::query_scalar(sql), |query, value| query.bind(*value));
                query.fetch_all(writer).await?
            }
            Database::Postgres(pool) => {
                let end = async {
                    let mut transaction = pool.begin().await?;
                    let query =
                        values.iter().fold(sqlx::query_scalar(sql), |query, value| query.bind(*value));
                    let gone: Vec<String> = query.fetch_all(&mut *transaction).await?;
                    for digest in &gone {
                        tell_others(&mut transaction, &Digest::from_stored(digest)).await?;
                    }
                    transaction.commit().await?;
                    Ok(gone)
                };
                end.await.map_err(postgres_error)?
            }
        };
        let gone: Vec<Digest> = gone.iter().map(|digest| Digest::from_stored(digest)).collect();
        gone.iter().for_each(|digest| self.ended.tell(digest.clone()));
        Ok(gone)
    }

    pub(super) async fn forget_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        for (sql, before) in [
            ("DELETE FROM sessions WHERE expires_at <= $1", now),
            ("DELETE FROM login_tokens WHERE expires_at <= $1", now.plus_seconds(-REMEMBER_SECONDS)),
        ] {
            on_either!(self, writer, |pool| sqlx::query(sql).bind(before.0).execute(pool).await.map(drop))?;
        }
        if let Database::Postgres(pool) = &self.database {
            let sql = "DELETE FROM ended_sessions WHERE ended_at < clock_timestamp() - interval '1 day'";
            sqlx::query(sql).execute(pool).await.map_err(postgres_error)?;
        }
        Ok(())
    }
}
