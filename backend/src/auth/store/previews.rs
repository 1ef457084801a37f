//! The table `previews`.

use berth_shared::{api::RunId, time::Timestamp};

use super::{AuthStore, StoreError, on_either};
use crate::auth::{Digest, Preview};

/// A row of `previews` with the session that it lives by, and its person.
type Row = (String, i64, String, String, i32);

fn preview((user, session_expires_at, session, run, port): Row) -> Option<Preview> {
    Some(Preview {
        user,
        session: Digest::from_stored(&session),
        session_expires_at: Timestamp(session_expires_at),
        run: RunId(run.parse().ok()?),
        port: u16::try_from(port).ok()?,
    })
}

impl AuthStore {
    /// Keeps what opens a preview, and forgets what opens none any more.
    pub(in crate::auth) async fn add_preview(
        &self,
        secret: &Digest,
        preview: &Preview,
        is_ticket: bool,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let forget = "DELETE FROM previews WHERE expires_at <= $1";
        on_either!(self, writer, |pool| sqlx::query(forget).bind(now.0).execute(pool).await.map(drop))?;
        let sql = "INSERT INTO previews (digest, session, run_id, port, ticket, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        on_either!(self, writer, |pool| {
            let insert = sqlx::query(sql).bind(secret.as_str()).bind(preview.session.as_str());
            let insert = insert.bind(preview.run.0.to_string()).bind(i32::from(preview.port));
            insert.bind(is_ticket).bind(expires_at.0).execute(pool).await.map(drop)
        })
    }

    /// Takes a ticket: one statement decides, so two uses at the same time cannot both succeed.
    pub(in crate::auth) async fn use_preview_ticket(
        &self,
        ticket: &Digest,
        now: Timestamp,
    ) -> Result<Option<Preview>, StoreError> {
        let Some(preview) = self.find(ticket, true, now).await? else { return Ok(None) };
        let sql = "DELETE FROM previews WHERE digest = $1 RETURNING digest";
        let taken: Option<String> = on_either!(self, writer, |pool| {
            sqlx::query_scalar(sql).bind(ticket.as_str()).fetch_optional(pool).await
        })?;
        Ok(taken.map(|_| preview))
    }

    /// What a cookie opens, for as long as its session stands.
    pub(in crate::auth) async fn preview(
        &self,
        cookie: &Digest,
        now: Timestamp,
    ) -> Result<Option<Preview>, StoreError> {
        self.find(cookie, false, now).await
    }

    async fn find(
        &self,
        secret: &Digest,
        is_ticket: bool,
        now: Timestamp,
    ) -> Result<Option<Preview>, StoreError> {
        let sql = "SELECT s.user_name, s.expires_at, s.digest, p.run_id, p.port FROM previews p \
                   JOIN sessions s ON s.digest = p.session \
                   WHERE p.digest = $1 AND p.ticket = $2 AND p.expires_at > $3 AND s.expires_at > $3";
        let row: Option<Row> = on_either!(self, reader, |pool| {
            sqlx::query_as(sql).bind(secret.as_str()).bind(is_ticket).bind(now.0).fetch_optional(pool).await
        })?;
        Ok(row.and_then(preview))
    }
}
