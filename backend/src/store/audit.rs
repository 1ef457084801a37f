//! The table `audit`.

use sqlx::{PgPool, SqlitePool};

use super::{Either, StoreError, on_either};
use crate::audit::{
    Draft, Filter,
    chain::{BEGINNING, Row},
};

/// The lock that whoever goes on with the chain in PostgreSQL has until it is committed: "BERTHAUD". Nobody else waits for it.
const LOCK: i64 = 0x4245_5254_4841_5544;

/// The audit log in either database, which has been migrated.
#[derive(Clone, Debug)]
pub struct AuditStore {
    database: Either,
}

/// Goes on with the chain, in a transaction that nobody else's comes between.
macro_rules! go_on {
    ($transaction:ident, $drafts:expr) => {{
        let last = sqlx::query_as("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
        let last: Option<(i64, String)> = last.fetch_optional(&mut *$transaction).await?;
        let (mut seq, mut hash) = last.unwrap_or_else(|| (0, BEGINNING.to_owned()));
        for draft in $drafts {
            seq += 1;
            let mut row: Row = draft.row(seq);
            hash = row.hash_after(&hash);
            row.hash.clone_from(&hash);
            let insert = sqlx::query(
                "INSERT INTO audit (seq, at, actor, via, address, action, target, outcome, detail, hash) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            );
            let insert = insert.bind(row.seq).bind(row.at).bind(row.actor).bind(row.via).bind(row.address);
            let insert = insert.bind(row.action).bind(row.target).bind(row.outcome).bind(row.detail);
            insert.bind(row.hash).execute(&mut *$transaction).await?;
        }
    }};
}

impl AuditStore {
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

    /// Writes entries at the end, all or none.
    pub(crate) async fn append(&self, drafts: &[Draft]) -> Result<(), StoreError> {
        match &self.database {
            Either::Sqlite { writer, .. } => {
                let work = async {
                    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
                    go_on!(transaction, drafts);
                    transaction.commit().await
                };
                work.await.map_err(StoreError::from)
            }
            Either::Postgres(pool) => {
                let work = async {
                    let mut transaction = pool.begin().await?;
                    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
                    lock.execute(&mut *transaction).await?;
                    go_on!(transaction, drafts);
                    transaction.commit().await
                };
                work.await.map_err(super::postgres_error)
            }
        }
    }

    /// The newest entries that the filter lets through, of those below `before`; newest first, at most `limit`.
    pub(crate) async fn newest(
        &self,
        filter: &Filter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Row>, StoreError> {
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        let sql = concat!(
            "SELECT seq, at, actor, via, address, action, target, outcome, detail, hash FROM audit \
             WHERE seq < $6 AND ",
            "($1 IS NULL OR actor = $1) AND ($2 IS NULL OR target = $2) AND at >= $3 AND at < $4 \
             AND ($5 IS NULL OR action = $5 OR (substr($5, length($5)) = '.' AND substr(action, 1, length($5)) = $5))",
            " ORDER BY seq DESC LIMIT $7"
        );
        self.rows(sql, filter, before, limit).await
    }

    /// The oldest entries that the filter lets through, of those above `after`; oldest first, at most `limit`.
    pub(crate) async fn oldest(
        &self,
        filter: &Filter,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Row>, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let sql = concat!(
            "SELECT seq, at, actor, via, address, action, target, outcome, detail, hash FROM audit \
             WHERE seq > $6 AND ",
            "($1 IS NULL OR actor = $1) AND ($2 IS NULL OR target = $2) AND at >= $3 AND at < $4 \
             AND ($5 IS NULL OR action = $5 OR (substr($5, length($5)) = '.' AND substr(action, 1, length($5)) = $5))",
            " ORDER BY seq LIMIT $7"
        );
        self.rows(sql, filter, after, limit).await
    }

    /// Entries above `after` as they come, at most `limit`; with `after` 0 also what stands before the first.
    pub(crate) async fn after(&self, after: u64, limit: u32) -> Result<Vec<Row>, StoreError> {
        let after = if after == 0 { i64::MIN } else { i64::try_from(after).unwrap_or(i64::MAX) };
        let sql = "SELECT seq, at, actor, via, address, action, target, outcome, detail, hash FROM audit \
                   WHERE seq > $1 ORDER BY seq LIMIT $2";
        on_either!(self, reader, |pool| {
            sqlx::query_as(sql).bind(after).bind(i64::from(limit)).fetch_all(pool).await
        })
    }

    async fn rows(
        &self,
        sql: &'static str,
        filter: &Filter,
        place: i64,
        limit: u32,
    ) -> Result<Vec<Row>, StoreError> {
        let since = filter.since.map_or(i64::MIN, |since| since.0);
        let until = filter.until.map_or(i64::MAX, |until| until.0);
        on_either!(self, reader, |pool| {
            let query = sqlx::query_as(sql).bind(filter.actor.as_deref()).bind(filter.target.as_deref());
            let query = query.bind(since).bind(until).bind(filter.action.as_deref()).bind(place);
            query.bind(i64::from(limit)).fetch_all(pool).await
        })
    }
}
