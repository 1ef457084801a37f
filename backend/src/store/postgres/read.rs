//! Reading. What belongs together is read by one statement, which sees one moment.

use std::collections::BTreeMap;

use berth_shared::{
    api::{EventSeq, Instance, InstanceId, JobId, Run, RunDetail, RunId, SNAPSHOT_FINISHED},
    time::Timestamp,
};
use futures_util::TryStreamExt;
use sqlx::{PgPool, Row, postgres::PgRow};
use tokio::task::consume_budget;
use uuid::Uuid;

use super::{events, json, json_option, jsonb, store_error, unsigned};
use crate::store::{InstanceRow, InstanceView, JobRow, RunRow, RunView, Snapshot, Source, StoreError, Whole};

fn version(row: &PgRow, column: &'static str) -> Result<u64, StoreError> {
    Ok(unsigned(row.try_get(column).map_err(store_error)?))
}

/// Whether an outer join found something.
fn is_there(row: &PgRow, version: &'static str) -> Result<bool, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(version).map_err(store_error)?.is_some())
}

fn job_row(row: &PgRow, column: &'static str, state: &'static str) -> Result<JobRow, StoreError> {
    Ok(JobRow { version: version(row, column)?, ..jsonb(row, state)? })
}

pub(super) fn instance_row(
    row: &PgRow,
    column: &'static str,
    state: &'static str,
) -> Result<InstanceRow, StoreError> {
    Ok(InstanceRow { version: version(row, column)?, ..jsonb(row, state)? })
}

fn run_view(row: &PgRow) -> Result<Run, StoreError> {
    Ok(jsonb::<RunView>(row, "state")?.run)
}

pub(super) fn instance_view(row: &PgRow) -> Result<Instance, StoreError> {
    Ok(jsonb::<InstanceView>(row, "state")?.instance)
}

pub(super) async fn whole(pool: &PgPool, run: RunId) -> Result<Option<Whole>, StoreError> {
    let sql = "SELECT runs.version, runs.state, jobs.version AS job_version, jobs.state AS job,
                      instances.version AS instance_version, instances.state AS instance
               FROM runs JOIN jobs ON jobs.id = runs.job_id LEFT JOIN instances ON instances.id = jobs.instance_id
               WHERE runs.id = $1";
    one_whole(pool, sql, run.0).await
}

pub(super) async fn whole_of_job(pool: &PgPool, job: JobId) -> Result<Option<Whole>, StoreError> {
    let sql = "SELECT runs.version, runs.state, jobs.version AS job_version, jobs.state AS job,
                      instances.version AS instance_version, instances.state AS instance
               FROM jobs JOIN runs ON runs.id = jobs.run_id AND runs.job_id = jobs.id
                    LEFT JOIN instances ON instances.id = jobs.instance_id
               WHERE jobs.id = $1";
    one_whole(pool, sql, job.0).await
}

async fn one_whole(pool: &PgPool, sql: &'static str, id: Uuid) -> Result<Option<Whole>, StoreError> {
    let Some(row) = sqlx::query(sql).bind(id).fetch_optional(pool).await.map_err(store_error)? else {
        return Ok(None);
    };
    let run = RunRow { version: version(&row, "version")?, ..jsonb(&row, "state")? };
    let instance = match is_there(&row, "instance_version")? {
        true => Some(instance_row(&row, "instance_version", "instance")?),
        false => None,
    };
    Ok(Some(Whole { run, job: job_row(&row, "job_version", "job")?, instance }))
}

pub(super) async fn inactive_runs(pool: &PgPool, before: Timestamp) -> Result<Vec<Run>, StoreError> {
    let sql = "SELECT state FROM runs WHERE NOT finished AND (state #>> '{run,inactive_at}')::bigint <= $1";
    let rows = sqlx::query(sql).bind(before.0).fetch_all(pool).await.map_err(store_error)?;
    rows.iter().map(run_view).collect()
}

pub(super) async fn in_front(
    pool: &PgPool,
    project: &str,
    above: i64,
    limit: u32,
) -> Result<Vec<Run>, StoreError> {
    // What the index has, and of that what is above; nothing that waits for its schedule.
    let sql = "SELECT state FROM runs
               WHERE project = $1 AND NOT finished AND (state #>> '{run,priority}')::bigint > 0
                     AND (state #>> '{run,priority}')::bigint > $2
                     AND state #>> '{run,status}' IN ('submitted', 'pending') AND state #>> '{run,due_at}' IS NULL
               ORDER BY (state #>> '{run,priority}')::bigint DESC, submitted_at LIMIT $3";
    let rows = sqlx::query(sql).bind(project).bind(above).bind(i64::from(limit)).fetch_all(pool).await;
    rows.map_err(store_error)?.iter().map(run_view).collect()
}

pub(super) async fn instance(
    pool: &PgPool,
    id: InstanceId,
) -> Result<Option<(InstanceRow, Option<JobRow>)>, StoreError> {
    let row = sqlx::query(
        "SELECT instances.version, instances.state, jobs.version AS job_version, jobs.state AS job
         FROM instances LEFT JOIN jobs ON jobs.id = (instances.state ->> 'job_id')::uuid
         WHERE instances.id = $1",
    );
    let Some(row) = row.bind(id.0).fetch_optional(pool).await.map_err(store_error)? else { return Ok(None) };
    let job = match is_there(&row, "job_version")? {
        true => Some(job_row(&row, "job_version", "job")?),
        false => None,
    };
    Ok(Some((instance_row(&row, "version", "state")?, job)))
}

pub(super) async fn source(pool: &PgPool, run: RunId) -> Result<Option<Source>, StoreError> {
    let query = sqlx::query("SELECT configuration, model, variables FROM runs WHERE id = $1").bind(run.0);
    let Some(row) = query.fetch_optional(pool).await.map_err(store_error)? else { return Ok(None) };
    let variables: Option<BTreeMap<String, String>> = json_option(&row, "variables")?;
    Ok(Some(Source {
        text: row.try_get("configuration").map_err(store_error)?,
        model: json(&row, "model")?,
        variables: variables.unwrap_or_default(),
    }))
}

pub(super) async fn newest_of_name(
    pool: &PgPool,
    project: &str,
    name: &str,
) -> Result<Option<RunId>, StoreError> {
    // An active run is newer than all that are finished, but two may have been submitted in one millisecond.
    let newest: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM runs WHERE project = $1 AND name = $2 ORDER BY finished, submitted_at DESC, arrival DESC LIMIT 1",
    )
    .bind(project)
    .bind(name)
    .fetch_optional(pool)
    .await
    .map_err(store_error)?;
    Ok(newest.map(RunId))
}

pub(super) async fn runs(
    pool: &PgPool,
    project: &str,
    active: bool,
    before: Option<(Timestamp, RunId)>,
    limit: u32,
) -> Result<Vec<Run>, StoreError> {
    // Spelled out, so that each is answered from its own index.
    let sql = match active {
        false => {
            "SELECT state FROM runs WHERE project = $4 AND (submitted_at, id) < ($1, $2)
             ORDER BY submitted_at DESC, id DESC LIMIT $3"
        }
        true => {
            "SELECT state FROM runs WHERE project = $4 AND NOT finished AND (submitted_at, id) < ($1, $2)
             ORDER BY submitted_at DESC, id DESC LIMIT $3"
        }
    };
    let (at, id) = before.map_or((i64::MAX, Uuid::nil()), |(at, id)| (at.0, id.0));
    let rows = sqlx::query(sql).bind(at).bind(id).bind(i64::from(limit)).bind(project).fetch_all(pool).await;
    rows.map_err(store_error)?.iter().map(run_view).collect()
}

pub(super) async fn instances(
    pool: &PgPool,
    project: &str,
    after: Option<(Timestamp, InstanceId)>,
    limit: u32,
) -> Result<Vec<Instance>, StoreError> {
    let sql = "SELECT state FROM instances WHERE project = $4 AND status <> 'terminated' AND (created_at, id) > ($1, $2)
               ORDER BY created_at, id LIMIT $3";
    let (at, id) = after.map_or((i64::MIN, Uuid::nil()), |(at, id)| (at.0, id.0));
    let rows = sqlx::query(sql).bind(at).bind(id).bind(i64::from(limit)).bind(project).fetch_all(pool).await;
    rows.map_err(store_error)?.iter().map(instance_view).collect()
}

pub(super) async fn active_instances(pool: &PgPool) -> Result<Vec<InstanceRow>, StoreError> {
    let sql = "SELECT version, state FROM instances WHERE status <> 'terminated' ORDER BY created_at, id";
    let rows = sqlx::query(sql).fetch_all(pool).await.map_err(store_error)?;
    rows.iter().map(|row| instance_row(row, "version", "state")).collect()
}

pub(super) async fn newest(pool: &PgPool) -> Result<EventSeq, StoreError> {
    let mut connection = pool.acquire().await.map_err(store_error)?;
    events::newest(&mut connection).await.map_err(store_error)
}

/// Several statements that see one moment.
async fn one_moment(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StoreError> {
    pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(store_error)
}

pub(super) async fn detail(pool: &PgPool, run: RunId) -> Result<Option<RunDetail>, StoreError> {
    let mut transaction = one_moment(pool).await?;
    let seq = events::newest(&mut transaction).await.map_err(store_error)?;
    let query = sqlx::query("SELECT configuration, state FROM runs WHERE id = $1").bind(run.0);
    let Some(row) = query.fetch_optional(&mut *transaction).await.map_err(store_error)? else {
        return Ok(None);
    };
    let events = events::of_run(&mut transaction, run).await?;
    let configuration = row.try_get("configuration").map_err(store_error)?;
    Ok(Some(RunDetail { seq, run: run_view(&row)?, configuration, events }))
}

pub(super) async fn snapshot(pool: &PgPool, project: &str, now: Timestamp) -> Result<Snapshot, StoreError> {
    let mut transaction = one_moment(pool).await?;
    let seq = events::newest(&mut transaction).await.map_err(store_error)?;
    let (mut runs, mut instances) = (Vec::new(), Vec::new());
    let mut rows = sqlx::query(
        "SELECT state FROM (
             SELECT state, submitted_at, id FROM runs WHERE project = $2 AND NOT finished
             UNION ALL
             (SELECT state, submitted_at, id FROM runs WHERE project = $2 AND finished
              ORDER BY submitted_at DESC, id DESC LIMIT $1)) AS shown
         ORDER BY submitted_at DESC, id DESC",
    )
    .bind(i64::from(SNAPSHOT_FINISHED))
    .bind(project)
    .fetch(&mut *transaction);
    while let Some(row) = rows.try_next().await.map_err(store_error)? {
        runs.push(run_view(&row)?);
        // There may be tens of thousands of them: others have their turn in between.
        consume_budget().await;
    }
    drop(rows);
    let sql =
        "SELECT state FROM instances WHERE project = $1 AND status <> 'terminated' ORDER BY created_at, id";
    let mut rows = sqlx::query(sql).bind(project).fetch(&mut *transaction);
    while let Some(row) = rows.try_next().await.map_err(store_error)? {
        instances.push(instance_view(&row)?);
        consume_budget().await;
    }
    drop(rows);
    Ok(Snapshot { seq, runs, instances, at: now })
}
