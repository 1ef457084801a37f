//! Limits: set, read, and held against a change in its own transaction.

use std::collections::BTreeMap;

use berth_shared::api::{InstanceId, Limits};
use sqlx::{PgConnection, PgExecutor, Row};

use super::{commit::Failed, ledger};
use crate::store::{
    Change, CommitError, InstanceRow, LimitBooks, LimitsOf,
    ledger::{Holding, concerns},
    limits::{Move, admit, moment, taking},
};

/// PostgreSQL's name for the lock: `berth` and `lim` as bytes.
const LOCK: i64 = 0x6265_7274_686c_696d;

/// The limits that were set, by project.
pub(super) async fn books(executor: impl PgExecutor<'_>) -> Result<LimitBooks, sqlx::Error> {
    let rows = sqlx::query("SELECT kind, name, instances, gpus, usd_per_hour, usd_per_month FROM limits");
    let count = |number: Option<i64>| number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let mut books = LimitBooks::default();
    for row in rows.fetch_all(executor).await? {
        let limits = Limits {
            instances: count(row.try_get("instances")?),
            gpus: count(row.try_get("gpus")?),
            usd_per_hour: row.try_get("usd_per_hour")?,
            usd_per_month: row.try_get("usd_per_month")?,
        };
        if let Some((project, of)) = LimitsOf::from_columns(row.try_get("kind")?, row.try_get("name")?) {
            books.set(&project, &of, Some(&limits));
        }
    }
    Ok(books)
}

/// What a change says about limits.
pub(super) async fn write(connection: &mut PgConnection, change: &Change) -> Result<(), Failed> {
    for (project, of, limits) in &change.limits {
        let (kind, name) = of.columns(project);
        let Some(limits) = limits else {
            let delete = sqlx::query("DELETE FROM limits WHERE kind = $1 AND name = $2");
            delete.bind(kind).bind(&name).execute(&mut *connection).await?;
            continue;
        };
        sqlx::query(
            "INSERT INTO limits (kind, name, instances, gpus, usd_per_hour, usd_per_month)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (kind, name) DO UPDATE SET
                 instances = excluded.instances, gpus = excluded.gpus, usd_per_hour = excluded.usd_per_hour,
                 usd_per_month = excluded.usd_per_month",
        )
        .bind(kind)
        .bind(name)
        .bind(limits.instances.map(i64::from))
        .bind(limits.gpus.map(i64::from))
        .bind(limits.usd_per_hour)
        .bind(limits.usd_per_month)
        .execute(&mut *connection)
        .await?;
    }
    if let Some(crossing) = &change.crossed {
        let told = sqlx::query("INSERT INTO limits_crossed (crossing) VALUES ($1) ON CONFLICT DO NOTHING");
        if told.bind(crossing.key()).execute(connection).await?.rows_affected() == 0 {
            return Err(Failed::Refused(CommitError::Stale));
        }
    }
    Ok(())
}

/// Writes up the ledger for the instances of a change, all of which is written, and refuses it when somebody has more than they may
/// by it.
pub(super) async fn settle(
    connection: &mut PgConnection,
    change: &Change,
    before: &BTreeMap<InstanceId, (InstanceRow, Option<Holding>)>,
) -> Result<(), Failed> {
    let mut moves = Vec::with_capacity(change.instances.len());
    for row in &change.instances {
        let before = before.get(&row.instance.id).map(|(before, held)| (before, held.clone()));
        let same = before.as_ref().filter(|(before, _)| !concerns(before, row));
        let held = match same {
            Some((_, held)) => held.clone(),
            None => ledger::write_up(connection, row).await?,
        };
        moves.push(Move { before, after: (row, held) });
    }
    let projects = taking(&moves);
    if projects.is_empty() {
        return Ok(());
    }
    let now = books(&mut *connection).await?;
    if projects.iter().all(|project| now.limiting(project).is_none()) {
        return Ok(());
    }
    // One at a time from here until it is committed: each counts what the one before has taken. Whoever takes nothing does not wait.
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *connection).await?;
    let books = books(&mut *connection).await?;
    for project in projects {
        let Some(book) = books.limiting(project) else { continue };
        let after = ledger::used(connection, project, moment(change), book.limits_months()).await?;
        admit(&moves, project, book, &after).map_err(Failed::Refused)?;
    }
    Ok(())
}
