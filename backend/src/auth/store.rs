//! What is kept about who may come in: the tables `users`, `login_tokens`, `sessions`,
//! `api_tokens`, `ssh_keys` and `previews`.

use berth_shared::time::Timestamp;
use sqlx::{PgConnection, PgPool, SqlitePool};
use tokio::sync::broadcast;

use super::{Digest, LoginError};
use crate::store::{Either as Database, StoreError, on_either, postgres_error, tell_ended};

/// For how long a used or expired login token is remembered, so that the answer can say which it was.
const REMEMBER_SECONDS: i64 = 7 * 24 * 3600;

/// An API token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// For people.
    pub label: String,
    /// Whose.
    pub user: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Tells of sessions and API tokens that are ended. Clones tell, and are told, the same.
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
    let insert = sqlx::query("INSERT INTO ended_sessions (digest) VALUES ($1) ON CONFLICT DO NOTHING");
    insert.bind(digest.as_str()).execute(&mut *connection).await?;
    tell_ended(connection, digest).await
}

mod previews;
mod ssh_keys;

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

    pub(super) fn ended(&self) -> &Ended {
        &self.ended
    }

    pub(super) async fn ensure_user(&self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO users (name, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        on_either!(self, writer, |pool| sqlx::query(sql).bind(name).bind(now.0).execute(pool).await.map(drop))
    }

    pub(super) async fn add_login_token(
        &self,
        token: &Digest,
        user: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO login_tokens (digest, user_name, created_at, expires_at) VALUES ($1, $2, $3, $4)";
        on_either!(self, writer, |pool| {
            let insert = sqlx::query(sql).bind(token.as_str()).bind(user).bind(now.0).bind(expires_at.0);
            insert.execute(pool).await.map(drop)
        })
    }

    /// Marks the token as used and tells whose it is. One statement decides, so two uses at the same time
    /// cannot both succeed.
    pub(super) async fn use_login_token(&self, token: &Digest, now: Timestamp) -> Result<String, LoginError> {
        let sql = "UPDATE login_tokens SET used_at = $1 \
                   WHERE digest = $2 AND used_at IS NULL AND expires_at > $1 RETURNING user_name";
        let used: Option<String> = on_either!(self, writer, |pool| {
            sqlx::query_scalar(sql).bind(now.0).bind(token.as_str()).fetch_optional(pool).await
        })?;
        if let Some(user) = used {
            return Ok(user);
        }
        let sql = "SELECT used_at FROM login_tokens WHERE digest = $1";
        let used_at: Option<Option<i64>> = on_either!(self, reader, |pool| {
            sqlx::query_scalar(sql).bind(token.as_str()).fetch_optional(pool).await
        })?;
        Err(match used_at {
            None => LoginError::Invalid,
            Some(None) => LoginError::Expired,
            Some(Some(_)) => LoginError::Used,
        })
    }

    pub(super) async fn add_session(
        &self,
        session: &Digest,
        user: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO sessions (digest, user_name, created_at, expires_at) VALUES ($1, $2, $3, $4)";
        on_either!(self, writer, |pool| {
            let insert = sqlx::query(sql).bind(session.as_str()).bind(user).bind(now.0).bind(expires_at.0);
            insert.execute(pool).await.map(drop)
        })
    }

    pub(super) async fn session(
        &self,
        session: &Digest,
        now: Timestamp,
    ) -> Result<Option<(String, Timestamp)>, StoreError> {
        let sql = "SELECT user_name, expires_at FROM sessions WHERE digest = $1 AND expires_at > $2";
        let found: Option<(String, i64)> = on_either!(self, reader, |pool| {
            sqlx::query_as(sql).bind(session.as_str()).bind(now.0).fetch_optional(pool).await
        })?;
        Ok(found.map(|(user, expires_at)| (user, Timestamp(expires_at))))
    }

    /// Ends a session, and tells other servers of the same database.
    pub(super) async fn end_session(&self, session: &Digest) -> Result<(), StoreError> {
        let sql = "DELETE FROM sessions WHERE digest = $1";
        match &self.database {
            Database::Sqlite { writer, .. } => {
                sqlx::query(sql).bind(session.as_str()).execute(writer).await.map(drop)?;
                Ok(())
            }
            Database::Postgres(pool) => {
                let end = async {
                    let mut transaction = pool.begin().await?;
                    sqlx::query(sql).bind(session.as_str()).execute(&mut *transaction).await?;
                    tell_others(&mut transaction, session).await?;
                    transaction.commit().await
                };
                end.await.map_err(postgres_error)
            }
        }
    }

    pub(super) async fn add_api_token(
        &self,
        token: &Digest,
        user: &str,
        label: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_tokens (digest, user_name, label, created_at) VALUES ($1, $2, $3, $4)";
        on_either!(self, writer, |pool| {
            let insert = sqlx::query(sql).bind(token.as_str()).bind(user).bind(label).bind(now.0);
            insert.execute(pool).await.map(drop)
        })
    }

    pub(super) async fn api_token(&self, token: &Digest) -> Result<Option<String>, StoreError> {
        let sql = "SELECT user_name FROM api_tokens WHERE digest = $1";
        on_either!(self, reader, |pool| {
            sqlx::query_scalar(sql).bind(token.as_str()).fetch_optional(pool).await
        })
    }

    /// Every API token, oldest first.
    pub async fn api_tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        let sql = "SELECT label, user_name, created_at FROM api_tokens ORDER BY created_at, label";
        let rows: Vec<(String, String, i64)> =
            on_either!(self, reader, |pool| sqlx::query_as(sql).fetch_all(pool).await)?;
        let token = |(label, user, created_at)| ApiToken { label, user, created_at: Timestamp(created_at) };
        Ok(rows.into_iter().map(token).collect())
    }

    /// Removes a user's API token, and tells other servers of the same database; gives which it was, if there was one.
    pub async fn revoke_api_token(&self, user: &str, label: &str) -> Result<Option<Digest>, StoreError> {
        let sql = "DELETE FROM api_tokens WHERE user_name = $1 AND label = $2 RETURNING digest";
        let gone: Option<String> = match &self.database {
            Database::Sqlite { writer, .. } => {
                sqlx::query_scalar(sql).bind(user).bind(label).fetch_optional(writer).await?
            }
            Database::Postgres(pool) => {
                let revoke = async {
                    let mut transaction = pool.begin().await?;
                    let query = sqlx::query_scalar(sql).bind(user).bind(label);
                    let gone: Option<String> = query.fetch_optional(&mut *transaction).await?;
                    if let Some(token) = &gone {
                        tell_others(&mut transaction, &Digest::from_stored(token)).await?;
                    }
                    transaction.commit().await?;
                    Ok(gone)
                };
                revoke.await.map_err(postgres_error)?
            }
        };
        Ok(gone.map(|token| Digest::from_stored(&token)))
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
