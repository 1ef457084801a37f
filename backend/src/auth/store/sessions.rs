//! The tables `login_tokens` and `sessions`.

use berth_shared::{api::SessionInfo, policy::Roles, time::Timestamp};

use super::{AuthStore, SEEN_SECONDS, StoreError, on_either, role};
use crate::auth::{Caller, Digest, LoginError, Proof, Visit};

/// The longest that is kept of what a browser says it is, characters.
const AGENT: usize = 200;

/// How many digits of its digest name a session.
const ID: usize = 16;

/// A session that begins.
#[derive(Clone, Copy, Debug)]
pub(in crate::auth) struct NewSession<'a> {
    /// Its secret's digest.
    pub(in crate::auth) digest: &'a Digest,
    /// Whose it is.
    pub(in crate::auth) user: &'a str,
    /// What the password was checked against; `None` = they came in without one.
    pub(in crate::auth) password: Option<&'a str>,
    /// Whether a link let them in.
    pub(in crate::auth) by_link: bool,
    /// Where they are.
    pub(in crate::auth) visit: Visit<'a>,
    /// Now.
    pub(in crate::auth) now: Timestamp,
    /// When it ends by itself.
    pub(in crate::auth) expires_at: Timestamp,
}

/// A session with its person.
#[derive(sqlx::FromRow)]
struct Row {
    user_name: String,
    role: String,
    member_role: Option<String>,
    has_password: bool,
    created_at: i64,
    expires_at: i64,
    by_link: Option<bool>,
    last_seen_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct InfoRow {
    digest: String,
    created_at: i64,
    expires_at: i64,
    last_seen_at: Option<i64>,
    address: Option<String>,
    agent: Option<String>,
}

/// What is kept of what a browser says it is.
fn agent(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(AGENT).collect()
}

impl AuthStore {
    pub(in crate::auth) async fn add_login_token(
        &self,
        token: &Digest,
        user: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO login_tokens (digest, user_name, created_at, expires_at) VALUES ($1, $2, $3, $4)";
        on_either!(self, writer, |pool| {
            let insert = sqlx::query(sql).bind(token.as_str()).bind(user).bind(now.0).bind(expires_at.0);
            insert.execute(pool).await.map(drop)
        })
    }

    /// Makes the links of a person worthless that let nobody in yet.
    pub(in crate::auth) async fn forget_links(&self, user: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM login_tokens WHERE user_name = $1 AND used_at IS NULL";
        on_either!(self, writer, |pool| sqlx::query(sql).bind(user).execute(pool).await.map(drop))
    }

    /// Whose account a token opens that can be used.
    pub(in crate::auth) async fn login_token_user(
        &self,
        token: &Digest,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let sql =
            "SELECT user_name FROM login_tokens WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";
        on_either!(self, reader, |pool| {
            sqlx::query_scalar(sql).bind(token.as_str()).bind(now.0).fetch_optional(pool).await
        })
    }

    /// Marks the token as used and tells whose it is. One statement decides, so two uses at the same time
    /// cannot both succeed.
    pub(in crate::auth) async fn use_login_token(
        &self,
        token: &Digest,
        now: Timestamp,
    ) -> Result<String, LoginError> {
        let sql = "UPDATE login_tokens SET used_at = $1 \
                   WHERE digest = $2 AND used_at IS NULL AND expires_at > $1 RETURNING user_name";
        let used: Option<String> = on_either!(self, writer, |pool| {
            sqlx::query_scalar(sql).bind(now.0).bind(token.as_str()).fetch_optional(pool).await
        })?;
        if let Some(user) = used {
            return Ok(user);
        }
        let sql = "SELECT used_at FROM login_tokens WHERE digest = $1";
        let used_at: Option<Option<i64>> = on_either!(self, reader, |pool| {
            sqlx::query_scalar(sql).bind(token.as_str()).fetch_optional(pool).await
        })?;
        Err(match used_at {
            None => LoginError::Invalid,
            Some(None) => LoginError::Expired,
            Some(Some(_)) => LoginError::Used,
        })
    }

    /// Begins a session; not for somebody who is gone, or whose password is another by now: then it gives `false`.
    pub(in crate::auth) async fn add_session(&self, new: NewSession<'_>) -> Result<bool, StoreError> {
        let sql = "INSERT INTO sessions \
                   (digest, user_name, created_at, expires_at, by_link, last_seen_at, address, agent) \
                   SELECT $1, name, $3, $4, $5, $3, $6, $7 FROM users \
                   WHERE name = $2 AND (CAST($8 AS text) IS NULL OR password = CAST($8 AS text)) RETURNING user_name";
        let added: Option<String> = on_either!(self, writer, |pool| {
            let insert = sqlx::query_scalar(sql).bind(new.digest.as_str()).bind(new.user).bind(new.now.0);
            let insert = insert.bind(new.expires_at.0).bind(new.by_link);
            let insert = insert.bind(new.visit.address.to_string()).bind(agent(new.visit.agent));
            insert.bind(new.password).fetch_optional(pool).await
        })?;
        if added.is_some() {
            self.person_seen(new.user, new.now).await?;
        }
        Ok(added.is_some())
    }

    /// Who comes by a session, and whether it is time to write down that they do.
    pub(in crate::auth) async fn session(
        &self,
        session: &Digest,
        project: &str,
        now: Timestamp,
    ) -> Result<Option<(Caller, bool)>, StoreError> {
        let sql = "SELECT s.user_name, u.role, m.role AS member_role, u.password IS NOT NULL AS has_password, s.created_at, s.expires_at, \
                   s.by_link, s.last_seen_at FROM sessions s JOIN users u ON u.name = s.user_name \
                   LEFT JOIN members m ON m.person = u.name AND m.project = $3 \
                   WHERE s.digest = $1 AND s.expires_at > $2";
        let row: Option<Row> = on_either!(self, reader, |pool| {
            sqlx::query_as(sql).bind(session.as_str()).bind(now.0).bind(project).fetch_optional(pool).await
        })?;
        Ok(row.map(|row| {
            let roles = Roles::new(role(&row.role), row.member_role.as_deref().map(role));
            let caller = Caller {
                user: row.user_name,
                project: project.to_owned(),
                role: roles.project,
                server_role: roles.server,
                limit: None,
                has_password: row.has_password,
                proof: Proof::Session {
                    digest: session.clone(),
                    expires_at: Timestamp(row.expires_at),
                    by_link_at: row.by_link.unwrap_or(false).then_some(Timestamp(row.created_at)),
                },
            };
            let is_due = row.last_seen_at.is_none_or(|seen| seen <= now.plus_seconds(-SEEN_SECONDS).0);
            (caller, is_due)
        }))
    }

    /// Writes down that a session is used, and from where.
    pub(in crate::auth) async fn session_seen(
        &self,
        session: &Digest,
        user: &str,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET last_seen_at = $2, address = $3, agent = $4 WHERE digest = $1 \
                   AND (last_seen_at IS NULL OR last_seen_at <= $5)";
        on_either!(self, writer, |pool| {
            let update = sqlx::query(sql).bind(session.as_str()).bind(now.0).bind(visit.address.to_string());
            let update = update.bind(agent(visit.agent)).bind(now.plus_seconds(-SEEN_SECONDS).0);
            update.execute(pool).await.map(drop)
        })?;
        self.person_seen(user, now).await
    }

    /// The sessions of a person, the last used first; `current` is the one that asks.
    pub(in crate::auth) async fn sessions(
        &self,
        user: &str,
        current: Option<&Digest>,
        now: Timestamp,
    ) -> Result<Vec<SessionInfo>, StoreError> {
        let sql = "SELECT digest, created_at, expires_at, last_seen_at, address, agent FROM sessions \
                   WHERE user_name = $1 AND expires_at > $2 \
                   ORDER BY COALESCE(last_seen_at, created_at) DESC, created_at DESC, digest";
        let rows: Vec<InfoRow> = on_either!(self, reader, |pool| sqlx::query_as(sql)
            .bind(user)
            .bind(now.0)
            .fetch_all(pool)
            .await)?;
        let info = |row: InfoRow| SessionInfo {
            current: current.is_some_and(|current| current.as_str() == row.digest),
            id: row.digest.chars().take(ID).collect(),
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            last_seen_at: Timestamp(row.last_seen_at.unwrap_or(row.created_at)),
            address: row.address.unwrap_or_default(),
            agent: row.agent.unwrap_or_default(),
        };
        Ok(rows.into_iter().map(info).collect())
    }

    /// Ends a session, and tells this server and others of the same database.
    pub(in crate::auth) async fn end_session(&self, session: &Digest) -> Result<(), StoreError> {
        self.end("DELETE FROM sessions WHERE digest = $1 RETURNING digest", &[session.as_str()])
            .await
            .map(drop)
    }

    /// The same by what names it among a person's; whether there was one.
    pub(in crate::auth) async fn end_session_of(&self, user: &str, id: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM sessions WHERE user_name = $1 AND substr(digest, 1, 16) = $2 RETURNING digest";
        Ok(!self.end(sql, &[user, id]).await?.is_empty())
    }
}
