//! Pools, what sweeps found, and events that are old.

use async_trait::async_trait;
use berth_shared::{
    api::{Allocation, EventSeq, Instance, Orphan, Pool},
    time::Timestamp,
};
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::{
    json,
    read::{instance_row, instance_view, newest},
    to_json,
};
use crate::store::{
    Change, CommitError, GONE_ORPHANS, InstanceRow, StoreError,
    forget::{EventLog, Looked},
};

/// What a change says about pools and orphans.
pub(super) async fn write(connection: &mut SqliteConnection, change: &Change) -> Result<(), CommitError> {
    for pool in &change.pools {
        sqlx::query("INSERT INTO pools (project, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(&pool.project)
            .bind(&pool.name)
            .bind(pool.created_at.0)
            .execute(&mut *connection)
            .await?;
        if pool.default {
            sqlx::query("UPDATE pools SET is_default = 0 WHERE is_default = 1 AND project = ?")
                .bind(&pool.project)
                .execute(&mut *connection)
                .await?;
            sqlx::query("UPDATE pools SET is_default = 1 WHERE project = ? AND name = ?")
                .bind(&pool.project)
                .bind(&pool.name)
                .execute(&mut *connection)
                .await?;
        }
    }
    if let Some((project, pool)) = &change.delete_pool {
        let deleted = sqlx::query(
            "DELETE FROM pools WHERE project = ?1 AND name = ?2 AND is_default = 0
             AND NOT EXISTS (SELECT 1 FROM instances WHERE project = ?1 AND pool = ?2 AND status <> 'terminated')",
        );
        if deleted.bind(project).bind(pool).execute(&mut *connection).await?.rows_affected() == 0 {
            return Err(CommitError::Stale);
        }
    }
    for orphan in &change.orphans {
        sqlx::query(
            "INSERT INTO orphans (backend, handle, state, found_at, gone) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (backend, handle) DO UPDATE SET state = ?3, found_at = ?4, gone = ?5",
        )
        .bind(&orphan.backend)
        .bind(&orphan.handle)
        .bind(to_json(orphan)?)
        .bind(orphan.found_at.0)
        .bind(orphan.gone_at.is_some())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn default(pool: &SqlitePool, project: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT name FROM pools WHERE is_default = 1 AND project = ?";
    Ok(sqlx::query_scalar(sql).bind(project).fetch_optional(pool).await?)
}

pub(super) async fn pools(pool: &SqlitePool, project: &str) -> Result<Vec<Pool>, StoreError> {
    let rows = sqlx::query(
        "SELECT name, created_at, is_default,
                (SELECT COUNT(*) FROM instances WHERE project = ?1 AND pool = pools.name AND status <> 'terminated') AS instances,
                (SELECT COUNT(*) FROM instances WHERE project = ?1 AND pool = pools.name AND status = 'idle') AS idle
         FROM pools WHERE project = ?1 ORDER BY name",
    )
    .bind(project)
    .fetch_all(pool)
    .await?;
    let count = |row: &sqlx::sqlite::SqliteRow, column| -> Result<u64, StoreError> {
        Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or(0))
    };
    rows.iter()
        .map(|row| {
            Ok(Pool {
                name: row.try_get("name")?,
                project: project.to_owned(),
                default: row.try_get("is_default")?,
                created_at: Timestamp(row.try_get("created_at")?),
                instances: count(row, "instances")?,
                idle: count(row, "idle")?,
            })
        })
        .collect()
}

pub(super) async fn orphans(pool: &SqlitePool) -> Result<Vec<Orphan>, StoreError> {
    let rows = sqlx::query(
        "SELECT state FROM orphans WHERE gone = 0
         UNION ALL SELECT state FROM (SELECT state FROM orphans WHERE gone = 1 ORDER BY found_at DESC LIMIT ?)",
    );
    let rows = rows.bind(GONE_ORPHANS).fetch_all(pool).await?;
    let mut orphans: Vec<Orphan> = rows.iter().map(|row| json(row, "state")).collect::<Result<_, _>>()?;
    orphans.sort_by(|a, b| b.found_at.cmp(&a.found_at).then_with(|| a.handle.cmp(&b.handle)));
    Ok(orphans)
}

pub(super) async fn idle(
    pool: &SqlitePool,
    project: &str,
    name: &str,
) -> Result<Vec<InstanceRow>, StoreError> {
    let sql = "SELECT version, state FROM instances WHERE status = 'idle' AND project = ? AND pool = ? ORDER BY created_at, id";
    sqlx::query(sql).bind(project).bind(name).fetch_all(pool).await?.iter().map(instance_row).collect()
}

pub(super) async fn instances(
    pool: &SqlitePool,
    project: &str,
    name: &str,
    limit: u32,
) -> Result<Vec<Instance>, StoreError> {
    let sql = "SELECT state FROM instances WHERE status <> 'terminated' AND project = ? AND pool = ? ORDER BY created_at, id LIMIT ?";
    let rows = sqlx::query(sql).bind(project).bind(name).bind(limit).fetch_all(pool).await?;
    rows.iter().map(instance_view).collect()
}

pub(super) async fn held(pool: &SqlitePool, backend: &str) -> Result<Vec<Allocation>, StoreError> {
    let rows = sqlx::query(
        "SELECT json_extract(state, '$.instance.allocation') AS allocation FROM instances
         WHERE backend = ? AND status <> 'terminated' AND json_extract(state, '$.instance.allocation') IS NOT NULL
         ORDER BY created_at, id",
    );
    rows.bind(backend).fetch_all(pool).await?.iter().map(|row| json(row, "allocation")).collect()
}

/// Read by the connections that read, so that nobody who writes waits while events are looked at.
pub(super) struct Events<'a> {
    pub(super) reader: &'a SqlitePool,
    pub(super) writer: &'a SqlitePool,
}

/// What may be forgotten; SQLite by itself would read the whole row of each event's run. ?1 the number before the first, ?2 the last, ?3 the time, ?4 how many.
pub(in crate::store) const LOOK: &str = "SELECT seq, json_extract(event, '$.at') < ?3 AS old,
            EXISTS (SELECT 1 FROM runs INDEXED BY runs_active_id WHERE id = events.run_id
                    AND status NOT IN ('terminated', 'failed', 'done'))
            OR EXISTS (SELECT 1 FROM instances INDEXED BY instances_active_id WHERE id = json_extract(event, '$.instance_id')
                       AND status <> 'terminated') AS active
     FROM events WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?4";

#[async_trait]
impl EventLog for Events<'_> {
    async fn newest(&self) -> Result<EventSeq, StoreError> {
        let mut connection = self.reader.acquire().await?;
        newest(&mut connection).await
    }

    async fn look(
        &self,
        from: EventSeq,
        last: EventSeq,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Looked>, StoreError> {
        let rows = sqlx::query(LOOK)
            .bind(i64::try_from(from).unwrap_or(i64::MAX))
            .bind(i64::try_from(last).unwrap_or(i64::MAX))
            .bind(before.0)
            .bind(limit)
            .fetch_all(self.reader)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Looked {
                    seq: row.try_get("seq")?,
                    old: row.try_get("old")?,
                    active: row.try_get("active")?,
                })
            })
            .collect()
    }

    async fn delete(&self, seqs: &[i64]) -> Result<u64, StoreError> {
        let delete = sqlx::query("DELETE FROM events WHERE seq IN (SELECT value FROM json_each(?))");
        Ok(delete.bind(to_json(&seqs)?).execute(self.writer).await?.rows_affected())
    }
}
