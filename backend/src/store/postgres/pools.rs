//! Pools, and what sweeps found.

use std::collections::BTreeSet;

use berth_shared::{
    api::{Allocation, Instance, Orphan, Pool},
    time::Timestamp,
};
use sqlx::{PgConnection, PgPool, Row};

use super::{
    commit::Failed,
    json,
    read::{instance_row, instance_view},
    store_error, to_json, unsigned,
};
use crate::store::{Change, CommitError, GONE_ORPHANS, InstanceRow, StoreError};

/// Keeps the pools of new instances from being deleted until these are written.
pub(super) async fn keep(connection: &mut PgConnection, rows: &[InstanceRow]) -> Result<(), Failed> {
    let new = rows.iter().filter(|row| row.version == 0).map(|row| &row.instance);
    let pools: BTreeSet<(&str, &str)> = new.map(|new| (new.project.as_str(), new.pool.as_str())).collect();
    if !pools.is_empty() {
        let (projects, names): (Vec<&str>, Vec<&str>) = pools.into_iter().unzip();
        let keep = sqlx::query(
            "SELECT 1 FROM pools WHERE (project, name) IN (SELECT * FROM unnest($1, $2)) ORDER BY project, name FOR KEY SHARE",
        );
        keep.bind(&projects).bind(&names).execute(connection).await?;
    }
    Ok(())
}

/// What a change says about pools and orphans.
pub(super) async fn write(connection: &mut PgConnection, change: &Change) -> Result<(), Failed> {
    if change.pools.iter().any(|pool| pool.default) {
        sqlx::query("LOCK TABLE pools IN SHARE ROW EXCLUSIVE MODE").execute(&mut *connection).await?;
    }
    for pool in &change.pools {
        sqlx::query(
            "INSERT INTO pools (project, name, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(&pool.project)
        .bind(&pool.name)
        .bind(pool.created_at.0)
        .execute(&mut *connection)
        .await?;
        if pool.default {
            let others = sqlx::query("UPDATE pools SET is_default = false WHERE is_default AND project = $1");
            others.bind(&pool.project).execute(&mut *connection).await?;
            let this = sqlx::query("UPDATE pools SET is_default = true WHERE project = $1 AND name = $2");
            this.bind(&pool.project).bind(&pool.name).execute(&mut *connection).await?;
        }
    }
    if let Some((project, pool)) = &change.delete_pool {
        // Waits for whoever keeps it; what that one has written is seen by the next statement.
        let lock = sqlx::query("SELECT 1 FROM pools WHERE project = $1 AND name = $2 FOR UPDATE");
        lock.bind(project).bind(pool).execute(&mut *connection).await?;
        let deleted = sqlx::query(
            "DELETE FROM pools WHERE project = $1 AND name = $2 AND NOT is_default
             AND NOT EXISTS (SELECT 1 FROM instances WHERE project = $1 AND pool = $2 AND status <> 'terminated')",
        );
        if deleted.bind(project).bind(pool).execute(&mut *connection).await?.rows_affected() == 0 {
            return Err(Failed::Refused(CommitError::Stale));
        }
    }
    for orphan in &change.orphans {
        sqlx::query(
            "INSERT INTO orphans (backend, handle, state, found_at, gone) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (backend, handle) DO UPDATE SET state = $3, found_at = $4, gone = $5",
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

pub(super) async fn default(pool: &PgPool, project: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT name FROM pools WHERE is_default AND project = $1";
    sqlx::query_scalar(sql).bind(project).fetch_optional(pool).await.map_err(store_error)
}

pub(super) async fn pools(pool: &PgPool, project: &str) -> Result<Vec<Pool>, StoreError> {
    let rows = sqlx::query(
        "SELECT name, created_at, is_default, coalesce(instances, 0) AS instances, coalesce(idle, 0) AS idle
         FROM pools LEFT JOIN (
             SELECT pool, count(*) AS instances, count(*) FILTER (WHERE status = 'idle') AS idle
             FROM instances WHERE project = $1 AND status <> 'terminated' GROUP BY pool
         ) AS counted ON counted.pool = pools.name
         WHERE project = $1 ORDER BY name",
    )
    .bind(project)
    .fetch_all(pool)
    .await
    .map_err(store_error)?;
    rows.iter()
        .map(|row| {
            Ok(Pool {
                name: row.try_get("name")?,
                project: project.to_owned(),
                default: row.try_get("is_default")?,
                created_at: Timestamp(row.try_get("created_at")?),
                instances: unsigned(row.try_get("instances")?),
                idle: unsigned(row.try_get("idle")?),
            })
        })
        .collect::<Result<_, sqlx::Error>>()
        .map_err(store_error)
}

pub(super) async fn orphans(pool: &PgPool) -> Result<Vec<Orphan>, StoreError> {
    let rows = sqlx::query(
        "SELECT state FROM orphans WHERE NOT gone
         UNION ALL (SELECT state FROM orphans WHERE gone ORDER BY found_at DESC LIMIT $1)",
    );
    let rows = rows.bind(i64::from(GONE_ORPHANS)).fetch_all(pool).await.map_err(store_error)?;
    let mut orphans: Vec<Orphan> = rows.iter().map(|row| json(row, "state")).collect::<Result<_, _>>()?;
    orphans.sort_by(|a, b| b.found_at.cmp(&a.found_at).then_with(|| a.handle.cmp(&b.handle)));
    Ok(orphans)
}

pub(super) async fn idle(pool: &PgPool, project: &str, name: &str) -> Result<Vec<InstanceRow>, StoreError> {
    let sql = "SELECT version, state FROM instances WHERE status = 'idle' AND project = $1 AND pool = $2 ORDER BY created_at, id";
    let rows = sqlx::query(sql).bind(project).bind(name).fetch_all(pool).await.map_err(store_error)?;
    rows.iter().map(|row| instance_row(row, "version", "state")).collect()
}

pub(super) async fn instances(
    pool: &PgPool,
    project: &str,
    name: &str,
    limit: u32,
) -> Result<Vec<Instance>, StoreError> {
    let sql = "SELECT state FROM instances WHERE status <> 'terminated' AND project = $1 AND pool = $2 ORDER BY created_at, id LIMIT $3";
    let rows = sqlx::query(sql)
        .bind(project)
        .bind(name)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .map_err(store_error)?;
    rows.iter().map(instance_view).collect()
}

pub(super) async fn held(pool: &PgPool, backend: &str) -> Result<Vec<Allocation>, StoreError> {
    let rows = sqlx::query(
        "SELECT (state #> '{instance,allocation}')::text AS allocation FROM instances
         WHERE backend = $1 AND status <> 'terminated' AND jsonb_typeof(state #> '{instance,allocation}') <> 'null'
         ORDER BY created_at, id",
    );
    let rows = rows.bind(backend).fetch_all(pool).await.map_err(store_error)?;
    rows.iter().map(|row| json(row, "allocation")).collect()
}
