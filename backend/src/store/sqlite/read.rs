//! Reading.

use std::{cmp::Reverse, collections::BTreeMap};

use berth_shared::{
    api::{EventSeq, Instance, InstanceId, JobId, Run, RunDetail, RunId, SNAPSHOT_FINISHED},
    time::Timestamp,
};
use futures_util::TryStreamExt;
use sqlx::{Row, SqliteConnection, SqlitePool, sqlite::SqliteRow};
use tokio::task::consume_budget;
use uuid::Uuid;

use super::{commit::stored, json, json_option};
use crate::store::{
    InstanceRow, InstanceView, JobRow, RunRow, RunView, Snapshot, Source, StoreError, StoredEvent, Whole,
};

fn version(row: &SqliteRow, column: &'static str) -> Result<u64, StoreError> {
    Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or(0))
}

fn run_row(row: &SqliteRow) -> Result<RunRow, StoreError> {
    Ok(RunRow { version: version(row, "version")?, ..json(row, "state")? })
}

pub(super) fn instance_row(row: &SqliteRow) -> Result<InstanceRow, StoreError> {
    Ok(InstanceRow { version: version(row, "version")?, ..json(row, "state")? })
}

fn run_view(row: &SqliteRow) -> Result<Run, StoreError> {
    Ok(json::<RunView>(row, "state")?.run)
}

pub(super) fn instance_view(row: &SqliteRow) -> Result<Instance, StoreError> {
    Ok(json::<InstanceView>(row, "state")?.instance)
}

// What belongs together is read by one statement: it sees one moment, and each statement is a way to SQLite's thread and back.

pub(super) async fn whole(pool: &SqlitePool, run: RunId) -> Result<Option<Whole>, StoreError> {
    let sql = "SELECT runs.version, runs.state, jobs.version AS job_version, jobs.state AS job,
                      instances.version AS instance_version, instances.state AS instance
               FROM runs JOIN jobs ON jobs.id = json_extract(runs.state, '$.job_id')
                    LEFT JOIN instances ON instances.id = jobs.instance_id
               WHERE runs.id = ?";
    one_whole(pool, sql, run.0).await
}

pub(super) async fn whole_of_job(pool: &SqlitePool, job: JobId) -> Result<Option<Whole>, StoreError> {
    let sql = "SELECT runs.version, runs.state, jobs.version AS job_version, jobs.state AS job,
                      instances.version AS instance_version, instances.state AS instance
               FROM jobs JOIN runs ON runs.id = jobs.run_id AND json_extract(runs.state, '$.job_id') = jobs.id
                    LEFT JOIN instances ON instances.id = jobs.instance_id
               WHERE jobs.id = ?";
    one_whole(pool, sql, job.0).await
}

async fn one_whole(pool: &SqlitePool, sql: &'static str, id: Uuid) -> Result<Option<Whole>, StoreError> {
    let Some(row) = sqlx::query(sql).bind(id.to_string()).fetch_optional(pool).await? else {
        return Ok(None);
    };
    let job = JobRow { version: version(&row, "job_version")?, ..json(&row, "job")? };
    let instance = match json_option(&row, "instance")? {
        Some(state) => Some(InstanceRow { version: version(&row, "instance_version")?, ..state }),
        None => None,
    };
    Ok(Some(Whole { run: run_row(&row)?, job, instance }))
}

pub(super) async fn inactive_runs(pool: &SqlitePool, before: Timestamp) -> Result<Vec<Run>, StoreError> {
    let sql = "SELECT state FROM runs WHERE status NOT IN ('terminated', 'failed', 'done')
               AND json_extract(state, '$.run.inactive_at') <= ?";
    let rows = sqlx::query(sql).bind(before.0).fetch_all(pool).await?;
    rows.iter().map(run_view).collect()
}

pub(super) async fn in_front(
    pool: &SqlitePool,
    project: &str,
    above: i64,
    limit: u32,
) -> Result<Vec<Run>, StoreError> {
    // What the index has, and of that what is above; nothing that waits for its schedule.
    let sql = "SELECT state FROM runs INDEXED BY runs_in_front
               WHERE project = ? AND status IN ('submitted', 'pending')
                     AND json_extract(state, '$.run.priority') > 0
                     AND json_extract(state, '$.run.priority') > ? AND json_extract(state, '$.run.due_at') IS NULL
               ORDER BY json_extract(state, '$.run.priority') DESC, submitted_at LIMIT ?";
    let rows = sqlx::query(sql).bind(project).bind(above).bind(limit).fetch_all(pool).await?;
    rows.iter().map(run_view).collect()
}

pub(super) async fn instance(
    pool: &SqlitePool,
    id: InstanceId,
) -> Result<Option<(InstanceRow, Option<JobRow>)>, StoreError> {
    let query = sqlx::query(
        "SELECT instances.version, instances.state, jobs.version AS job_version, jobs.state AS job
         FROM instances LEFT JOIN jobs ON jobs.id = json_extract(instances.state, '$.job_id')
         WHERE instances.id = ?",
    );
    let Some(row) = query.bind(id.to_string()).fetch_optional(pool).await? else { return Ok(None) };
    let job = match json_option(&row, "job")? {
        Some(state) => Some(JobRow { version: version(&row, "job_version")?, ..state }),
        None => None,
    };
    Ok(Some((instance_row(&row)?, job)))
}

async fn find_run(connection: &mut SqliteConnection, id: RunId) -> Result<Option<RunRow>, StoreError> {
    let query = sqlx::query("SELECT version, state FROM runs WHERE id = ?").bind(id.to_string());
    query.fetch_optional(connection).await?.as_ref().map(run_row).transpose()
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

pub(super) async fn newest_of_name(
    pool: &SqlitePool,
    project: &str,
    name: &str,
) -> Result<Option<RunId>, StoreError> {
    // An active run is newer than all that are finished, but two may have been submitted in one millisecond.
    let query = sqlx::query(
        "SELECT id FROM (
             SELECT id, 0 AS later FROM runs
             WHERE project = ?1 AND name = ?2 AND status NOT IN ('terminated', 'failed', 'done')
             UNION ALL
             SELECT * FROM (SELECT id, 1 FROM runs WHERE project = ?1 AND name = ?2 ORDER BY submitted_at DESC, rowid DESC LIMIT 1))
         ORDER BY later LIMIT 1",
    );
    query
        .bind(project)
        .bind(name)
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(|row| super::id(row, "id"))
        .transpose()
}

pub(super) async fn runs(
    pool: &SqlitePool,
    project: &str,
    active: bool,
    before: Option<(Timestamp, RunId)>,
    limit: u32,
) -> Result<Vec<Run>, StoreError> {
    // Spelled out, so that each is answered from its own index.
    let sql = match active {
        false => {
            "SELECT state FROM runs WHERE project = ? AND (submitted_at, id) < (?, ?)
             ORDER BY submitted_at DESC, id DESC LIMIT ?"
        }
        true => {
            "SELECT state FROM runs
             WHERE project = ? AND status NOT IN ('terminated', 'failed', 'done') AND (submitted_at, id) < (?, ?)
             ORDER BY submitted_at DESC, id DESC LIMIT ?"
        }
    };
    let (at, id) = before.map_or((i64::MAX, String::new()), |(at, id)| (at.0, id.to_string()));
    let rows = sqlx::query(sql).bind(project).bind(at).bind(id).bind(limit).fetch_all(pool).await?;
    rows.iter().map(run_view).collect()
}

pub(super) async fn instances(
    pool: &SqlitePool,
    project: &str,
    after: Option<(Timestamp, InstanceId)>,
    limit: u32,
) -> Result<Vec<Instance>, StoreError> {
    let sql = "SELECT state FROM instances WHERE project = ? AND status <> 'terminated' AND (created_at, id) > (?, ?)
               ORDER BY created_at, id LIMIT ?";
    let (at, id) = after.map_or((i64::MIN, String::new()), |(at, id)| (at.0, id.to_string()));
    let rows = sqlx::query(sql).bind(project).bind(at).bind(id).bind(limit).fetch_all(pool).await?;
    rows.iter().map(instance_view).collect()
}

pub(super) async fn active_instances(pool: &SqlitePool) -> Result<Vec<InstanceRow>, StoreError> {
    let sql = "SELECT version, state FROM instances WHERE status <> 'terminated' ORDER BY created_at, id";
    sqlx::query(sql).fetch_all(pool).await?.iter().map(instance_row).collect()
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

pub(super) async fn snapshot(
    pool: &SqlitePool,
    project: &str,
    now: Timestamp,
) -> Result<Snapshot, StoreError> {
    let mut transaction = pool.begin().await?;
    let seq = newest(&mut transaction).await?;
    // Each comes in the order of its index; sorting them together here is cheaper than there, where whole rows are moved.
    let mut runs = Vec::new();
    for (sql, limit) in [
        (
            "SELECT state FROM runs WHERE project = ? AND status NOT IN ('terminated', 'failed', 'done') LIMIT ?",
            -1,
        ),
        (
            "SELECT state FROM runs WHERE project = ? AND status IN ('terminated', 'failed', 'done')
             ORDER BY submitted_at DESC, id DESC LIMIT ?",
            i64::from(SNAPSHOT_FINISHED),
        ),
    ] {
        let mut rows = sqlx::query(sql).bind(project).bind(limit).fetch(&mut *transaction);
        while let Some(row) = rows.try_next().await? {
            runs.push(run_view(&row)?);
            // There may be tens of thousands of them: others have their turn in between.
            consume_budget().await;
        }
    }
    runs.sort_unstable_by_key(|run| Reverse((run.submitted_at, run.id)));
    let mut instances = Vec::new();
    let sql =
        "SELECT state FROM instances WHERE project = ? AND status <> 'terminated' ORDER BY created_at, id";
    let mut rows = sqlx::query(sql).bind(project).fetch(&mut *transaction);
    while let Some(row) = rows.try_next().await? {
        instances.push(instance_view(&row)?);
        consume_budget().await;
    }
    drop(rows);
    Ok(Snapshot { seq, runs, instances, at: now })
}
