//! Reading.

use std::{cmp::Reverse, collections::BTreeMap};

use berth_shared::{
    api::{EventSeq, InstanceId, JobId, Run, RunDetail, RunId},
    time::Timestamp,
};
use sqlx::{Row, SqliteConnection, SqlitePool, sqlite::SqliteRow};

use super::{commit::stored, json, json_option};
use crate::store::{
    InstanceRow, JobRow, RunRow, SNAPSHOT_FINISHED, Snapshot, Source, StoreError, StoredEvent, Whole,
};

fn version(row: &SqliteRow) -> Result<u64, StoreError> {
    Ok(u64::try_from(row.try_get::<i64, _>("version")?).unwrap_or(0))
}

fn run_row(row: &SqliteRow) -> Result<RunRow, StoreError> {
    Ok(RunRow { version: version(row)?, ..json(row, "state")? })
}

fn job_row(row: &SqliteRow) -> Result<JobRow, StoreError> {
    Ok(JobRow { version: version(row)?, ..json(row, "state")? })
}

pub(super) fn instance_row(row: &SqliteRow) -> Result<InstanceRow, StoreError> {
    Ok(InstanceRow { version: version(row)?, ..json(row, "state")? })
}

fn run_view(row: &SqliteRow) -> Result<Run, StoreError> {
    Ok(json::<RunRow>(row, "state")?.run)
}

pub(super) async fn whole(pool: &SqlitePool, run: RunId) -> Result<Option<Whole>, StoreError> {
    let mut transaction = pool.begin().await?;
    let Some(run) = find_run(&mut transaction, run).await? else { return Ok(None) };
    let Some(job) = find_job(&mut transaction, run.job_id).await? else { return Ok(None) };
    let instance = match job.instance_id {
        Some(id) => find_instance(&mut transaction, id).await?,
        None => None,
    };
    Ok(Some(Whole { run, job, instance }))
}

pub(super) async fn whole_of_job(pool: &SqlitePool, job: JobId) -> Result<Option<Whole>, StoreError> {
    let mut connection = pool.acquire().await?;
    let Some(found) = find_job(&mut connection, job).await? else { return Ok(None) };
    drop(connection);
    Ok(whole(pool, found.run_id).await?.filter(|whole| whole.job.id == job))
}

pub(super) async fn instance(
    pool: &SqlitePool,
    id: InstanceId,
) -> Result<Option<(InstanceRow, Option<JobRow>)>, StoreError> {
    let mut transaction = pool.begin().await?;
    let Some(instance) = find_instance(&mut transaction, id).await? else { return Ok(None) };
    let job = match instance.job_id {
        Some(job) => find_job(&mut transaction, job).await?,
        None => None,
    };
    Ok(Some((instance, job)))
}

async fn find_run(connection: &mut SqliteConnection, id: RunId) -> Result<Option<RunRow>, StoreError> {
    let query = sqlx::query("SELECT version, state FROM runs WHERE id = ?").bind(id.to_string());
    query.fetch_optional(connection).await?.as_ref().map(run_row).transpose()
}

async fn find_job(connection: &mut SqliteConnection, id: JobId) -> Result<Option<JobRow>, StoreError> {
    let query = sqlx::query("SELECT version, state FROM jobs WHERE id = ?").bind(id.to_string());
    query.fetch_optional(connection).await?.as_ref().map(job_row).transpose()
}

async fn find_instance(
    connection: &mut SqliteConnection,
    id: InstanceId,
) -> Result<Option<InstanceRow>, StoreError> {
    let query = sqlx::query("SELECT version, state FROM instances WHERE id = ?").bind(id.to_string());
    query.fetch_optional(connection).await?.as_ref().map(instance_row).transpose()
}

pub(super) async fn source(pool: &SqlitePool, run: RunId) -> Result<Option<Source>, StoreError> {
    let query =
        sqlx::query("SELECT configuration, model, variables FROM runs WHERE id = ?").bind(run.to_string());
    let Some(row) = query.fetch_optional(pool).await? else { return Ok(None) };
    let variables: Option<BTreeMap<String, String>> = json_option(&row, "variables")?;
    Ok(Some(Source {
        text: row.try_get("configuration")?,
        model: json(&row, "model")?,
        variables: variables.unwrap_or_default(),
    }))
}

pub(super) async fn newest_of_name(pool: &SqlitePool, name: &str) -> Result<Option<RunId>, StoreError> {
    // An active run is newer than all that are finished, but two may have been submitted in one millisecond.
    let query = sqlx::query(
        "SELECT id FROM (
             SELECT id, 0 AS later FROM runs
             WHERE name = ?1 AND status NOT IN ('terminated', 'failed', 'done')
             UNION ALL
             SELECT * FROM (SELECT id, 1 FROM runs WHERE name = ?1 ORDER BY submitted_at DESC, rowid DESC LIMIT 1))
         ORDER BY later LIMIT 1",
    );
    query.bind(name).fetch_optional(pool).await?.as_ref().map(|row| super::id(row, "id")).transpose()
}

pub(super) async fn runs(
    pool: &SqlitePool,
    before: Option<(Timestamp, RunId)>,
    limit: u32,
) -> Result<Vec<Run>, StoreError> {
    let rows = match before {
        None => {
            let sql = "SELECT state FROM runs ORDER BY submitted_at DESC, id DESC LIMIT ?";
            sqlx::query(sql).bind(limit).fetch_all(pool).await?
        }
        Some((at, id)) => {
            let sql = "SELECT state FROM runs WHERE (submitted_at, id) < (?, ?)
                       ORDER BY submitted_at DESC, id DESC LIMIT ?";
            sqlx::query(sql).bind(at.0).bind(id.to_string()).bind(limit).fetch_all(pool).await?
        }
    };
    rows.iter().map(run_view).collect()
}

pub(super) async fn active_instances(pool: &SqlitePool) -> Result<Vec<InstanceRow>, StoreError> {
    let mut connection = pool.acquire().await?;
    all_active_instances(&mut connection).await
}

async fn all_active_instances(connection: &mut SqliteConnection) -> Result<Vec<InstanceRow>, StoreError> {
    let sql = "SELECT version, state FROM instances WHERE status <> 'terminated' ORDER BY created_at, id";
    sqlx::query(sql).fetch_all(connection).await?.iter().map(instance_row).collect()
}

pub(super) async fn newest(connection: &mut SqliteConnection) -> Result<EventSeq, StoreError> {
    let row = sqlx::query("SELECT MAX(seq) FROM events").fetch_one(connection).await?;
    Ok(row.try_get::<Option<i64>, _>(0)?.and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0))
}

pub(super) async fn detail(pool: &SqlitePool, run: RunId) -> Result<Option<RunDetail>, StoreError> {
    let mut transaction = pool.begin().await?;
    let seq = newest(&mut transaction).await?;
    let query = sqlx::query("SELECT configuration FROM runs WHERE id = ?").bind(run.to_string());
    let Some(row) = query.fetch_optional(&mut *transaction).await? else { return Ok(None) };
    let configuration = row.try_get("configuration")?;
    let Some(found) = find_run(&mut transaction, run).await? else { return Ok(None) };
    let query = sqlx::query("SELECT event FROM events WHERE run_id = ? ORDER BY seq").bind(run.to_string());
    let rows = query.fetch_all(&mut *transaction).await?;
    let events: Result<_, _> = rows.iter().map(|row| json(row, "event")).collect();
    Ok(Some(RunDetail { seq, run: found.run, configuration, events: events? }))
}

/// The events after a number, at most so many.
pub(in crate::store) const EVENTS_AFTER: &str =
    "SELECT event, after_run, after_instance, deleted_run FROM events WHERE seq > ? ORDER BY seq LIMIT ?";

pub(super) async fn events_after(
    pool: &SqlitePool,
    seq: EventSeq,
    limit: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    let after = i64::try_from(seq).unwrap_or(i64::MAX);
    sqlx::query(EVENTS_AFTER).bind(after).bind(limit).fetch_all(pool).await?.iter().map(stored).collect()
}

pub(super) async fn snapshot(pool: &SqlitePool, now: Timestamp) -> Result<Snapshot, StoreError> {
    let mut transaction = pool.begin().await?;
    let seq = newest(&mut transaction).await?;
    // Each comes in the order of its index; sorting them together here is cheaper than there, where whole rows are moved.
    let mut runs = Vec::new();
    for (sql, limit) in [
        ("SELECT state FROM runs WHERE status NOT IN ('terminated', 'failed', 'done') LIMIT ?", -1),
        (
            "SELECT state FROM runs WHERE status IN ('terminated', 'failed', 'done')
             ORDER BY submitted_at DESC, id DESC LIMIT ?",
            i64::from(SNAPSHOT_FINISHED),
        ),
    ] {
        for row in sqlx::query(sql).bind(limit).fetch_all(&mut *transaction).await? {
            runs.push(run_view(&row)?);
        }
    }
    runs.sort_unstable_by_key(|run| Reverse((run.submitted_at, run.id)));
    let instances = all_active_instances(&mut transaction).await?;
    Ok(Snapshot { seq, runs, instances: instances.into_iter().map(|row| row.instance).collect(), at: now })
}
