//! Limits: set, read, and held against a change in its own transaction.

use sqlx::{Row, SqliteConnection, SqliteExecutor};

use super::ledger;
use crate::store::{
    Change, CommitError, InstanceRow, LimitBooks, LimitsOf, StoreError,
    ledger::{Holding, concerns},
    limits::{Move, admit, moment, taking},
};

/// The limits that were set, by project.
pub(super) async fn books(executor: impl SqliteExecutor<'_>) -> Result<LimitBooks, StoreError> {
    let rows = sqlx::query("SELECT kind, name, instances, gpus, usd_per_hour, usd_per_month FROM limits");
    let mut books = LimitBooks::default();
    for row in rows.fetch_all(executor).await? {
        let limits = berth_shared::api::Limits {
            instances: row.try_get("instances")?,
            gpus: row.try_get("gpus")?,
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
pub(super) async fn write(connection: &mut SqliteConnection, change: &Change) -> Result<(), CommitError> {
    for (project, of, limits) in &change.limits {
        let (kind, name) = of.columns(project);
        sqlx::query("DELETE FROM limits WHERE kind = ? AND name = ?")
            .bind(kind)
            .bind(&name)
            .execute(&mut *connection)
            .await?;
        if let Some(limits) = limits {
            sqlx::query(
                "INSERT INTO limits (kind, name, instances, gpus, usd_per_hour, usd_per_month)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(kind)
            .bind(name)
            .bind(limits.instances)
            .bind(limits.gpus)
            .bind(limits.usd_per_hour)
            .bind(limits.usd_per_month)
            .execute(&mut *connection)
            .await?;
        }
    }
    if let Some(crossing) = &change.crossed {
        let told = sqlx::query("INSERT INTO limits_crossed (crossing) VALUES (?) ON CONFLICT DO NOTHING");
        if told.bind(crossing.key()).execute(connection).await?.rows_affected() == 0 {
            return Err(CommitError::Stale);
        }
    }
    Ok(())
}

/// Instances as they are before a change writes them.
pub(super) type Before = Vec<Option<(InstanceRow, Option<Holding>)>>;

pub(super) async fn before(connection: &mut SqliteConnection, change: &Change) -> Result<Before, StoreError> {
    let mut before = Vec::with_capacity(change.instances.len());
    for row in &change.instances {
        before.push(match row.version {
            0 => None,
            _ => ledger::before(connection, row.instance.id).await?,
        });
    }
    Ok(before)
}

/// Writes up the ledger for the instances of a change, all of which is written, and refuses it when somebody has more than they may
/// by it.
pub(super) async fn settle(
    connection: &mut SqliteConnection,
    change: &Change,
    before: &Before,
) -> Result<(), CommitError> {
    let mut moves = Vec::with_capacity(before.len());
    for (row, before) in change.instances.iter().zip(before) {
        let before = before.as_ref().map(|(row, held)| (row, held.clone()));
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
    let books = books(&mut *connection).await?;
    for project in projects {
        let Some(book) = books.limiting(project) else { continue };
        let after = ledger::used(connection, project, moment(change), book.limits_months()).await?;
        admit(&moves, project, book, &after)?;
    }
    Ok(())
}
