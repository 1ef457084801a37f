//! The table `ssh_hosts`.

use async_trait::async_trait;
use berth_shared::time::Timestamp;
use sqlx::{FromRow, PgPool, SqlitePool};

use super::{Either, StoreError, on_either};
use crate::provider::remote::{BookError, HostBook, HostRecord};

/// A host as the table has it: lists and maps are JSON.
#[derive(FromRow)]
struct Row {
    name: String,
    address: String,
    jumps: String,
    private_key: Option<String>,
    engine: Option<String>,
    host_keys: String,
    pool: Option<String>,
    added_by: String,
    added_at: i64,
}

/// The hosts in either database, which has been migrated.
#[derive(Clone, Debug)]
pub struct HostStore {
    database: Either,
}

impl HostStore {
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

    async fn insert(&self, row: &Row) -> Result<(), StoreError> {
        let sql = "INSERT INTO ssh_hosts (name, address, jumps, private_key, engine, host_keys, added_by, added_at, pool) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        on_either!(self, writer, |pool| {
            let insert = sqlx::query(sql).bind(&row.name).bind(&row.address).bind(&row.jumps);
            let insert = insert.bind(&row.private_key).bind(&row.engine).bind(&row.host_keys);
            let insert = insert.bind(&row.added_by).bind(row.added_at).bind(&row.pool);
            insert.execute(pool).await.map(drop)
        })
    }

    async fn rows(&self) -> Result<Vec<Row>, StoreError> {
        let sql = "SELECT name, address, jumps, private_key, engine, host_keys, added_by, added_at, pool \
                   FROM ssh_hosts ORDER BY name";
        on_either!(self, reader, |pool| sqlx::query_as(sql).fetch_all(pool).await)
    }

    async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM ssh_hosts WHERE name = $1 RETURNING name";
        let gone: Option<String> =
            on_either!(self, writer, |pool| sqlx::query_scalar(sql).bind(name).fetch_optional(pool).await)?;
        Ok(gone.is_some())
    }
}

fn away(error: &StoreError) -> BookError {
    BookError::Away(crate::http::chain(error))
}

#[async_trait]
impl HostBook for HostStore {
    async fn all(&self) -> Result<Vec<HostRecord>, BookError> {
        let rows = self.rows().await.map_err(|error| away(&error))?;
        rows.into_iter().map(record).collect()
    }

    async fn add(&self, host: &HostRecord) -> Result<(), BookError> {
        let row = Row {
            name: host.name.clone(),
            address: host.address.to_string(),
            jumps: json(&host.jumps),
            private_key: host.private_key.clone(),
            engine: host.engine.clone(),
            host_keys: json(&host.host_keys),
            pool: host.pool.clone(),
            added_by: host.added_by.clone(),
            added_at: host.added_at.0,
        };
        match self.insert(&row).await {
            Err(error) if error.is_taken() => Err(BookError::Taken),
            other => other.map_err(|error| away(&error)),
        }
    }

    async fn remove(&self, name: &str) -> Result<bool, BookError> {
        self.delete(name).await.map_err(|error| away(&error))
    }
}

fn json(value: &impl serde::Serialize) -> String {
    // Texts, lists and maps of texts: there is nothing in them that JSON could not say.
    serde_json::to_string(value).unwrap_or_default()
}

fn record(row: Row) -> Result<HostRecord, BookError> {
    let unreadable =
        |what: &str| BookError::Away(format!("the row of the SSH host `{}` has no {what}", row.name));
    Ok(HostRecord {
        address: row.address.parse().map_err(|_| unreadable("address"))?,
        jumps: serde_json::from_str(&row.jumps).map_err(|_| unreadable("list of hosts before it"))?,
        host_keys: serde_json::from_str(&row.host_keys).map_err(|_| unreadable("keys of hosts"))?,
        private_key: row.private_key,
        engine: row.engine,
        pool: row.pool,
        added_by: row.added_by,
        added_at: Timestamp(row.added_at),
        name: row.name,
    })
}
