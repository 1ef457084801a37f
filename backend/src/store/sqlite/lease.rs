//! Leases, and who is due.

use berth_shared::{
    api::{InstanceId, RunId},
    time::Timestamp,
};
use sqlx::{Row, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::id;
use crate::store::{Lease, LeaseRequest, Queue, StoreError};

pub(super) async fn lease(pool: &SqlitePool, request: &LeaseRequest<'_>) -> Result<Vec<Lease>, StoreError> {
    // A lease that is never given back is due when it has expired.
    macro_rules! lease {
        ($table:literal, $reachable:literal) => {
            concat!(
                "UPDATE ",
                $table,
                " SET lease_owner = ?1, lease_token = lease_token + 1, lease_expires = ?3,
                        next_due = ?3, wake = 0
                 WHERE id IN (
                     SELECT id FROM (
                         SELECT * FROM (SELECT 0 AS later, next_due, id FROM ",
                $table,
                "
                                        WHERE wake = 1 AND lease_expires <= ?2 ",
                $reachable,
                "
                                        ORDER BY next_due, id LIMIT ?4)
                         UNION ALL
                         SELECT * FROM (SELECT 1 AS later, next_due, id FROM ",
                $table,
                "
                                        WHERE next_due <= ?2 AND wake = 0 AND lease_expires <= ?2 ",
                $reachable,
                "
                                        ORDER BY next_due, id LIMIT ?4))
                     ORDER BY later, next_due, id LIMIT ?4)
                 RETURNING id, lease_token"
            )
        };
    }
    let sql = match request.queue {
        // Binds ?5 like the others.
        Queue::Runs => lease!("runs", "AND ?5 IS NOT NULL"),
        Queue::Jobs => {
            lease!(
                "jobs",
                "AND (backend IS NULL AND ?5 <> '[]' OR backend IN (SELECT value FROM json_each(?5)))"
            )
        }
        Queue::Instances => lease!("instances", "AND backend IN (SELECT value FROM json_each(?5))"),
    };
    let LeaseRequest { queue, owner, backends, now, until, limit } = *request;
    let backends = super::to_json(&backends)?;
    let query = sqlx::query(sql).bind(owner).bind(now.0).bind(until.0).bind(limit).bind(backends);
    let rows = query.fetch_all(pool).await?;
    rows.iter()
        .map(|row| Ok(Lease { queue, id: id::<RunId>(row, "id")?.0, token: row.try_get("lease_token")? }))
        .collect()
}

pub(super) async fn release_all(
    pool: &SqlitePool,
    leases: &[(Lease, Option<Timestamp>)],
) -> Result<(), StoreError> {
    if leases.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    for queue in Queue::ALL {
        release_of(&mut transaction, queue, leases).await?;
    }
    transaction.commit().await?;
    Ok(())
}

pub(super) async fn release(
    pool: &SqlitePool,
    lease: &Lease,
    next_due: Option<Timestamp>,
) -> Result<(), StoreError> {
    release_of(&mut *pool.acquire().await?, lease.queue, &[(lease.clone(), next_due)]).await
}

/// Gives back those of one kind, by one statement.
async fn release_of(
    connection: &mut SqliteConnection,
    queue: Queue,
    leases: &[(Lease, Option<Timestamp>)],
) -> Result<(), StoreError> {
    macro_rules! release {
        ($table:literal) => {
            concat!(
                "UPDATE ",
                $table,
                " SET lease_owner = NULL, lease_expires = 0, next_due = given.next_due
                 FROM (SELECT value ->> 0 AS id, value ->> 1 AS token, value ->> 2 AS next_due FROM json_each(?)) AS given
                 WHERE ",
                $table,
                ".id = given.id AND lease_token = given.token"
            )
        };
    }
    let of_kind = leases.iter().filter(|(lease, _)| lease.queue == queue);
    let given: Vec<_> = of_kind.map(|(lease, due)| (lease.id, lease.token, due.map(|at| at.0))).collect();
    if given.is_empty() {
        return Ok(());
    }
    let sql = match queue {
        Queue::Runs => release!("runs"),
        Queue::Jobs => release!("jobs"),
        Queue::Instances => release!("instances"),
    };
    sqlx::query(sql).bind(super::to_json(&given)?).execute(connection).await?;
    Ok(())
}

pub(super) async fn next_due(
    pool: &SqlitePool,
    backends: &[String],
) -> Result<Option<Timestamp>, StoreError> {
    // Leasing moves `next_due` to where the lease expires, so no row is due before that. Of each kind the first in the
    // index is looked at, of those that are woken all: whoever asks has just leased those that are free.
    let row = sqlx::query(
        "SELECT MIN(due) FROM (
             SELECT * FROM (SELECT next_due AS due FROM runs WHERE next_due IS NOT NULL ORDER BY next_due LIMIT 1)
             UNION ALL SELECT * FROM (SELECT next_due FROM jobs
                 WHERE next_due IS NOT NULL AND (backend IS NULL AND ?1 <> '[]' OR backend IN (SELECT value FROM json_each(?1)))
                 ORDER BY next_due LIMIT 1)
             UNION ALL SELECT * FROM (SELECT next_due FROM instances
                 WHERE next_due IS NOT NULL AND backend IN (SELECT value FROM json_each(?1))
                 ORDER BY next_due LIMIT 1)
             UNION ALL SELECT lease_expires FROM runs WHERE wake = 1
             UNION ALL SELECT lease_expires FROM jobs
                 WHERE wake = 1 AND (backend IS NULL AND ?1 <> '[]' OR backend IN (SELECT value FROM json_each(?1)))
             UNION ALL SELECT lease_expires FROM instances
                 WHERE wake = 1 AND backend IN (SELECT value FROM json_each(?1)))",
    )
    .bind(super::to_json(&backends)?)
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
        "DELETE FROM tasks",
    ] {
        sqlx::query(sql).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Ends the leases of one process except about these rows, and wakes what they were about; tells whether there were any.
pub(super) async fn disown(pool: &SqlitePool, owner: &str, known: &[Uuid]) -> Result<bool, StoreError> {
    let known = serde_json::Value::from_iter(known.iter().map(Uuid::to_string)).to_string();
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut ended = 0;
    for sql in [
        "UPDATE runs SET lease_owner = NULL, lease_expires = 0, wake = 1
         WHERE lease_owner = ?1 AND id NOT IN (SELECT value FROM json_each(?2))",
        "UPDATE jobs SET lease_owner = NULL, lease_expires = 0, wake = 1
         WHERE lease_owner = ?1 AND id NOT IN (SELECT value FROM json_each(?2))",
        "UPDATE instances SET lease_owner = NULL, lease_expires = 0, wake = 1
         WHERE lease_owner = ?1 AND id NOT IN (SELECT value FROM json_each(?2))",
    ] {
        ended += sqlx::query(sql).bind(owner).bind(&known).execute(&mut *transaction).await?.rows_affected();
    }
    transaction.commit().await?;
    Ok(ended > 0)
}

/// Ends the leases of one process and wakes what they were about.
pub(super) async fn leave(pool: &SqlitePool, owner: &str) -> Result<(), StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    for sql in [
        "UPDATE runs SET lease_owner = NULL, lease_expires = 0, wake = 1 WHERE lease_owner = ?",
        "UPDATE jobs SET lease_owner = NULL, lease_expires = 0, wake = 1 WHERE lease_owner = ?",
        "UPDATE instances SET lease_owner = NULL, lease_expires = 0, wake = 1 WHERE lease_owner = ?",
        "DELETE FROM tasks WHERE owner = ?",
    ] {
        sqlx::query(sql).bind(owner).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

pub(super) async fn claim(
    pool: &SqlitePool,
    task: &str,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let claimed = sqlx::query(
        "INSERT INTO tasks (name, owner, expires) VALUES (?1, ?2, ?4)
         ON CONFLICT (name) DO UPDATE SET owner = ?2, expires = ?4 WHERE owner = ?2 OR expires <= ?3",
    )
    .bind(task)
    .bind(owner)
    .bind(now.0)
    .bind(until.0)
    .execute(pool)
    .await?;
    Ok(claimed.rows_affected() == 1)
}
