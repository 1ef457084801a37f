//! The ledger: written with the instances, read for a month or for a chart.

use berth_shared::{
    api::{InstanceId, JobId},
    limits::month,
    time::Timestamp,
};
use sqlx::{Row, SqliteConnection, SqlitePool, sqlite::SqliteRow};

use super::{id, json, read::instance_row};
use crate::store::{
    InstanceRow, JobRow, PaidRun, RunRow, StoreError, Stretch, Use,
    ledger::{Holding, Turn, changed, derive, holding},
};

/// An instance that is there already, with who has it.
pub(super) async fn before(
    connection: &mut SqliteConnection,
    id: InstanceId,
) -> Result<Option<(InstanceRow, Option<Holding>)>, StoreError> {
    let found = sqlx::query("SELECT version, state, payer FROM instances WHERE id = ?").bind(id.to_string());
    let Some(found) = found.fetch_optional(connection).await? else { return Ok(None) };
    let row = instance_row(&found)?;
    let payer: Option<String> = found.try_get("payer")?;
    let held = holding(&row, payer.as_deref());
    Ok(Some((row, held)))
}

/// Writes up who has an instance and who paid for it; after its jobs and runs, and itself. Gives who has it.
pub(super) async fn write_up(
    connection: &mut SqliteConnection,
    row: &InstanceRow,
) -> Result<Option<Holding>, StoreError> {
    let turns = turns(connection, row).await?;
    let owner = match row.instance.run_id {
        Some(run) => owner(connection, &run.to_string()).await?,
        None => None,
    };
    let held = holding(row, owner.as_deref());
    let (gpus, price) = held.as_ref().map_or((0, 0.0), |held| (held.gpus, held.price));
    sqlx::query("UPDATE instances SET payer = ?, gpus = ?, price = ?, ledger_version = version WHERE id = ?")
        .bind(held.as_ref().map(|held| held.person.as_str()))
        .bind(gpus)
        .bind(price)
        .bind(row.instance.id.to_string())
        .execute(&mut *connection)
        .await?;
    let id = row.instance.id.to_string();
    let stored = sqlx::query("SELECT * FROM ledger WHERE instance_id = ? ORDER BY number").bind(&id);
    let stored = stored.fetch_all(&mut *connection).await?;
    let before: Vec<Stretch> = stored.iter().map(stretch).collect::<Result<_, _>>()?;
    let after = derive(row, &before, &turns);
    for (number, stretch) in changed(&before, &after) {
        put(connection, number, stretch).await?;
    }
    if after.len() < before.len() {
        let delete = sqlx::query("DELETE FROM ledger WHERE instance_id = ? AND number >= ?");
        delete.bind(&id).bind(after.len() as i64).execute(connection).await?;
    }
    Ok(held)
}

async fn owner(connection: &mut SqliteConnection, run: &str) -> Result<Option<String>, StoreError> {
    let owner = sqlx::query_scalar("SELECT json_extract(state, '$.run.owner') FROM runs WHERE id = ?");
    Ok(owner.bind(run).fetch_optional(connection).await?)
}

/// The jobs that have or had it, with their runs.
async fn turns(connection: &mut SqliteConnection, row: &InstanceRow) -> Result<Vec<Turn>, StoreError> {
    let id = row.instance.id;
    let jobs = sqlx::query(
        "SELECT jobs.state AS job, runs.state AS run FROM jobs JOIN runs ON runs.id = jobs.run_id
         WHERE jobs.instance_id = ?1 OR jobs.id = ?2",
    );
    let jobs = jobs.bind(id.to_string()).bind(row.job_id.map(|job| job.to_string()));
    let turn = |found: &SqliteRow| {
        let (job, run): (JobRow, RunRow) = (json(found, "job")?, json(found, "run")?);
        let here = job.instance_id == Some(id);
        Ok(Turn {
            run: PaidRun { job: job.id, id: run.run.id, name: run.run.name },
            owner: run.run.owner,
            placed_at: job.placed_at.filter(|_| here),
            released_at: job.released_at.filter(|_| here),
        })
    };
    jobs.fetch_all(connection).await?.iter().map(turn).collect()
}

async fn put(connection: &mut SqliteConnection, number: usize, stretch: &Stretch) -> Result<(), StoreError> {
    let run = stretch.run.as_ref();
    sqlx::query(
        "INSERT OR REPLACE INTO ledger
             (project, instance_id, number, person, job_id, run_id, run_name, backend, gpu, gpus, price, from_at, to_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&stretch.project)
    .bind(stretch.instance.to_string())
    .bind(number as i64)
    .bind(&stretch.person)
    .bind(run.map(|run| run.job.to_string()))
    .bind(run.map(|run| run.id.to_string()))
    .bind(run.map(|run| run.name.as_str()))
    .bind(&stretch.backend)
    .bind(&stretch.gpu)
    .bind(stretch.gpus)
    .bind(stretch.price)
    .bind(stretch.from.0)
    .bind(stretch.to.map(|to| to.0))
    .execute(connection)
    .await?;
    Ok(())
}

fn stretch(row: &SqliteRow) -> Result<Stretch, StoreError> {
    let run = match row.try_get::<Option<String>, _>("run_name")? {
        Some(name) => Some(PaidRun { job: id::<JobId>(row, "job_id")?, id: id(row, "run_id")?, name }),
        None => None,
    };
    Ok(Stretch {
        project: row.try_get("project")?,
        instance: id(row, "instance_id")?,
        person: row.try_get("person")?,
        run,
        backend: row.try_get("backend")?,
        gpu: row.try_get("gpu")?,
        gpus: row.try_get("gpus")?,
        price: row.try_get("price")?,
        from: Timestamp(row.try_get("from_at")?),
        to: row.try_get::<Option<i64>, _>("to_at")?.map(Timestamp),
    })
}

/// What everybody has spent in a project in the month of `now` until then. ?1 when the month begins, ?2 now, ?3 the project; in milliseconds of a dollar an hour.
const SPENT: &str = "SELECT person, SUM(spent) AS spent FROM (
         SELECT person, price * (?2 - max(from_at, ?1)) AS spent FROM ledger
         WHERE project = ?3 AND to_at IS NULL AND from_at < ?2
         UNION ALL
         SELECT person, price * (min(to_at, ?2) - max(from_at, ?1)) AS spent FROM ledger
         WHERE project = ?3 AND to_at IS NOT NULL AND to_at > ?1 AND from_at < ?2
     ) GROUP BY person";

/// What everybody has in a project now, and has spent there this month.
pub(super) async fn used(
    connection: &mut SqliteConnection,
    project: &str,
    now: Timestamp,
    months: bool,
) -> Result<Use, StoreError> {
    let mut used = Use::default();
    let held = sqlx::query(
        "SELECT coalesce(payer, json_extract(state, '$.instance.owner')) AS person, COUNT(*) AS instances, SUM(gpus) AS gpus, \
                SUM(price) AS price
         FROM instances WHERE project = ? AND status <> 'terminated' GROUP BY 1",
    );
    for row in held.bind(project).fetch_all(&mut *connection).await? {
        let entry = used.0.entry(row.try_get("person")?).or_default();
        entry.instances = row.try_get("instances")?;
        entry.gpus = row.try_get("gpus")?;
        entry.usd_per_hour = row.try_get("price")?;
    }
    if months {
        let spent = sqlx::query(SPENT).bind(month(now).0.0).bind(now.0).bind(project);
        for row in spent.fetch_all(connection).await? {
            used.spend(row.try_get("person")?, row.try_get::<f64, _>("spent")? / 3_600_000.0);
        }
    }
    Ok(used)
}

pub(super) async fn stretches(
    pool: &SqlitePool,
    project: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Stretch>, StoreError> {
    let found = sqlx::query(
        "SELECT * FROM ledger WHERE project = ?3 AND to_at IS NULL AND from_at < ?2
         UNION ALL SELECT * FROM ledger WHERE project = ?3 AND to_at IS NOT NULL AND to_at > ?1 AND from_at < ?2
         ORDER BY from_at, instance_id",
    );
    found.bind(from.0).bind(until.0).bind(project).fetch_all(pool).await?.iter().map(stretch).collect()
}

/// Writes the ledger up for instances that a version without one has written.
pub(super) async fn settle(pool: &SqlitePool, limit: u32) -> Result<u64, StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let found = sqlx::query(
        "SELECT version, state FROM instances INDEXED BY instances_unsettled WHERE ledger_version <> version LIMIT ?",
    );
    let rows = found.bind(limit).fetch_all(&mut *transaction).await?;
    for row in &rows {
        write_up(&mut transaction, &instance_row(row)?).await?;
    }
    transaction.commit().await?;
    Ok(rows.len() as u64)
}
