//! Writing: everything of a [`Change`] in one transaction, alone or with others ([`super::group`]).
//!
//! First the rows of `work` are locked, in the order of their identifiers, so that no two changes wait for each other in
//! a circle; then the rows are written; last the counter of events is taken, so that commits wait for each other only
//! from there on.

use std::collections::BTreeMap;

use berth_shared::api::EventSeq;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

use super::{
    error::may_be_tried_again, events, jsonb, ledger, limits, number, pools, settings, signed, store_error,
    to_json, unsigned,
};
use crate::store::{
    Change, CommitError, InstanceRow, JobRow, Queue, RunRow, StoreError,
    format::{FORMAT, keep_unknown},
};

/// How often a change is written again that the database has refused because of others.
const ATTEMPTS: usize = 4;

pub(super) async fn commit(pool: &PgPool, change: &Change, sender: Uuid) -> Result<EventSeq, CommitError> {
    for _ in 1..ATTEMPTS {
        match attempt(pool, change, sender).await {
            Err(Failed::Database(error)) if may_be_tried_again(&error) => {}
            outcome => return outcome.map_err(Failed::into_error),
        }
    }
    attempt(pool, change, sender).await.map_err(Failed::into_error)
}

/// As [`CommitError`], with what the database said.
pub(super) enum Failed {
    Refused(CommitError),
    Database(sqlx::Error),
}

impl Failed {
    fn into_error(self) -> CommitError {
        match self {
            Self::Refused(error) => error,
            Self::Database(error) => CommitError::Store(store_error(error)),
        }
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

const STALE: Failed = Failed::Refused(CommitError::Stale);

async fn attempt(pool: &PgPool, change: &Change, sender: Uuid) -> Result<EventSeq, Failed> {
    let mut transaction = pool.begin().await?;
    rows(&mut transaction, change).await?;
    let written = events::write(&mut transaction, &[change], sender).await?;
    transaction.commit().await?;
    Ok(written.last().copied().unwrap_or_default())
}

/// All of a change but its events.
pub(super) async fn rows(connection: &mut PgConnection, change: &Change) -> Result<(), Failed> {
    lock(connection, change).await?;
    runs(connection, change).await?;
    jobs(connection, &change.jobs).await?;
    let before = ledger::before(connection, change).await?;
    instances(connection, &change.instances).await?;
    limits::settle(connection, change, &before).await?;
    work(connection, change).await?;
    if let Some(run) = change.delete {
        delete(connection, run.0).await?;
    }
    pools::write(connection, change).await?;
    limits::write(connection, change).await?;
    let scheduled = |row: &RunRow| !row.run.schedule.is_empty() || row.utilization.is_some();
    if change.runs.iter().any(|row| row.version == 0 && scheduled(row)) {
        settings::stop_before(connection, KNOWS_SCHEDULES).await?;
    }
    settings::write(connection, change).await
}

/// Keeps others from all that these changes are about.
pub(super) async fn lock_rows(connection: &mut PgConnection, changes: &[Change]) -> Result<(), sqlx::Error> {
    let mut ids = Vec::new();
    for change in changes {
        ids.extend(about(connection, change).await?);
    }
    if ids.is_empty() {
        return Ok(());
    }
    let lock = sqlx::query("SELECT FROM work WHERE id = ANY($1) ORDER BY id FOR UPDATE");
    lock.bind(&ids).execute(connection).await.map(drop)
}

/// The rows that there are already and that a change is about.
async fn about(connection: &mut PgConnection, change: &Change) -> Result<Vec<Uuid>, sqlx::Error> {
    let mut ids: Vec<Uuid> = change.wakes.iter().map(|(_, id)| *id).collect();
    ids.extend(change.lease.as_ref().map(|lease| lease.id));
    ids.extend(change.runs.iter().filter(|row| row.version > 0).map(|row| row.run.id.0));
    ids.extend(change.jobs.iter().filter(|row| row.version > 0).map(|row| row.id.0));
    ids.extend(change.instances.iter().filter(|row| row.version > 0).map(|row| row.instance.id.0));
    if let Some(run) = change.delete {
        ids.push(run.0);
        let jobs = sqlx::query_scalar("SELECT id FROM jobs WHERE run_id = $1").bind(run.0);
        ids.extend(jobs.fetch_all(connection).await?.into_iter().collect::<Vec<Uuid>>());
    }
    Ok(ids)
}

/// Keeps others from what is to be written, and sees whether the lease is still the newest.
async fn lock(connection: &mut PgConnection, change: &Change) -> Result<(), Failed> {
    let ids = about(connection, change).await?;
    if ids.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query("SELECT id, lease_token FROM work WHERE id = ANY($1) ORDER BY id FOR UPDATE")
        .bind(&ids)
        .fetch_all(connection)
        .await?;
    let Some(lease) = &change.lease else { return Ok(()) };
    for row in &rows {
        if row.try_get::<Uuid, _>("id")? == lease.id && row.try_get::<i64, _>("lease_token")? == lease.token {
            return Ok(());
        }
    }
    Err(Failed::Refused(CommitError::LeaseLost))
}

/// Rows of one kind as the columns of a statement.
#[derive(Default)]
struct Columns {
    ids: Vec<Uuid>,
    versions: Vec<i64>,
    states: Vec<String>,
}

impl Columns {
    fn push<T: Serialize>(&mut self, id: Uuid, version: u64, row: &T) -> Result<(), StoreError> {
        self.ids.push(id);
        self.versions.push(signed(version));
        self.states.push(to_json(row)?);
        Ok(())
    }
}

async fn runs(connection: &mut PgConnection, change: &Change) -> Result<(), Failed> {
    // Whoever gives a name up comes before whoever takes it.
    for row in change.runs.iter().filter(|row| row.version > 0) {
        let finished = row.run.status.is_finished();
        update(connection, "runs", row.run.id.0, row.version, row).await?;
        if finished {
            sqlx::query("UPDATE runs SET variables = NULL WHERE id = $1 AND variables IS NOT NULL")
                .bind(row.run.id.0)
                .execute(&mut *connection)
                .await?;
        }
    }
    for row in change.runs.iter().filter(|row| row.version == 0) {
        let Some(source) = &change.source else {
            return Err(StoreError::Corrupt { what: "run", cause: "it has no text".to_owned() }.into());
        };
        let inserted = sqlx::query(
            "INSERT INTO runs (id, version, format, state, configuration, model, variables, project)
             VALUES ($1, 1, $2, $3::jsonb, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        )
        .bind(row.run.id.0)
        .bind(FORMAT)
        .bind(to_json(row)?)
        .bind(source.text.replace('\0', "\u{fffd}"))
        .bind(to_json(&source.model)?)
        .bind(to_json(&source.variables)?)
        .bind(&row.run.project)
        .execute(&mut *connection)
        .await
        .map_err(name_taken)?;
        if inserted.rows_affected() != 1 {
            return Err(STALE);
        }
    }
    Ok(())
}

async fn jobs(connection: &mut PgConnection, rows: &[JobRow]) -> Result<(), Failed> {
    let mut new = Columns::default();
    for row in rows {
        match row.version {
            0 => new.push(row.id.0, 0, row)?,
            version => update(connection, "jobs", row.id.0, version, row).await?,
        }
    }
    insert(connection, "jobs", &new).await
}

async fn instances(connection: &mut PgConnection, rows: &[InstanceRow]) -> Result<(), Failed> {
    let mut new = Columns::default();
    for row in rows {
        match row.version {
            0 => new.push(row.instance.id.0, 0, row)?,
            version => update(connection, "instances", row.instance.id.0, version, row).await?,
        }
    }
    pools::keep(connection, rows).await?;
    insert(connection, "instances", &new).await
}

async fn insert(connection: &mut PgConnection, table: &'static str, new: &Columns) -> Result<(), Failed> {
    if new.ids.is_empty() {
        return Ok(());
    }
    let sql = match table {
        "jobs" => {
            "INSERT INTO jobs (id, version, format, state)
             SELECT id, 1, $3, state::jsonb FROM unnest($1, $2) AS new (id, state) ON CONFLICT (id) DO NOTHING"
        }
        _ => {
            "INSERT INTO instances (id, version, format, state, project)
             SELECT id, 1, $3, state::jsonb, state::jsonb #>> '{instance,project}' FROM unnest($1, $2) AS new (id, state) ON CONFLICT (id) DO NOTHING"
        }
    };
    let inserted = sqlx::query(sql).bind(&new.ids).bind(&new.states).bind(FORMAT).execute(connection).await?;
    if inserted.rows_affected() == new.ids.len() as u64 { Ok(()) } else { Err(STALE) }
}

/// Writes over a row of the version that was read. What a newer Berth has written into it stays where ours says nothing.
async fn update<T: Serialize + DeserializeOwned>(
    connection: &mut PgConnection,
    table: &'static str,
    id: Uuid,
    version: u64,
    row: &T,
) -> Result<(), Failed> {
    let state = to_json(row)?;
    let write = |state: String, format: i32| {
        let sql = match table {
            "runs" => {
                "UPDATE runs SET version = version + 1, state = $1::jsonb, format = $2
                 WHERE id = $3 AND version = $4 AND format <= $2"
            }
            "jobs" => {
                "UPDATE jobs SET version = version + 1, state = $1::jsonb, format = $2
                 WHERE id = $3 AND version = $4 AND format <= $2"
            }
            _ => {
                "UPDATE instances SET version = version + 1, state = $1::jsonb, format = $2,
                                      ledger_version = CASE WHEN ledger_version = version THEN version + 1 ELSE ledger_version END
                 WHERE id = $3 AND version = $4 AND format <= $2"
            }
        };
        sqlx::query(sql).bind(state).bind(format).bind(id).bind(signed(version))
    };
    let written = write(state, FORMAT).execute(&mut *connection).await.map_err(name_taken)?;
    if written.rows_affected() == 1 {
        return Ok(());
    }
    let sql = match table {
        "runs" => "SELECT version, format, state FROM runs WHERE id = $1",
        "jobs" => "SELECT version, format, state FROM jobs WHERE id = $1",
        _ => "SELECT version, format, state FROM instances WHERE id = $1",
    };
    let newer = sqlx::query(sql).bind(id).fetch_optional(&mut *connection).await?;
    let Some(newer) = newer else { return Err(STALE) };
    let format: i32 = newer.try_get("format")?;
    if unsigned(newer.try_get("version")?) != version || format <= FORMAT {
        return Err(STALE);
    }
    let kept = keep_unknown::<T>(jsonb(&newer, "state")?, row)?;
    let written = write(to_json(&kept)?, format).execute(connection).await.map_err(name_taken)?;
    if written.rows_affected() == 1 { Ok(()) } else { Err(STALE) }
}

/// The migration since which servers know of schedules and of GPUs that have to be used: those before it would begin such a run at
/// once, and never stop it.
const KNOWS_SCHEDULES: i64 = 16;

/// The only thing that is unique about runs, besides their identifiers, is the name of those that are active.
fn name_taken(error: sqlx::Error) -> Failed {
    match error.as_database_error() {
        Some(e) if e.is_unique_violation() => Failed::Refused(CommitError::NameTaken),
        _ => error.into(),
    }
}

/// Makes rows of `work` for new rows, and wakes those that were changed, except the lease's own.
async fn work(connection: &mut PgConnection, change: &Change) -> Result<(), Failed> {
    let own = change.lease.as_ref().map(|lease| lease.id);
    let mut all: BTreeMap<Uuid, (i16, Option<&str>, bool)> = BTreeMap::new();
    for row in &change.runs {
        let RunRow { run, .. } = row;
        all.insert(run.id.0, (number(Queue::Runs), None, run.status.is_finished()));
    }
    for row in &change.jobs {
        let over = row.status.is_finished();
        all.insert(row.id.0, (number(Queue::Jobs), row.backend.as_deref(), over));
    }
    for InstanceRow { instance, .. } in &change.instances {
        let over = instance.status == berth_shared::api::InstanceStatus::Terminated;
        all.insert(instance.id.0, (number(Queue::Instances), Some(&instance.offer.backend), over));
    }
    if !all.is_empty() {
        let ids: Vec<Uuid> = all.keys().copied().collect();
        let queues: Vec<i16> = all.values().map(|row| row.0).collect();
        let backends: Vec<Option<&str>> = all.values().map(|row| row.1).collect();
        let over: Vec<bool> = all.values().map(|row| row.2).collect();
        sqlx::query(
            "INSERT INTO work (id, queue, backend, is_over, wake)
             SELECT id, queue, backend, is_over, id IS DISTINCT FROM $5
             FROM unnest($1, $2, $3, $4) AS new (id, queue, backend, is_over)
             ON CONFLICT (id) DO UPDATE SET backend = excluded.backend, is_over = excluded.is_over,
                                            wake = work.wake OR excluded.wake",
        )
        .bind(&ids)
        .bind(&queues)
        .bind(&backends)
        .bind(&over)
        .bind(own)
        .execute(&mut *connection)
        .await?;
    }
    if !change.wakes.is_empty() {
        let ids: Vec<Uuid> = change.wakes.iter().map(|(_, id)| *id).collect();
        let wake = sqlx::query("UPDATE work SET wake = true WHERE id = ANY($1) AND NOT wake");
        wake.bind(&ids).execute(connection).await?;
    }
    Ok(())
}

async fn delete(connection: &mut PgConnection, run: Uuid) -> Result<(), Failed> {
    let deleted = sqlx::query("DELETE FROM runs WHERE id = $1 AND finished").bind(run);
    if deleted.execute(&mut *connection).await?.rows_affected() != 1 {
        return Err(STALE);
    }
    sqlx::query(
        "WITH gone AS (DELETE FROM jobs WHERE run_id = $1 RETURNING id)
         DELETE FROM work WHERE id = $1 OR id IN (SELECT id FROM gone)",
    )
    .bind(run)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM log_chunks WHERE run_id = $1").bind(run).execute(connection).await?;
    Ok(())
}
