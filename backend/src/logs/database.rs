//! Logs of runs whose environment is gone, in the PostgreSQL database that servers share.

use std::io;

use async_trait::async_trait;
use berth_shared::api::{LogChunk, RunId};
use sqlx::{PgPool, Row};

use super::{CHUNK_BYTES, Limits};
use crate::{orchestrator::LogArchive, provider::Environment, store::postgres_error, supervisor::logs};

/// Keeps logs in the table `log_chunks`, at the offsets they had in their environment; as much of each as the files of
/// [`super::FileLogArchive`] keep.
#[derive(Clone, Debug)]
pub struct DatabaseLogArchive {
    pool: PgPool,
    limits: Limits,
}

impl DatabaseLogArchive {
    /// An archive in this database, which has been migrated.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool, limits: Limits::default() }
    }

    /// The offset at which a log ends.
    async fn end(&self, run: RunId) -> Result<u64, sqlx::Error> {
        let end: Option<i64> =
            sqlx::query_scalar("SELECT max(next_offset) FROM log_chunks WHERE run_id = $1")
                .bind(run.0)
                .fetch_one(&self.pool)
                .await?;
        Ok(end.and_then(|end| u64::try_from(end).ok()).unwrap_or(0))
    }

    /// Writes a piece, and drops the oldest ones beyond the limit.
    async fn append(&self, run: RunId, chunk: &LogChunk) -> Result<(), sqlx::Error> {
        let mut records = Vec::new();
        for line in &chunk.lines {
            logs::encode_line(line, &mut records);
        }
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO log_chunks (run_id, start, next_offset, records) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(run.0)
        .bind(signed(chunk.offset))
        .bind(signed(chunk.next_offset))
        .bind(records)
        .execute(&mut *transaction)
        .await?;
        let kept = signed(chunk.next_offset.saturating_sub(self.limits.total_bytes));
        sqlx::query("DELETE FROM log_chunks WHERE run_id = $1 AND next_offset <= $2")
            .bind(run.0)
            .bind(kept)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}

#[async_trait]
impl LogArchive for DatabaseLogArchive {
    async fn keep(&self, run: RunId, environment: &dyn Environment) -> io::Result<()> {
        let mut end = self.end(run).await.map_err(failed)?;
        loop {
            let chunk = environment.logs(end).await.map_err(io::Error::other)?;
            if chunk.lines.is_empty() || chunk.next_offset <= end {
                return Ok(());
            }
            self.append(run, &chunk).await.map_err(failed)?;
            end = chunk.next_offset;
        }
    }

    async fn read(&self, run: RunId, after: u64) -> io::Result<LogChunk> {
        // The piece that `after` is in, or the next one, and the one behind it, which tells whether that is all.
        let rows = sqlx::query(
            "SELECT start, next_offset, records FROM log_chunks WHERE run_id = $1 AND next_offset > $2
             ORDER BY start LIMIT 2",
        )
        .bind(run.0)
        .bind(signed(after))
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        let Some(row) = rows.first() else {
            // Where a log ends is told to whoever asks beyond it; one that is not there begins where it is asked for.
            let offset = match self.end(run).await.map_err(io::Error::other)? {
                0 => after,
                end => end.min(after),
            };
            return Ok(LogChunk { offset, next_offset: offset, complete: true, lines: Vec::new() });
        };
        let column = |column| row.try_get::<i64, _>(column).map(|n| u64::try_from(n).unwrap_or(0));
        let start = column("start").map_err(io::Error::other)?;
        let end = column("next_offset").map_err(io::Error::other)?;
        let records: &[u8] = row.try_get("records").map_err(io::Error::other)?;
        let offset = after.max(start);
        let within = usize::try_from(offset - start).unwrap_or(usize::MAX);
        let found = logs::records(records, start, within, CHUNK_BYTES);
        // What is left of the piece when no record begins in it is nothing.
        let chunk =
            found.unwrap_or(LogChunk { offset, next_offset: end, complete: false, lines: Vec::new() });
        let all = chunk.next_offset >= start + records.len() as u64;
        let next_offset = if all { end } else { chunk.next_offset };
        Ok(LogChunk { complete: all && rows.len() == 1, next_offset, ..chunk })
    }

    async fn remove(&self, run: RunId) -> io::Result<()> {
        let delete = sqlx::query("DELETE FROM log_chunks WHERE run_id = $1").bind(run.0);
        delete.execute(&self.pool).await.map(drop).map_err(failed)
    }
}

/// In the words that the rest of the database's failures have.
fn failed(error: sqlx::Error) -> io::Error {
    io::Error::other(postgres_error(error))
}

fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
