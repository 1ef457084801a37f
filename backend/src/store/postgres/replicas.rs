//! Servers on one database: who is there, who has gone silent, and who does what only one may do.

use std::{fs, path::PathBuf};

use berth_shared::time::Timestamp;
use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::{Inner, listen, store_error, unsigned};
use crate::store::{Beat, SILENCE_SECONDS, StoreError};

/// Under which name the last server in the same data directory worked. The directory is locked, so that one is gone.
#[derive(Debug)]
pub(super) struct Predecessor(Option<PathBuf>);

impl Predecessor {
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        Self(file)
    }

    /// The name, unless it is `owner`.
    fn name(&self, owner: &str) -> Option<String> {
        let name = fs::read_to_string(self.0.as_ref()?).ok()?;
        Some(name).filter(|name| name != owner && !name.is_empty())
    }

    fn note(&self, owner: &str) {
        // Without it the silence of this one tells, seconds later.
        let written = self.0.as_ref().map(|file| fs::write(file, owner));
        if let Some(Err(error)) = written {
            tracing::warn!(%error, "the name of this server could not be noted in its data directory");
        }
    }
}

pub(super) async fn join(inner: &Inner, owner: &str, now: Timestamp) -> Result<Beat, StoreError> {
    if let Some(gone) = inner.predecessor.name(owner) {
        leave(inner, &gone).await?;
    }
    let beat = beat(inner, owner, now).await?;
    inner.predecessor.note(owner);
    if beat.replicas == 1 {
        sqlx::query("DELETE FROM tasks WHERE owner <> $1")
            .bind(owner)
            .execute(&inner.pool)
            .await
            .map_err(store_error)?;
        sqlx::query(
            "UPDATE work SET lease_owner = NULL, lease_expires = 0, wake = true
             WHERE NOT is_over AND (NOT wake OR lease_owner IS NOT NULL)",
        )
        .execute(&inner.pool)
        .await
        .map_err(store_error)?;
    }
    Ok(beat)
}

/// Each statement by itself: two servers that note each other's silence do not wait for each other.
pub(super) async fn beat(inner: &Inner, owner: &str, now: Timestamp) -> Result<Beat, StoreError> {
    let pool = &inner.pool;
    let row = sqlx::query(
        "INSERT INTO replicas (owner, knows) VALUES ($1, $2)
         ON CONFLICT (owner) DO UPDATE SET heard_at = clock_timestamp(), knows = $2
         RETURNING (extract(epoch FROM heard_at) * 1000)::bigint AS now, (SELECT oldest FROM installation) AS oldest",
    )
    .bind(owner)
    .bind(inner.knows)
    .fetch_one(pool)
    .await
    .map_err(store_error)?;
    let (theirs, oldest): (i64, i64) = (get(&row, "now")?, get(&row, "oldest")?);
    if oldest > inner.knows {
        return Err(StoreError::Unavailable(
            "a newer Berth has taken away from the database what this one needs: stop this one, and start the newer"
                .to_owned(),
        ));
    }
    sqlx::query(
        "DELETE FROM replicas WHERE owner IN (
             SELECT owner FROM replicas WHERE heard_at <= clock_timestamp() - make_interval(secs => $1)
             FOR UPDATE SKIP LOCKED)",
    )
    .bind(SILENCE_SECONDS as f64)
    .execute(pool)
    .await
    .map_err(store_error)?;
    let ended = sqlx::query(
        "UPDATE work SET lease_owner = NULL, lease_expires = 0, wake = true
         WHERE id IN (SELECT id FROM work WHERE lease_owner IS NOT NULL
                      AND lease_owner NOT IN (SELECT owner FROM replicas)
                      ORDER BY id FOR UPDATE SKIP LOCKED)",
    );
    let ended = ended.execute(pool).await.map_err(store_error)?.rows_affected();
    sqlx::query("DELETE FROM tasks WHERE owner NOT IN (SELECT owner FROM replicas)")
        .execute(pool)
        .await
        .map_err(store_error)?;
    let row = sqlx::query("SELECT (SELECT count(*) FROM replicas) AS replicas, seq FROM event_counter");
    let row = row.fetch_one(pool).await.map_err(store_error)?;
    inner.signals.wrote(unsigned(get(&row, "seq")?));
    if ended > 0 {
        tell(inner).await?;
    }
    Ok(Beat {
        replicas: u32::try_from(get::<i64>(&row, "replicas")?).unwrap_or(u32::MAX),
        ended,
        skew_millis: Some(theirs.saturating_sub(now.0)),
    })
}

fn get<'r, T>(row: &'r sqlx::postgres::PgRow, column: &'static str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    row.try_get(column).map_err(store_error)
}

pub(super) async fn leave(inner: &Inner, owner: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM replicas WHERE owner = $1",
        "DELETE FROM tasks WHERE owner = $1",
        "UPDATE work SET lease_owner = NULL, lease_expires = 0, wake = true
         WHERE id IN (SELECT id FROM work WHERE lease_owner = $1 ORDER BY id FOR UPDATE)",
    ] {
        sqlx::query(sql).bind(owner).execute(&inner.pool).await.map_err(store_error)?;
    }
    tell(inner).await
}

pub(super) async fn disown(inner: &Inner, owner: &str, known: &[Uuid]) -> Result<(), StoreError> {
    let ended = sqlx::query(
        "UPDATE work SET lease_owner = NULL, lease_expires = 0, wake = true
         WHERE id IN (SELECT id FROM work WHERE lease_owner = $1 AND id <> ALL($2) ORDER BY id FOR UPDATE)",
    );
    let ended = ended.bind(owner).bind(known).execute(&inner.pool).await.map_err(store_error)?;
    if ended.rows_affected() > 0 {
        tracing::warn!(leases = ended.rows_affected(), "gave back leases of which the answer had got lost");
        tell(inner).await?;
    }
    Ok(())
}

/// Tells every server, this one too, that there is work.
async fn tell(inner: &Inner) -> Result<(), StoreError> {
    inner.signals.wake();
    let mut connection = inner.pool.acquire().await.map_err(store_error)?;
    listen::tell(&mut connection, &listen::Told::Work(inner.sender)).await.map_err(store_error)
}

pub(super) async fn claim(
    pool: &PgPool,
    task: &str,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let claimed = sqlx::query(
        "INSERT INTO tasks (name, owner, expires) VALUES ($1, $2, $4)
         ON CONFLICT (name) DO UPDATE SET owner = $2, expires = $4 WHERE tasks.owner = $2 OR tasks.expires <= $3",
    )
    .bind(task)
    .bind(owner)
    .bind(now.0)
    .bind(until.0)
    .execute(pool)
    .await
    .map_err(store_error)?;
    Ok(claimed.rows_affected() == 1)
}
