//! Leases, and who is due: all of it in the table `work`.

use berth_shared::{
    api::{InstanceId, RunId},
    time::Timestamp,
};
use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::{listen, number, store_error};
use crate::store::{Lease, LeaseRequest, StoreError};

pub(super) async fn lease(pool: &PgPool, request: &LeaseRequest<'_>) -> Result<Vec<Lease>, StoreError> {
    let LeaseRequest { queue, owner, backends, now, until, limit } = *request;
    // Rows that somebody else is about to lease or to change are passed over. A lease that is never given back is due when
    // it has expired.
    let rows = sqlx::query(
        "WITH woken AS MATERIALIZED (
             SELECT id FROM work
             WHERE queue = $1 AND wake AND lease_expires <= $3 AND (backend IS NULL AND (queue = 0 OR cardinality($6) > 0) OR backend = ANY($6))
             ORDER BY next_due NULLS FIRST, id LIMIT $5 FOR UPDATE SKIP LOCKED),
         due AS MATERIALIZED (
             SELECT id FROM work
             WHERE queue = $1 AND next_due <= $3 AND NOT wake AND lease_expires <= $3
                   AND (backend IS NULL AND (queue = 0 OR cardinality($6) > 0) OR backend = ANY($6))
             ORDER BY next_due, id LIMIT $5 - (SELECT count(*) FROM woken) FOR UPDATE SKIP LOCKED)
         UPDATE work SET lease_owner = $2, lease_token = lease_token + 1, lease_expires = $4, next_due = $4, wake = false
         FROM (SELECT id FROM woken UNION ALL SELECT id FROM due) AS taken
         WHERE work.id = taken.id
         RETURNING work.id, lease_token",
    )
    .bind(number(queue))
    .bind(owner)
    .bind(now.0)
    .bind(until.0)
    .bind(i64::from(limit))
    .bind(backends)
    .fetch_all(pool)
    .await
    .map_err(store_error)?;
    rows.iter()
        .map(|row| Ok(Lease { queue, id: row.try_get("id")?, token: row.try_get("lease_token")? }))
        .collect::<Result<_, sqlx::Error>>()
        .map_err(store_error)
}

pub(super) async fn release_all(
    pool: &PgPool,
    leases: &[(Lease, Option<Timestamp>)],
) -> Result<(), StoreError> {
    if leases.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = leases.iter().map(|(lease, _)| lease.id).collect();
    let tokens: Vec<i64> = leases.iter().map(|(lease, _)| lease.token).collect();
    let due: Vec<Option<i64>> = leases.iter().map(|(_, due)| due.map(|at| at.0)).collect();
    // In the order in which changes lock rows.
    sqlx::query(
        "WITH mine AS MATERIALIZED (
             SELECT work.id, given.due FROM work JOIN unnest($1, $2, $3) AS given (id, token, due)
                    ON work.id = given.id AND lease_token = given.token
             ORDER BY work.id FOR UPDATE OF work)
         UPDATE work SET lease_owner = NULL, lease_expires = 0, next_due = mine.due
         FROM mine WHERE work.id = mine.id",
    )
    .bind(&ids)
    .bind(&tokens)
    .bind(&due)
    .execute(pool)
    .await
    .map_err(store_error)?;
    Ok(())
}

pub(super) async fn next_due(pool: &PgPool, backends: &[String]) -> Result<Option<Timestamp>, StoreError> {
    // Leasing moves `next_due` to where the lease expires, so no row is due before that. Of each kind the first in the
    // index is looked at, and of those that are woken the first to be free.
    let due: Option<i64> = sqlx::query_scalar(
        "SELECT min(due) FROM (
             SELECT first.next_due AS due FROM (VALUES (0::smallint), (1), (2)) AS kind (queue),
                    LATERAL (SELECT next_due FROM work
                             WHERE work.queue = kind.queue AND next_due IS NOT NULL
                                   AND (backend IS NULL AND (work.queue = 0 OR cardinality($1) > 0) OR backend = ANY($1))
                             ORDER BY next_due LIMIT 1) AS first
             UNION ALL
             (SELECT lease_expires FROM work
              WHERE wake AND (backend IS NULL AND (work.queue = 0 OR cardinality($1) > 0) OR backend = ANY($1))
              ORDER BY lease_expires LIMIT 1)) AS all_due",
    )
    .bind(backends)
    .fetch_one(pool)
    .await
    .map_err(store_error)?;
    Ok(due.map(Timestamp))
}

pub(super) async fn wake(
    pool: &PgPool,
    instances: &[InstanceId],
    sender: Uuid,
) -> Result<Vec<RunId>, StoreError> {
    let ids: Vec<Uuid> = instances.iter().map(|id| id.0).collect();
    let mut transaction = pool.begin().await.map_err(store_error)?;
    let runs: Vec<Uuid> = sqlx::query_scalar(
        "WITH rows AS MATERIALIZED (
             SELECT work.id, jobs.run_id FROM work LEFT JOIN jobs ON jobs.id = work.id
             WHERE NOT is_over AND (work.id = ANY($1)
                                    OR work.id IN (SELECT id FROM jobs WHERE instance_id = ANY($1)))
             ORDER BY work.id FOR UPDATE OF work),
         woken AS (UPDATE work SET wake = true FROM rows WHERE work.id = rows.id AND NOT wake)
         SELECT run_id FROM rows WHERE run_id IS NOT NULL",
    )
    .bind(&ids)
    .fetch_all(&mut *transaction)
    .await
    .map_err(store_error)?;
    listen::tell(&mut transaction, &listen::Told::Work(sender)).await.map_err(store_error)?;
    transaction.commit().await.map_err(store_error)?;
    Ok(runs.into_iter().map(RunId).collect())
}
