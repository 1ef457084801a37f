//! PostgreSQL: any number of servers share one database.

mod code;
mod commit;
mod connect;
mod error;
mod events;
mod group;
mod lease;
mod ledger;
mod limits;
mod listen;
mod local;
mod pools;
mod read;
mod replicas;
mod settings;

use std::sync::Arc;

use async_trait::async_trait;
use berth_shared::{
    api::{
        Allocation, EventSeq, Instance, InstanceId, JobId, Orphan, Pool, ProjectSettings, Run, RunDetail,
        RunId,
    },
    time::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{PgPool, Row, postgres::PgRow};
use uuid::Uuid;

use super::{
    Beat, Change, CodeStore, CommitError, InstanceRow, JobRow, Lease, LeaseRequest, LimitBooks, Queue,
    Signals, Snapshot, Source, Storage, StoreError, StoredEvent, Stretch, Use, Whole, forget::Forget,
};

#[cfg(test)]
pub(super) use connect::migrations;
pub(super) use connect::{Postgres, options, shown};
pub(super) use error::open_error;
pub(crate) use error::store_error;
#[cfg(test)]
pub(super) use events::{EVENTS_AFTER, LOOK};
pub(crate) use listen::tell_ended;
pub use local::LocalHold;

/// The database; everything in it is shared by the clones.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) pool: PgPool,
    writer: group::Writer,
    signals: Signals,
    installation: Uuid,
    /// Tells this process's notifications from those of others.
    sender: Uuid,
    /// Where forgetting old events goes on.
    forget: Forget,
    /// The newest migration that this program knows.
    knows: i64,
    _tasks: listen::Tasks,
    predecessor: replicas::Predecessor,
}

#[async_trait]
impl Storage for Postgres {
    fn signals(&self) -> &Signals {
        &self.0.signals
    }

    fn installation(&self) -> Uuid {
        self.0.installation
    }

    fn code(&self) -> &dyn CodeStore {
        self
    }

    async fn commit(&self, change: &Change) -> Result<EventSeq, CommitError> {
        let seq = self.0.writer.commit(change).await?;
        self.0.signals.wrote(seq);
        self.0.signals.wake();
        Ok(seq)
    }

    async fn lease(&self, request: &LeaseRequest<'_>) -> Result<Vec<Lease>, StoreError> {
        lease::lease(&self.0.pool, request).await
    }

    async fn release(&self, lease: &Lease, next_due: Option<Timestamp>) -> Result<(), StoreError> {
        lease::release_all(&self.0.pool, &[(lease.clone(), next_due)]).await
    }

    async fn release_all(&self, leases: &[(Lease, Option<Timestamp>)]) -> Result<(), StoreError> {
        lease::release_all(&self.0.pool, leases).await
    }

    async fn next_due(&self, backends: &[String]) -> Result<Option<Timestamp>, StoreError> {
        lease::next_due(&self.0.pool, backends).await
    }

    async fn wake(&self, instances: &[InstanceId]) -> Result<Vec<RunId>, StoreError> {
        let runs = lease::wake(&self.0.pool, instances, self.0.sender).await?;
        self.0.signals.wake();
        Ok(runs)
    }

    async fn join(&self, owner: &str, now: Timestamp) -> Result<Beat, StoreError> {
        let beat = replicas::join(&self.0, owner, now).await?;
        self.0.signals.wake();
        Ok(beat)
    }

    async fn beat(&self, owner: &str, now: Timestamp) -> Result<Beat, StoreError> {
        replicas::beat(&self.0, owner, now).await
    }

    async fn disown(&self, owner: &str, known: &[Uuid]) -> Result<(), StoreError> {
        replicas::disown(&self.0, owner, known).await
    }

    async fn leave(&self, owner: &str) -> Result<(), StoreError> {
        replicas::leave(&self.0, owner).await
    }

    async fn claim(
        &self,
        task: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        replicas::claim(&self.0.pool, task, owner, now, until).await
    }

    async fn whole(&self, run: RunId) -> Result<Option<Whole>, StoreError> {
        read::whole(&self.0.pool, run).await
    }

    async fn whole_of_job(&self, job: JobId) -> Result<Option<Whole>, StoreError> {
        read::whole_of_job(&self.0.pool, job).await
    }

    async fn instance(&self, id: InstanceId) -> Result<Option<(InstanceRow, Option<JobRow>)>, StoreError> {
        read::instance(&self.0.pool, id).await
    }

    async fn touch(&self, run: RunId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO activity (run_id, active_at) SELECT id, $2 FROM runs WHERE id = $1
                   ON CONFLICT (run_id) DO UPDATE SET active_at = greatest(activity.active_at, excluded.active_at)";
        let touched = sqlx::query(sql).bind(run.0).bind(at.0).execute(&self.0.pool).await;
        touched.map(drop).map_err(store_error)
    }

    async fn active_at(&self, run: RunId) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT active_at FROM activity WHERE run_id = $1";
        let at = sqlx::query_scalar(sql).bind(run.0).fetch_optional(&self.0.pool).await;
        at.map(|at| at.map(Timestamp)).map_err(store_error)
    }

    async fn inactive_runs(&self, before: Timestamp) -> Result<Vec<Run>, StoreError> {
        read::inactive_runs(&self.0.pool, before).await
    }

    async fn in_front(&self, project: &str, above: i64, limit: u32) -> Result<Vec<Run>, StoreError> {
        read::in_front(&self.0.pool, project, above, limit).await
    }

    async fn source(&self, run: RunId) -> Result<Option<Source>, StoreError> {
        read::source(&self.0.pool, run).await
    }

    async fn newest_of_name(&self, project: &str, name: &str) -> Result<Option<RunId>, StoreError> {
        read::newest_of_name(&self.0.pool, project, name).await
    }

    async fn runs(
        &self,
        project: &str,
        active: bool,
        before: Option<(Timestamp, RunId)>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        read::runs(&self.0.pool, project, active, before, limit).await
    }

    async fn instances(
        &self,
        project: &str,
        after: Option<(Timestamp, InstanceId)>,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError> {
        read::instances(&self.0.pool, project, after, limit).await
    }

    async fn default_pool(&self, project: &str) -> Result<Option<String>, StoreError> {
        pools::default(&self.0.pool, project).await
    }

    async fn active_instances(&self) -> Result<Vec<InstanceRow>, StoreError> {
        read::active_instances(&self.0.pool).await
    }

    async fn idle_instances(&self, project: &str, pool: &str) -> Result<Vec<InstanceRow>, StoreError> {
        pools::idle(&self.0.pool, project, pool).await
    }

    async fn pool_instances(
        &self,
        project: &str,
        pool: &str,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError> {
        pools::instances(&self.0.pool, project, pool, limit).await
    }

    async fn held(&self, backend: &str) -> Result<Vec<Allocation>, StoreError> {
        pools::held(&self.0.pool, backend).await
    }

    async fn pools(&self, project: &str) -> Result<Vec<Pool>, StoreError> {
        pools::pools(&self.0.pool, project).await
    }

    async fn orphans(&self) -> Result<Vec<Orphan>, StoreError> {
        pools::orphans(&self.0.pool).await
    }

    async fn settings(&self, project: &str) -> Result<ProjectSettings, StoreError> {
        settings::of(&self.0.pool, project).await
    }

    async fn limits(&self) -> Result<LimitBooks, StoreError> {
        limits::books(&self.0.pool).await.map_err(store_error)
    }

    async fn used(&self, project: &str, now: Timestamp) -> Result<Use, StoreError> {
        let mut connection = self.0.pool.acquire().await.map_err(store_error)?;
        ledger::used(&mut connection, project, now, true).await.map_err(store_error)
    }

    async fn stretches(
        &self,
        project: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Stretch>, StoreError> {
        ledger::stretches(&self.0.pool, project, from, until).await
    }

    async fn settle(&self, limit: u32) -> Result<u64, StoreError> {
        ledger::settle(&self.0.pool, limit).await
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.0.forget.events(&self.0.pool, before, limit).await
    }

    async fn detail(&self, run: RunId) -> Result<Option<RunDetail>, StoreError> {
        read::detail(&self.0.pool, run).await
    }

    async fn events_after(&self, seq: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        events::after(&self.0.pool, seq, limit).await
    }

    async fn snapshot(&self, project: &str, now: Timestamp) -> Result<Snapshot, StoreError> {
        read::snapshot(&self.0.pool, project, now).await
    }

    async fn newest(&self) -> Result<EventSeq, StoreError> {
        read::newest(&self.0.pool).await
    }
}

/// How `work.queue` names the kinds of rows.
const fn number(queue: Queue) -> i16 {
    match queue {
        Queue::Runs => 0,
        Queue::Jobs => 1,
        Queue::Instances => 2,
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A column of type `jsonb`.
fn jsonb<T: DeserializeOwned>(row: &PgRow, column: &'static str) -> Result<T, StoreError> {
    match row.try_get::<sqlx::types::Json<T>, _>(column) {
        Ok(value) => Ok(value.0),
        Err(sqlx::Error::ColumnDecode { source, .. }) => {
            Err(StoreError::Corrupt { what: column, cause: source.to_string() })
        }
        Err(error) => Err(store_error(error)),
    }
}

/// A column of type `text` that holds JSON.
fn json<T: DeserializeOwned>(row: &PgRow, column: &'static str) -> Result<T, StoreError> {
    parse(column, row.try_get::<&str, _>(column).map_err(store_error)?)
}

/// As [`json`], for a column that may be empty.
fn json_option<T: DeserializeOwned>(row: &PgRow, column: &'static str) -> Result<Option<T>, StoreError> {
    let text = row.try_get::<Option<&str>, _>(column).map_err(store_error)?;
    text.map(|text| parse(column, text)).transpose()
}

fn parse<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt { what, cause: e.to_string() })
}

/// A value as JSON, in which NUL, which PostgreSQL's `jsonb` cannot hold, is the replacement character. Our rows have no
/// keys that JSON cannot hold, so this cannot fail for them.
fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    let json = serde_json::to_string(value)
        .map_err(|e| StoreError::Corrupt { what: "row", cause: e.to_string() })?;
    Ok(if json.contains("\\u0000") { without_nul(&json) } else { json })
}

/// In JSON a backslash is itself escaped, so an escape begins at each backslash that is not the second of a pair.
fn without_nul(json: &str) -> String {
    let mut kept = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        kept.push_str(&rest[..at]);
        let escape = &rest[at..];
        let (text, len) = if escape.starts_with("\\u0000") {
            ("\u{fffd}", 6)
        } else {
            let len = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
            (&escape[..len], len)
        };
        kept.push_str(text);
        rest = &escape[len..];
    }
    kept.push_str(rest);
    kept
}

/// Clones share one connection pool.
impl Clone for Postgres {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::without_nul;

    #[test]
    fn nul_is_replaced_and_a_backslash_before_digits_stays() {
        let json = serde_json::to_string("a\0b \\u0000 \\\0 \n\"").expect("JSON");
        let read: String = serde_json::from_str(&without_nul(&json)).expect("JSON");
        assert_eq!(read, "a\u{fffd}b \\u0000 \\\u{fffd} \n\"");
    }
}
