//! The tables `webhooks` and `deliveries`, and how far events have become deliveries.

use berth_shared::{
    api::{Delivery, EventSeq, NotificationKind},
    time::Timestamp,
};
use sqlx::{FromRow, PgPool, SqlitePool};

use super::{Either, StoreError, on_either, postgres_error};

/// A webhook as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct WebhookRow {
    pub(crate) name: String,
    /// The address, without what may be secret in it.
    pub(crate) shown: String,
    /// The address and the secret as JSON, sealed.
    pub(crate) sealed: String,
    /// Words with commas between them.
    pub(crate) kinds: String,
    pub(crate) added_by: String,
    pub(crate) added_at: i64,
}

/// A notification on its way to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct DeliveryRow {
    pub(crate) webhook: String,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) at: i64,
    /// What is sent, to the letter: its signature is over this.
    pub(crate) body: String,
    pub(crate) attempts: i64,
    pub(crate) delivered_at: Option<i64>,
    pub(crate) next_at: Option<i64>,
    pub(crate) error: Option<String>,
}

impl DeliveryRow {
    /// As it is told; `None` for a kind that only a later version knows.
    pub(crate) fn told(self) -> Option<Delivery> {
        let kind: NotificationKind = serde_json::from_value(self.kind.into()).ok()?;
        Some(Delivery {
            id: self.id,
            kind,
            at: Timestamp(self.at),
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            delivered_at: self.delivered_at.map(Timestamp),
            next_at: self.next_at.map(Timestamp),
            error: self.error,
        })
    }
}

const DELIVERY: &str = "INSERT INTO deliveries (webhook, id, kind, at, body, attempts, next_at, error) \
                        SELECT name, $2, $3, $4, $5, 0, $6, $7 FROM webhooks WHERE name = $1 ON CONFLICT (webhook, id) DO NOTHING";

/// The webhooks in either database, which has been migrated.
#[derive(Clone, Debug)]
pub struct WebhookStore {
    database: Either,
}

/// Does something in one transaction.
macro_rules! in_one {
    ($store:expr, |$transaction:ident| $work:expr) => {
        match &$store.database {
            Either::Sqlite { writer, .. } => {
                let work = async {
                    let mut $transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
                    let done = $work;
                    $transaction.commit().await?;
                    Ok::<_, sqlx::Error>(done)
                };
                work.await.map_err(StoreError::from)
            }
            Either::Postgres(pool) => {
                let work = async {
                    let mut $transaction = pool.begin().await?;
                    let done = $work;
                    $transaction.commit().await?;
                    Ok::<_, sqlx::Error>(done)
                };
                work.await.map_err(postgres_error)
            }
        }
    };
}

impl WebhookStore {
    /// SQLite: both are of one database; they may be the same.
    #[must_use]
    pub fn sqlite(reader: SqlitePool, writer: SqlitePool) -> Self {
        Self { database: Either::Sqlite { reader, writer } }
    }

    /// PostgreSQL.
    #[must_use]
    pub fn postgres(pool: PgPool) -> Self {
        Self { database: Either::Postgres(pool) }
    }

    /// All webhooks, by name.
    pub(crate) async fn all(&self) -> Result<Vec<WebhookRow>, StoreError> {
        let sql = "SELECT name, shown, sealed, kinds, added_by, added_at FROM webhooks ORDER BY name";
        on_either!(self, reader, |pool| sqlx::query_as(sql).fetch_all(pool).await)
    }

    /// Adds one, which is told of what happens from now on. One of the same name goes, with all that is on its way to it: it leads elsewhere.
    pub(crate) async fn put(&self, row: &WebhookRow) -> Result<(), StoreError> {
        in_one!(self, |transaction| {
            // The first one is told of nothing that was before.
            let skip = sqlx::query(
                "UPDATE webhook_cursor SET seq = coalesce((SELECT max(seq) FROM events), seq) \
                 WHERE NOT EXISTS (SELECT 1 FROM webhooks WHERE name <> $1)",
            );
            skip.bind(&row.name).execute(&mut *transaction).await?;
            let delete = sqlx::query("DELETE FROM webhooks WHERE name = $1").bind(&row.name);
            delete.execute(&mut *transaction).await?;
            let insert = sqlx::query(
                "INSERT INTO webhooks (name, shown, sealed, kinds, added_by, added_at) VALUES ($1, $2, $3, $4, $5, $6)",
            );
            let insert = insert.bind(&row.name).bind(&row.shown).bind(&row.sealed).bind(&row.kinds);
            insert.bind(&row.added_by).bind(row.added_at).execute(&mut *transaction).await?;
        })
    }

    /// Removes one with its deliveries; whether there was one.
    pub(crate) async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM webhooks WHERE name = $1 RETURNING name";
        let gone: Option<String> =
            on_either!(self, writer, |pool| sqlx::query_scalar(sql).bind(name).fetch_optional(pool).await)?;
        Ok(gone.is_some())
    }

    /// The newest deliveries to a webhook, newest first, at most ten.
    pub(crate) async fn newest(&self, webhook: &str) -> Result<Vec<DeliveryRow>, StoreError> {
        let sql = "SELECT webhook, id, kind, at, body, attempts, delivered_at, next_at, error FROM deliveries \
                   WHERE webhook = $1 ORDER BY at DESC, id LIMIT 10";
        on_either!(self, reader, |pool| sqlx::query_as(sql).bind(webhook).fetch_all(pool).await)
    }

    /// How many deliveries to each webhook wait.
    pub(crate) async fn waiting(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "SELECT webhook, count(*) FROM deliveries WHERE next_at IS NOT NULL GROUP BY webhook";
        on_either!(self, reader, |pool| sqlx::query_as(sql).fetch_all(pool).await)
    }

    /// The last event that has become deliveries, or none.
    pub(crate) async fn cursor(&self) -> Result<EventSeq, StoreError> {
        let sql = "SELECT seq FROM webhook_cursor";
        let seq: i64 = on_either!(self, reader, |pool| sqlx::query_scalar(sql).fetch_one(pool).await)?;
        Ok(seq.unsigned_abs())
    }

    /// Writes deliveries, those that are there already left as they are, and that events up to `to` have become deliveries, if that was so
    /// up to `from`: both or neither. Whether it was.
    pub(crate) async fn advance(
        &self,
        from: EventSeq,
        to: EventSeq,
        deliveries: &[DeliveryRow],
    ) -> Result<bool, StoreError> {
        let (from, to) = (i64::try_from(from).unwrap_or(i64::MAX), i64::try_from(to).unwrap_or(i64::MAX));
        in_one!(self, |transaction| {
            let moved = sqlx::query_scalar("UPDATE webhook_cursor SET seq = $2 WHERE seq = $1 RETURNING seq");
            let moved: Option<i64> = moved.bind(from).bind(to).fetch_optional(&mut *transaction).await?;
            if moved.is_some() {
                for row in deliveries {
                    let insert = sqlx::query(DELIVERY).bind(&row.webhook).bind(&row.id).bind(&row.kind);
                    let insert = insert.bind(row.at).bind(&row.body).bind(row.next_at).bind(&row.error);
                    insert.execute(&mut *transaction).await?;
                }
            }
            moved.is_some()
        })
    }

    /// Writes deliveries, those that are there already left as they are.
    pub(crate) async fn add(&self, deliveries: &[DeliveryRow]) -> Result<(), StoreError> {
        in_one!(self, |transaction| {
            for row in deliveries {
                let insert = sqlx::query(DELIVERY).bind(&row.webhook).bind(&row.id).bind(&row.kind);
                let insert = insert.bind(row.at).bind(&row.body).bind(row.next_at).bind(&row.error);
                insert.execute(&mut *transaction).await?;
            }
        })
    }

    /// Deliveries that are due, those that are due longest first.
    pub(crate) async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<DeliveryRow>, StoreError> {
        let sql = "SELECT webhook, id, kind, at, body, attempts, delivered_at, next_at, error FROM deliveries \
                   WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2";
        on_either!(self, reader, |pool| {
            sqlx::query_as(sql).bind(now.0).bind(i64::from(limit)).fetch_all(pool).await
        })
    }

    /// When the next delivery is due.
    pub(crate) async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(next_at) FROM deliveries WHERE next_at IS NOT NULL";
        let next: Option<i64> =
            on_either!(self, reader, |pool| sqlx::query_scalar(sql).fetch_one(pool).await)?;
        Ok(next.map(Timestamp))
    }

    /// Writes down what became of a try.
    pub(crate) async fn tried(&self, row: &DeliveryRow) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET attempts = $3, delivered_at = $4, next_at = $5, error = $6 WHERE webhook = $1 AND id = $2";
        on_either!(self, writer, |pool| {
            let update = sqlx::query(sql).bind(&row.webhook).bind(&row.id).bind(row.attempts);
            let update = update.bind(row.delivered_at).bind(row.next_at).bind(&row.error);
            update.execute(pool).await.map(drop)
        })
    }

    /// Forgets deliveries from before `before` that arrived or were given up.
    pub(crate) async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM deliveries WHERE next_at IS NULL AND at < $1";
        on_either!(self, writer, |pool| sqlx::query(sql).bind(before.0).execute(pool).await.map(drop))
    }
}
