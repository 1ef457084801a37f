//! The table `secrets`.

use async_trait::async_trait;
use berth_shared::{api::Secret, time::Timestamp};
use sqlx::{FromRow, PgPool, SqlitePool};

use super::{Either, StoreError, on_either};
use crate::secrets::{BookAway, SecretBook, SecretRecord};

#[derive(FromRow)]
struct Row {
    name: String,
    sealed: String,
    set_by: String,
    set_at: i64,
}

/// The secrets in either database, which has been migrated.
#[derive(Clone, Debug)]
pub struct SecretStore {
    database: Either,
}

impl SecretStore {
    /// SQLite: both are of one database; they may be the same.
    #[must_use]
    pub fn sqlite(reader: SqlitePool, writer: SqlitePool) -> Self {
        Self { database: Either::Sqlite { reader, writer } }
    }

    /// PostgreSQL.
    #[must_use]
    pub fn postgres(pool: PgPool) -> Self {
        Self { database: Either::Postgres(pool) }
    }

    async fn rows(&self) -> Result<Vec<Row>, StoreError> {
        let sql = "SELECT name, sealed, set_by, set_at FROM secrets ORDER BY name";
        on_either!(self, reader, |pool| sqlx::query_as(sql).fetch_all(pool).await)
    }

    async fn upsert(&self, SecretRecord { secret, sealed }: &SecretRecord) -> Result<(), StoreError> {
        let sql = "INSERT INTO secrets (name, sealed, set_by, set_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, set_by = excluded.set_by, set_at = excluded.set_at";
        on_either!(self, writer, |pool| {
            let upsert = sqlx::query(sql).bind(&secret.name).bind(sealed);
            upsert.bind(&secret.set_by).bind(secret.set_at.0).execute(pool).await.map(drop)
        })
    }

    async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM secrets WHERE name = $1 RETURNING name";
        let gone: Option<String> =
            on_either!(self, writer, |pool| sqlx::query_scalar(sql).bind(name).fetch_optional(pool).await)?;
        Ok(gone.is_some())
    }
}

fn away(error: &StoreError) -> BookAway {
    BookAway(crate::http::chain(error))
}

#[async_trait]
impl SecretBook for SecretStore {
    async fn all(&self) -> Result<Vec<SecretRecord>, BookAway> {
        let rows = self.rows().await.map_err(|error| away(&error))?;
        let record = |Row { name, sealed, set_by, set_at }| SecretRecord {
            secret: Secret { name, set_by, set_at: Timestamp(set_at) },
            sealed,
        };
        Ok(rows.into_iter().map(record).collect())
    }

    async fn set(&self, record: &SecretRecord) -> Result<(), BookAway> {
        self.upsert(record).await.map_err(|error| away(&error))
    }

    async fn remove(&self, name: &str) -> Result<bool, BookAway> {
        self.delete(name).await.map_err(|error| away(&error))
    }
}
