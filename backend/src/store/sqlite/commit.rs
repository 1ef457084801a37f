//! Writing: everything of a [`Change`] in one transaction.

use std::sync::{Mutex, PoisonError};

use berth_shared::api::{EventSeq, Instance, InstanceId, Run, RunId, Subject};
use serde::Serialize;
use sqlx::{Connection as _, Row, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::{id, json, json_option, limits, pools, read, settings, to_json};
use crate::store::{Change, CommitError, InstanceRow, NewEvent, Queue, RunRow, StoreError, project_of};

/// The number of the last event. No other process writes, and this one writes through one connection; `None` = read it.
pub(super) type Last = Mutex<Option<EventSeq>>;

pub(super) async fn commit(pool: &SqlitePool, last: &Last, change: &Change) -> Result<EventSeq, CommitError> {
    // Held beyond the transaction, so that nobody else writes before `last` is right again.
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let connection = &mut *transaction;
    // Put back only once it is written: whatever goes wrong, or is cut off, leaves none to be trusted.
    let known = last.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(lease) = &change.lease {
        let sql = match lease.queue {
            Queue::Runs => "SELECT lease_token FROM runs WHERE id = ?",
            Queue::Jobs => "SELECT lease_token FROM jobs WHERE id = ?",
            Queue::Instances => "SELECT lease_token FROM instances WHERE id = ?",
        };
        let found = sqlx::query(sql).bind(lease.id.to_string()).fetch_optional(&mut *connection).await?;
        if found.map(|row| row.try_get::<i64, _>(0)).transpose()? != Some(lease.token) {
            return Err(CommitError::LeaseLost);
        }
    }
    let own = change.lease.as_ref().map(|lease| lease.id);
    for row in &change.runs {
        write_run(connection, row, change, own).await?;
    }
    for row in &change.jobs {
        let write = if row.version == 0 {
            sqlx::query(
                "INSERT INTO jobs (version, state, id) VALUES (?2 + 1, ?1, ?3) ON CONFLICT (id) DO NOTHING",
            )
        } else {
            sqlx::query(
                "UPDATE jobs SET version = ?2 + 1, state = ?1, wake = wake OR ?4 WHERE id = ?3 AND version = ?2",
            )
        };
        let write = bind(write, row, row.version, row.id.0, own)?;
        applied(write.execute(&mut *connection).await?.rows_affected())?;
    }
    let before = limits::before(connection, change).await?;
    for row in &change.instances {
        let write = if row.version == 0 {
            sqlx::query(
                "INSERT INTO instances (version, state, id, project) VALUES (?2 + 1, ?1, ?3, json_extract(?1, '$.instance.project'))
                 ON CONFLICT (id) DO NOTHING",
            )
        } else {
            sqlx::query(
                "UPDATE instances SET version = ?2 + 1, state = ?1, wake = wake OR ?4,
                        ledger_version = CASE WHEN ledger_version = version THEN ?2 + 1 ELSE ledger_version END
                 WHERE id = ?3 AND version = ?2",
            )
        };
        let write = bind(write, row, row.version, row.instance.id.0, own)?;
        applied(write.execute(&mut *connection).await?.rows_affected())?;
    }
    limits::settle(connection, change, &before).await?;
    for (queue, row) in &change.wakes {
        let sql = match queue {
            Queue::Runs => "UPDATE runs SET wake = 1 WHERE id = ?",
            Queue::Jobs => "UPDATE jobs SET wake = 1 WHERE id = ?",
            Queue::Instances => "UPDATE instances SET wake = 1 WHERE id = ?",
        };
        sqlx::query(sql).bind(row.to_string()).execute(&mut *connection).await?;
    }
    if let Some(run) = change.delete {
        sqlx::query("DELETE FROM jobs WHERE run_id = ?")
            .bind(run.to_string())
            .execute(&mut *connection)
            .await?;
        let deleted =
            sqlx::query("DELETE FROM runs WHERE id = ? AND status IN ('terminated', 'failed', 'done')");
        applied(deleted.bind(run.to_string()).execute(&mut *connection).await?.rows_affected())?;
    }
    pools::write(connection, change).await?;
    limits::write(connection, change).await?;
    settings::write(connection, change).await?;
    let mut seq = match known {
        Some(seq) => seq,
        None => read::newest(connection).await?,
    };
    for event in &change.events {
        seq += 1;
        write_event(connection, change, event, seq).await?;
    }
    transaction.commit().await?;
    *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(seq);
    Ok(seq)
}

/// A row that is no longer as it was read matches no row.
fn applied(rows: u64) -> Result<(), CommitError> {
    if rows == 1 { Ok(()) } else { Err(CommitError::Stale) }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// ?1 state, ?2 version before, ?3 id, ?4 whether to wake the row.
fn bind<'q, T: Serialize>(
    query: Query<'q>,
    row: &T,
    version: u64,
    id: Uuid,
    own: Option<Uuid>,
) -> Result<Query<'q>, CommitError> {
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    Ok(query.bind(to_json(row)?).bind(version).bind(id.to_string()).bind(i64::from(own != Some(id))))
}

async fn write_run(
    connection: &mut SqliteConnection,
    row: &RunRow,
    change: &Change,
    own: Option<Uuid>,
) -> Result<(), CommitError> {
    let id = row.run.id.0;
    if row.version == 0 {
        let Some(source) = &change.source else {
            return Err(StoreError::Corrupt { what: "run", cause: "it has no text".to_owned() }.into());
        };
        let insert = sqlx::query(
            "INSERT INTO runs (version, state, id, project, configuration, model, variables)
             VALUES (?2 + 1, ?1, ?3, json_extract(?1, '$.run.project'), ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
        );
        let written = bind(insert, row, row.version, id, own)?
            .bind(&source.text)
            .bind(to_json(&source.model)?)
            .bind(to_json(&source.variables)?)
            .execute(connection)
            .await;
        return applied(written.map_err(name_taken)?.rows_affected());
    }
    let update = sqlx::query(
        "UPDATE runs SET version = ?2 + 1, state = ?1, wake = wake OR ?4,
                variables = CASE WHEN ?5 THEN NULL ELSE variables END
         WHERE id = ?3 AND version = ?2",
    );
    let update = bind(update, row, row.version, id, own)?.bind(row.run.status.is_finished());
    applied(update.execute(connection).await.map_err(name_taken)?.rows_affected())
}

/// The only thing that is unique about runs, besides their identifiers, is the name of those that are active.
fn name_taken(error: sqlx::Error) -> CommitError {
    match error.as_database_error() {
        Some(e) if e.is_unique_violation() => CommitError::NameTaken,
        _ => error.into(),
    }
}

async fn write_event(
    connection: &mut SqliteConnection,
    change: &Change,
    new: &NewEvent,
    seq: EventSeq,
) -> Result<(), CommitError> {
    let mut event = new.event.clone();
    event.seq = seq;
    let deletes = change.delete.is_some() && event.subject == Subject::Run && change.delete == event.run_id;
    let run = match (event.subject, event.run_id) {
        (Subject::Run | Subject::Job, Some(run)) if !deletes => run_after(connection, change, run).await?,
        _ => None,
    };
    let instance = match (event.subject, event.instance_id) {
        (Subject::Instance, Some(instance)) => instance_after(connection, change, instance).await?,
        _ => None,
    };
    event.project = project_of(&event, run.as_ref(), instance.as_ref());
    sqlx::query(
        "INSERT INTO events (seq, run_id, event, after_run, after_instance, deleted_run) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(i64::try_from(seq).unwrap_or(i64::MAX))
    .bind(event.run_id.map(|id| id.to_string()))
    .bind(to_json(&event)?)
    .bind(run.map(|run| to_json(&run)).transpose()?)
    .bind(instance.map(|instance| to_json(&instance)).transpose()?)
    .bind(change.delete.filter(|_| deletes).map(|id| id.to_string()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn run_after(
    connection: &mut SqliteConnection,
    change: &Change,
    wanted: RunId,
) -> Result<Option<Run>, CommitError> {
    if let Some(row) = change.runs.iter().find(|row| row.run.id == wanted) {
        return Ok(Some(row.run.clone()));
    }
    let found = sqlx::query("SELECT state FROM runs WHERE id = ?").bind(wanted.to_string());
    let found = found.fetch_optional(connection).await?;
    Ok(found.map(|row| json::<RunRow>(&row, "state")).transpose()?.map(|row| row.run))
}

async fn instance_after(
    connection: &mut SqliteConnection,
    change: &Change,
    wanted: InstanceId,
) -> Result<Option<Instance>, CommitError> {
    if let Some(row) = change.instances.iter().find(|row| row.instance.id == wanted) {
        return Ok(Some(row.instance.clone()));
    }
    let found = sqlx::query("SELECT state FROM instances WHERE id = ?").bind(wanted.to_string());
    let found = found.fetch_optional(connection).await?;
    Ok(found.map(|row| json::<InstanceRow>(&row, "state")).transpose()?.map(|row| row.instance))
}

/// An event as it was written.
pub(super) fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<crate::store::StoredEvent, StoreError> {
    Ok(crate::store::StoredEvent {
        event: json(row, "event")?,
        run: json_option(row, "after_run")?,
        instance: json_option(row, "after_instance")?,
        deleted_run: match row.try_get::<Option<&str>, _>("deleted_run")? {
            Some(_) => Some(id(row, "deleted_run")?),
            None => None,
        },
    })
}
