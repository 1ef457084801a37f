//! What is kept about who may come in: the tables `users`, `login_tokens`, `sessions` and `api_tokens`.

use berth_shared::time::Timestamp;
use sqlx::{Row, SqlitePool};

use super::{Digest, LoginError};

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

/// The tables in SQLite.
#[derive(Clone, Debug)]
pub struct AuthStore {
    reader: SqlitePool,
    writer: SqlitePool,
}

impl AuthStore {
    /// Both are of one database that has been migrated; they may be the same.
    #[must_use]
    pub fn new(reader: SqlitePool, writer: SqlitePool) -> Self {
        Self { reader, writer }
    }

    pub(super) async fn ensure_user(&self, name: &str, now: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO users (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(now.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(super) async fn add_login_token(
        &self,
        token: &Digest,
        user: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO login_tokens (digest, user_name, created_at, expires_at) VALUES (?, ?, ?, ?)",
        )
        .bind(token.as_str())
        .bind(user)
        .bind(now.0)
        .bind(expires_at.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Marks the token as used and tells whose it is. One statement decides, so two uses at the same time
    /// cannot both succeed.
    pub(super) async fn use_login_token(&self, token: &Digest, now: Timestamp) -> Result<String, LoginError> {
        let used: Option<String> = sqlx::query_scalar(
            "UPDATE login_tokens SET used_at = ?1 \
             WHERE digest = ?2 AND used_at IS NULL AND expires_at > ?1 RETURNING user_name",
        )
        .bind(now.0)
        .bind(token.as_str())
        .fetch_optional(&self.writer)
        .await?;
        if let Some(user) = used {
            return Ok(user);
        }
        let used_at: Option<Option<i64>> =
            sqlx::query_scalar("SELECT used_at FROM login_tokens WHERE digest = ?")
                .bind(token.as_str())
                .fetch_optional(&self.reader)
                .await?;
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
    ) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO sessions (digest, user_name, created_at, expires_at) VALUES (?, ?, ?, ?)")
            .bind(session.as_str())
            .bind(user)
            .bind(now.0)
            .bind(expires_at.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(super) async fn session(
        &self,
        session: &Digest,
        now: Timestamp,
    ) -> Result<Option<(String, Timestamp)>, sqlx::Error> {
        let row =
            sqlx::query("SELECT user_name, expires_at FROM sessions WHERE digest = ? AND expires_at > ?")
                .bind(session.as_str())
                .bind(now.0)
                .fetch_optional(&self.reader)
                .await?;
        row.map(|row| Ok((row.try_get(0)?, Timestamp(row.try_get(1)?)))).transpose()
    }

    pub(super) async fn end_session(&self, session: &Digest) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM sessions WHERE digest = ?")
            .bind(session.as_str())
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(super) async fn add_api_token(
        &self,
        token: &Digest,
        user: &str,
        label: &str,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO api_tokens (digest, user_name, label, created_at) VALUES (?, ?, ?, ?)")
            .bind(token.as_str())
            .bind(user)
            .bind(label)
            .bind(now.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(super) async fn api_token(&self, token: &Digest) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT user_name FROM api_tokens WHERE digest = ?")
            .bind(token.as_str())
            .fetch_optional(&self.reader)
            .await
    }

    /// Every API token, oldest first.
    pub async fn api_tokens(&self) -> Result<Vec<ApiToken>, sqlx::Error> {
        let rows =
            sqlx::query("SELECT label, user_name, created_at FROM api_tokens ORDER BY created_at, label")
                .fetch_all(&self.reader)
                .await?;
        rows.iter()
            .map(|row| {
                Ok(ApiToken {
                    label: row.try_get(0)?,
                    user: row.try_get(1)?,
                    created_at: Timestamp(row.try_get(2)?),
                })
            })
            .collect()
    }

    /// Removes a user's API token; tells whether there was one.
    pub async fn revoke_api_token(&self, user: &str, label: &str) -> Result<bool, sqlx::Error> {
        let done = sqlx::query("DELETE FROM api_tokens WHERE user_name = ? AND label = ?")
            .bind(user)
            .bind(label)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    pub(super) async fn forget_expired(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM sessions WHERE expires_at <= ?").bind(now.0).execute(&self.writer).await?;
        sqlx::query("DELETE FROM login_tokens WHERE expires_at <= ?")
            .bind(now.plus_seconds(-REMEMBER_SECONDS).0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
