//! Leases, and who is due.

use berth_shared::{
    api::{InstanceId, RunId, Subject},
    time::Timestamp,
};
use sqlx::{Row, SqlitePool};
use uuid::Uuid;

use super::id;
use crate::store::{Lease, StoreError};

pub(super) async fn lease(
    pool: &SqlitePool,
    subject: Subject,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Lease>, StoreError> {
    macro_rules! lease {
        ($table:literal) => {
            concat!(
                "UPDATE ",
                $table,
                " SET lease_owner = ?1, lease_token = lease_token + 1, lease_expires = ?3, wake = 0
                 WHERE id IN (SELECT id FROM ",
                $table,
                "
                              WHERE (wake = 1 OR next_due <= ?2) AND lease_expires <= ?2
                              ORDER BY wake DESC, next_due LIMIT ?4)
                 RETURNING id, lease_token"
            )
        };
    }
    let sql = match subject {
        Subject::Run => lease!("runs"),
        Subject::Job => lease!("jobs"),
        Subject::Instance => lease!("instances"),
    };
    let rows = sqlx::query(sql).bind(owner).bind(now.0).bind(until.0).bind(limit).fetch_all(pool).await?;
    rows.iter()
        .map(|row| Ok(Lease { subject, id: id::<RunId>(row, "id")?.0, token: row.try_get("lease_token")? }))
        .collect()
}

pub(super) async fn release(
    pool: &SqlitePool,
    lease: &Lease,
    next_due: Option<Timestamp>,
) -> Result<(), StoreError> {
    macro_rules! release {
        ($table:literal) => {
            concat!(
                "UPDATE ",
                $table,
                " SET lease_owner = NULL, lease_expires = 0, next_due = ?1
                 WHERE id = ?2 AND lease_token = ?3"
            )
        };
    }
    let sql = match lease.subject {
        Subject::Run => release!("runs"),
        Subject::Job => release!("jobs"),
        Subject::Instance => release!("instances"),
    };
    let query = sqlx::query(sql).bind(next_due.map(|at| at.0)).bind(lease.id.to_string()).bind(lease.token);
    query.execute(pool).await?;
    Ok(())
}

pub(super) async fn next_due(pool: &SqlitePool) -> Result<Option<Timestamp>, StoreError> {
    // A leased row is due no sooner than its lease expires.
    let row = sqlx::query(
        "SELECT MIN(due) FROM (
             SELECT MAX(next_due, lease_expires) AS due FROM runs WHERE next_due IS NOT NULL
             UNION ALL SELECT MAX(next_due, lease_expires) FROM jobs WHERE next_due IS NOT NULL
             UNION ALL SELECT MAX(next_due, lease_expires) FROM instances WHERE next_due IS NOT NULL
             UNION ALL SELECT lease_expires FROM runs WHERE wake = 1
             UNION ALL SELECT lease_expires FROM jobs WHERE wake = 1
             UNION ALL SELECT lease_expires FROM instances WHERE wake = 1)",
    )
    .fetch_one(pool)
    .await?;
    Ok(row.try_get::<Option<i64>, _>(0)?.map(Timestamp))
}

pub(super) async fn wake(pool: &SqlitePool, instances: &[InstanceId]) -> Result<Vec<RunId>, StoreError> {
    let ids: Vec<Uuid> = instances.iter().map(|id| id.0).collect();
    let ids = super::to_json(&ids)?;
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(
        "UPDATE instances SET wake = 1 WHERE status <> 'terminated' AND id IN (SELECT value FROM json_each(?))",
    )
    .bind(&ids)
    .execute(&mut *transaction)
    .await?;
    let rows = sqlx::query(
        "UPDATE jobs SET wake = 1
         WHERE instance_id IN (SELECT value FROM json_each(?))
           AND status NOT IN ('terminated', 'aborted', 'failed', 'done')
         RETURNING run_id",
    )
    .bind(&ids)
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    rows.iter().map(|row| id(row, "run_id")).collect()
}

pub(super) async fn take_over(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    for sql in [
        "UPDATE runs SET lease_owner = NULL, lease_expires = 0, wake = 1
         WHERE status NOT IN ('terminated', 'failed', 'done')",
        "UPDATE jobs SET lease_owner = NULL, lease_expires = 0, wake = 1
         WHERE status NOT IN ('terminated', 'aborted', 'failed', 'done')",
        "UPDATE instances SET lease_owner = NULL, lease_expires = 0, wake = 1 WHERE status <> 'terminated'",
    ] {
        sqlx::query(sql).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
