//! The ledger: written with the instances, read for a month or for a chart.

use std::collections::BTreeMap;

use berth_shared::{
    api::{InstanceId, JobId, RunId},
    limits::month,
    time::Timestamp,
};
use sqlx::{PgConnection, PgPool, Row, postgres::PgRow};
use uuid::Uuid;

use super::{commit::Failed, jsonb, read::instance_row, store_error, unsigned};
use crate::store::{
    Change, CommitError, InstanceRow, JobRow, PaidRun, RunRow, StoreError, Stretch, Use,
    ledger::{Holding, Turn, changed, derive, holding},
};

/// Instances of a change that are there already, with who has them.
pub(super) async fn before(
    connection: &mut PgConnection,
    change: &Change,
) -> Result<BTreeMap<InstanceId, (InstanceRow, Option<Holding>)>, Failed> {
    let there = change.instances.iter().filter(|row| row.version > 0);
    let ids: Vec<Uuid> = there.map(|row| row.instance.id.0).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = sqlx::query("SELECT version, state, payer FROM instances WHERE id = ANY($1)").bind(&ids);
    let mut before = BTreeMap::new();
    for found in found.fetch_all(connection).await? {
        let row = instance_row(&found, "version", "state")?;
        let payer: Option<String> = found.try_get("payer")?;
        let held = holding(&row, payer.as_deref());
        before.insert(row.instance.id, (row, held));
    }
    Ok(before)
}

/// Writes up who has an instance and who paid for it; after its jobs and runs, and itself. Gives who has it.
pub(super) async fn write_up(
    connection: &mut PgConnection,
    row: &InstanceRow,
) -> Result<Option<Holding>, Failed> {
    let id = row.instance.id.0;
    let turns = turns(connection, row).await?;
    let owner: Option<String> = match row.instance.run_id {
        Some(run) => {
            let owner = sqlx::query_scalar("SELECT state #>> '{run,owner}' FROM runs WHERE id = $1");
            owner.bind(run.0).fetch_optional(&mut *connection).await?
        }
        None => None,
    };
    let held = holding(row, owner.as_deref());
    let (gpus, price) = held.as_ref().map_or((0, 0.0), |held| (held.gpus, held.price));
    sqlx::query(
        "UPDATE instances SET payer = $1, gpus = $2, price = $3, ledger_version = version WHERE id = $4",
    )
    .bind(held.as_ref().map(|held| held.person.as_str()))
    .bind(i64::from(gpus))
    .bind(price)
    .bind(id)
    .execute(&mut *connection)
    .await?;
    let stored = sqlx::query("SELECT * FROM ledger WHERE instance_id = $1 ORDER BY number").bind(id);
    let stored = stored.fetch_all(&mut *connection).await?;
    let before: Vec<Stretch> = stored.iter().map(stretch).collect::<Result<_, _>>()?;
    let after = derive(row, &before, &turns);
    for (number, stretch) in changed(&before, &after) {
        put(connection, number, stretch).await?;
    }
    if after.len() < before.len() {
        let delete = sqlx::query("DELETE FROM ledger WHERE instance_id = $1 AND number >= $2");
        delete.bind(id).bind(numbered(after.len())).execute(connection).await?;
    }
    Ok(held)
}

fn numbered(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The jobs that have or had it, with their runs.
async fn turns(connection: &mut PgConnection, row: &InstanceRow) -> Result<Vec<Turn>, Failed> {
    let id = row.instance.id;
    let jobs = sqlx::query(
        "SELECT jobs.state AS job, runs.state AS run FROM jobs JOIN runs ON runs.id = jobs.run_id
         WHERE jobs.instance_id = $1 OR jobs.id = $2",
    );
    let turn = |found: &PgRow| {
        let (job, run): (JobRow, RunRow) = (jsonb(found, "job")?, jsonb(found, "run")?);
        let here = job.instance_id == Some(id);
        Ok(Turn {
            run: PaidRun { job: job.id, id: run.run.id, name: run.run.name },
            owner: run.run.owner,
            placed_at: job.placed_at.filter(|_| here),
            released_at: job.released_at.filter(|_| here),
        })
    };
    let jobs = jobs.bind(id.0).bind(row.job_id.map(|job| job.0)).fetch_all(connection).await?;
    jobs.iter().map(turn).collect()
}

async fn put(connection: &mut PgConnection, number: usize, stretch: &Stretch) -> Result<(), Failed> {
    let run = stretch.run.as_ref();
    sqlx::query(
        "INSERT INTO ledger
             (project, instance_id, number, person, job_id, run_id, run_name, backend, gpu, gpus, price, from_at, to_at)
         VALUES ($13, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (instance_id, number) DO UPDATE SET
             person = excluded.person, job_id = excluded.job_id, run_id = excluded.run_id, run_name = excluded.run_name,
             backend = excluded.backend, gpu = excluded.gpu, gpus = excluded.gpus, price = excluded.price,
             from_at = excluded.from_at, to_at = excluded.to_at",
    )
    .bind(stretch.instance.0)
    .bind(numbered(number))
    .bind(&stretch.person)
    .bind(run.map(|run| run.job.0))
    .bind(run.map(|run| run.id.0))
    .bind(run.map(|run| run.name.as_str()))
    .bind(&stretch.backend)
    .bind(&stretch.gpu)
    .bind(i64::from(stretch.gpus))
    .bind(stretch.price)
    .bind(stretch.from.0)
    .bind(stretch.to.map(|to| to.0))
    .bind(&stretch.project)
    .execute(connection)
    .await?;
    Ok(())
}

fn stretch(row: &PgRow) -> Result<Stretch, sqlx::Error> {
    let run = match row.try_get::<Option<String>, _>("run_name")? {
        Some(name) => {
            Some(PaidRun { job: JobId(row.try_get("job_id")?), id: RunId(row.try_get("run_id")?), name })
        }
        None => None,
    };
    Ok(Stretch {
        project: row.try_get("project")?,
        instance: InstanceId(row.try_get("instance_id")?),
        person: row.try_get("person")?,
        run,
        backend: row.try_get("backend")?,
        gpu: row.try_get("gpu")?,
        gpus: counted(row.try_get("gpus")?),
        price: row.try_get("price")?,
        from: Timestamp(row.try_get("from_at")?),
        to: row.try_get::<Option<i64>, _>("to_at")?.map(Timestamp),
    })
}

fn counted(number: i64) -> u32 {
    u32::try_from(unsigned(number)).unwrap_or(u32::MAX)
}

/// What everybody has spent in a project in the month of `now` until then. $1 when the month begins, $2 now, $3 the project; in milliseconds of a dollar an hour.
const SPENT: &str = "SELECT person, SUM(spent) AS spent FROM (
         SELECT person, price * ($2 - greatest(from_at, $1)) AS spent FROM ledger
         WHERE project = $3 AND to_at IS NULL AND from_at < $2
         UNION ALL
         SELECT person, price * (least(to_at, $2) - greatest(from_at, $1)) AS spent FROM ledger
         WHERE project = $3 AND to_at IS NOT NULL AND to_at > $1 AND from_at < $2
     ) AS parts GROUP BY person";

/// What everybody has in a project now, and has spent there this month.
pub(super) async fn used(
    connection: &mut PgConnection,
    project: &str,
    now: Timestamp,
    months: bool,
) -> Result<Use, sqlx::Error> {
    let mut used = Use::default();
    let held = sqlx::query(
        "SELECT coalesce(payer, state #>> '{instance,owner}') AS person, count(*) AS instances, sum(gpus)::bigint AS gpus,
                sum(price) AS price
         FROM instances WHERE project = $1 AND status <> 'terminated' GROUP BY 1",
    );
    for row in held.bind(project).fetch_all(&mut *connection).await? {
        let entry = used.0.entry(row.try_get("person")?).or_default();
        entry.instances = counted(row.try_get("instances")?);
        entry.gpus = counted(row.try_get("gpus")?);
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
    pool: &PgPool,
    project: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Stretch>, StoreError> {
    let found = sqlx::query(
        "SELECT * FROM ledger WHERE project = $3 AND to_at IS NULL AND from_at < $2
         UNION ALL SELECT * FROM ledger WHERE project = $3 AND to_at IS NOT NULL AND to_at > $1 AND from_at < $2
         ORDER BY from_at, instance_id",
    );
    let found = found.bind(from.0).bind(until.0).bind(project).fetch_all(pool).await.map_err(store_error)?;
    found.iter().map(stretch).collect::<Result<_, _>>().map_err(store_error)
}

/// Writes the ledger up for instances that a version without one has written.
pub(super) async fn settle(pool: &PgPool, limit: u32) -> Result<u64, StoreError> {
    match try_settle(pool, limit).await {
        Ok(settled) => Ok(settled),
        Err(Failed::Database(error)) => Err(store_error(error)),
        Err(Failed::Refused(CommitError::Store(error))) => Err(error),
        // Nothing here is refused for another reason.
        Err(Failed::Refused(error)) => Err(StoreError::Unavailable(error.to_string())),
    }
}

async fn try_settle(pool: &PgPool, limit: u32) -> Result<u64, Failed> {
    let mut transaction = pool.begin().await?;
    let ids = sqlx::query_scalar("SELECT id FROM instances WHERE ledger_version <> version LIMIT $1");
    let ids: Vec<Uuid> = ids.bind(i64::from(limit)).fetch_all(&mut *transaction).await?;
    // Whoever writes an instance has its row of `work`; those that somebody writes now are right soon, or left for the next time.
    let lock = sqlx::query_scalar("SELECT id FROM work WHERE id = ANY($1) ORDER BY id FOR UPDATE");
    let ids: Vec<Uuid> = lock.bind(&ids).fetch_all(&mut *transaction).await?;
    let found = sqlx::query(
        "SELECT version, state FROM instances WHERE id = ANY($1) AND ledger_version <> version ORDER BY id",
    );
    for row in found.bind(&ids).fetch_all(&mut *transaction).await? {
        write_up(&mut transaction, &instance_row(&row, "version", "state")?).await?;
    }
    transaction.commit().await?;
    Ok(ids.len() as u64)
}
