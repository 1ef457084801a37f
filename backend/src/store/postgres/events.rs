//! Events: their numbers, what they left behind, and how old ones are forgotten.

use std::collections::BTreeMap;

use async_trait::async_trait;
use berth_shared::{
    api::{Event, EventSeq, Instance, InstanceId, Run, RunId, Subject},
    time::Timestamp,
};
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

use super::{commit::Failed, json, json_option, jsonb, listen, signed, store_error, to_json, unsigned};
use crate::store::{
    Change, InstanceRow, RunRow, StoreError, StoredEvent,
    forget::{EventLog, Looked},
    project_of,
};

/// Takes the counter, which keeps all others from committing until this transaction ends; writes the events and tells
/// everybody. Gives the number of the last event after each change.
pub(super) async fn write(
    connection: &mut PgConnection,
    changes: &[&Change],
    sender: Uuid,
) -> Result<Vec<EventSeq>, Failed> {
    let mut seq = match changes.iter().map(|change| change.events.len()).sum::<usize>() {
        0 => newest(connection).await?,
        more => {
            let counter = sqlx::query_scalar("UPDATE event_counter SET seq = seq + $1 RETURNING seq");
            unsigned(counter.bind(signed(more as u64)).fetch_one(&mut *connection).await?) - more as u64
        }
    };
    let mut numbers = Vec::with_capacity(changes.len());
    let mut rows = Columns::default();
    for change in changes {
        if !change.events.is_empty() {
            let left = Left::behind(connection, change).await?;
            for new in &change.events {
                seq += 1;
                let event = Event { seq, ..new.event.clone() };
                rows.push(event, &left)?;
            }
        }
        numbers.push(seq);
    }
    if !rows.seq.is_empty() {
        rows.insert(connection).await?;
    }
    listen::tell(connection, &listen::Told::Wrote(seq, sender)).await?;
    Ok(numbers)
}

pub(super) async fn newest(connection: &mut PgConnection) -> Result<EventSeq, sqlx::Error> {
    let seq: i64 = sqlx::query_scalar("SELECT seq FROM event_counter").fetch_one(connection).await?;
    Ok(unsigned(seq))
}

/// What a change leaves behind: its own rows, and those of the database that its events are about.
struct Left {
    runs: BTreeMap<RunId, Run>,
    instances: BTreeMap<InstanceId, Instance>,
    deleted: Option<RunId>,
}

impl Left {
    /// Reads rows only now that nobody else can commit, so that no later event tells of an earlier state.
    async fn behind(connection: &mut PgConnection, change: &Change) -> Result<Self, Failed> {
        let mut runs: BTreeMap<RunId, Run> =
            change.runs.iter().map(|row| (row.run.id, row.run.clone())).collect();
        let mut instances: BTreeMap<InstanceId, Instance> =
            change.instances.iter().map(|row| (row.instance.id, row.instance.clone())).collect();
        let (mut other_runs, mut other_instances) = (Vec::new(), Vec::new());
        for new in &change.events {
            match (new.event.subject, new.event.run_id, new.event.instance_id) {
                (Subject::Run | Subject::Job, Some(id), _) if !runs.contains_key(&id) => {
                    other_runs.push(id.0)
                }
                (Subject::Instance, _, Some(id)) if !instances.contains_key(&id) => {
                    other_instances.push(id.0)
                }
                _ => {}
            }
        }
        if !other_runs.is_empty() {
            let query = sqlx::query("SELECT state FROM runs WHERE id = ANY($1)").bind(&other_runs);
            for row in query.fetch_all(&mut *connection).await? {
                let RunRow { run, .. } = jsonb(&row, "state")?;
                runs.insert(run.id, run);
            }
        }
        if !other_instances.is_empty() {
            let query = sqlx::query("SELECT state FROM instances WHERE id = ANY($1)").bind(&other_instances);
            for row in query.fetch_all(&mut *connection).await? {
                let InstanceRow { instance, .. } = jsonb(&row, "state")?;
                instances.insert(instance.id, instance);
            }
        }
        Ok(Self { runs, instances, deleted: change.delete })
    }
}

/// Events as the columns of a statement.
#[derive(Default)]
struct Columns {
    seq: Vec<i64>,
    at: Vec<i64>,
    run: Vec<Option<Uuid>>,
    instance: Vec<Option<Uuid>>,
    event: Vec<String>,
    after_run: Vec<Option<String>>,
    after_instance: Vec<Option<String>>,
    deleted: Vec<Option<Uuid>>,
}

impl Columns {
    fn push(&mut self, mut event: Event, left: &Left) -> Result<(), StoreError> {
        let deletes = event.subject == Subject::Run && left.deleted.is_some() && left.deleted == event.run_id;
        let run = match event.subject {
            Subject::Run | Subject::Job if !deletes => event.run_id.and_then(|id| left.runs.get(&id)),
            _ => None,
        };
        let instance = match event.subject {
            Subject::Instance => event.instance_id.and_then(|id| left.instances.get(&id)),
            _ => None,
        };
        self.seq.push(signed(event.seq));
        self.at.push(event.at.0);
        self.run.push(event.run_id.map(|id| id.0));
        self.instance.push(event.instance_id.map(|id| id.0));
        event.project = project_of(&event, run, instance);
        self.event.push(to_json(&event)?);
        self.after_run.push(run.map(to_json).transpose()?);
        self.after_instance.push(instance.map(to_json).transpose()?);
        self.deleted.push(left.deleted.filter(|_| deletes).map(|id| id.0));
        Ok(())
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO events (seq, at, run_id, instance_id, event, after_run, after_instance, deleted_run)
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&self.seq)
        .bind(&self.at)
        .bind(&self.run)
        .bind(&self.instance)
        .bind(&self.event)
        .bind(&self.after_run)
        .bind(&self.after_instance)
        .bind(&self.deleted)
        .execute(connection)
        .await
        .map(drop)
    }
}

pub(super) async fn of_run(connection: &mut PgConnection, run: RunId) -> Result<Vec<Event>, StoreError> {
    let query = sqlx::query("SELECT event FROM events WHERE run_id = $1 ORDER BY seq").bind(run.0);
    query.fetch_all(connection).await.map_err(store_error)?.iter().map(|row| json(row, "event")).collect()
}

/// The events after a number, at most so many.
pub(in crate::store) const EVENTS_AFTER: &str =
    "SELECT event, after_run, after_instance, deleted_run FROM events WHERE seq > $1 ORDER BY seq LIMIT $2";

pub(super) async fn after(pool: &PgPool, seq: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
    let query = sqlx::query(EVENTS_AFTER).bind(signed(seq)).bind(i64::from(limit));
    let rows = query.fetch_all(pool).await.map_err(store_error)?;
    rows.iter()
        .map(|row| {
            let deleted: Option<Uuid> = row.try_get("deleted_run").map_err(store_error)?;
            Ok(StoredEvent {
                event: json(row, "event")?,
                run: json_option(row, "after_run")?,
                instance: json_option(row, "after_instance")?,
                deleted_run: deleted.map(RunId),
            })
        })
        .collect()
}

/// What may be forgotten. $1 the number before the first, $2 the last, $3 the time, $4 how many.
pub(in crate::store) const LOOK: &str = "SELECT seq, at < $3 AS old,
             EXISTS (SELECT 1 FROM runs WHERE runs.id = events.run_id AND NOT finished)
             OR EXISTS (SELECT 1 FROM instances WHERE instances.id = events.instance_id
                                                AND status <> 'terminated') AS active
      FROM events WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $4";

#[async_trait]
impl EventLog for PgPool {
    async fn newest(&self) -> Result<EventSeq, StoreError> {
        let mut connection = self.acquire().await.map_err(store_error)?;
        newest(&mut connection).await.map_err(store_error)
    }

    async fn look(
        &self,
        from: EventSeq,
        last: EventSeq,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Looked>, StoreError> {
        let rows = sqlx::query(LOOK)
            .bind(signed(from))
            .bind(signed(last))
            .bind(before.0)
            .bind(i64::from(limit))
            .fetch_all(self)
            .await
            .map_err(store_error)?;
        rows.iter()
            .map(|row| {
                Ok(Looked {
                    seq: row.try_get("seq")?,
                    old: row.try_get("old")?,
                    active: row.try_get("active")?,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(store_error)
    }

    async fn delete(&self, seqs: &[i64]) -> Result<u64, StoreError> {
        let delete = sqlx::query("DELETE FROM events WHERE seq = ANY($1)").bind(seqs);
        Ok(delete.execute(self).await.map_err(store_error)?.rows_affected())
    }
}
