//! The table `api_tokens`.

use berth_shared::{
    api::{ApiToken, Role},
    policy::Roles,
    time::Timestamp,
};

use super::{AuthStore, SEEN_SECONDS, StoreError, on_either, role};
use crate::auth::{Caller, Digest, Proof};

/// An API token that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewApiToken<'a> {
    /// Whose.
    pub user: &'a str,
    /// For people; unique among the user's.
    pub label: &'a str,
    /// The most that it may do; `None` = all that the person may.
    pub role: Option<Role>,
    /// Until when it works; `None` = without end.
    pub expires_at: Option<Timestamp>,
}

/// A token with its person.
#[derive(sqlx::FromRow)]
struct Row {
    user_name: String,
    person_role: String,
    member_role: Option<String>,
    has_password: bool,
    role: Option<String>,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

type ListRow = (String, String, Option<String>, i64, Option<i64>, Option<i64>);

fn listed((label, user, stored, created_at, expires_at, last_used_at): ListRow) -> ApiToken {
    ApiToken {
        label,
        user,
        role: stored.as_deref().map(role),
        created_at: Timestamp(created_at),
        expires_at: expires_at.map(Timestamp),
        last_used_at: last_used_at.map(Timestamp),
    }
}

impl AuthStore {
    /// Keeps a token. One of the same label that has expired makes room for it.
    pub(in crate::auth) async fn add_api_token(
        &self,
        token: &Digest,
        new: NewApiToken<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let expired = "DELETE FROM api_tokens WHERE user_name = $1 AND label = $2 AND expires_at <= $3";
        on_either!(self, writer, |pool| {
            sqlx::query(expired).bind(new.user).bind(new.label).bind(now.0).execute(pool).await.map(drop)
        })?;
        let sql = "INSERT INTO api_tokens (digest, user_name, label, created_at, role, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        on_either!(self, writer, |pool| {
            let insert = sqlx::query(sql).bind(token.as_str()).bind(new.user).bind(new.label).bind(now.0);
            let insert = insert.bind(new.role.map(Role::as_str)).bind(new.expires_at.map(|at| at.0));
            insert.execute(pool).await.map(drop)
        })
    }

    /// Who comes by a token, and whether it is time to write down that they do.
    pub(in crate::auth) async fn api_token(
        &self,
        token: &Digest,
        project: &str,
        now: Timestamp,
    ) -> Result<Option<(Caller, bool)>, StoreError> {
        let sql = "SELECT t.user_name, u.role AS person_role, m.role AS member_role, u.password IS NOT NULL AS has_password, t.role, \
                   t.expires_at, t.last_used_at FROM api_tokens t JOIN users u ON u.name = t.user_name \
                   LEFT JOIN members m ON m.person = u.name AND m.project = $3 \
                   WHERE t.digest = $1 AND (t.expires_at IS NULL OR t.expires_at > $2)";
        let row: Option<Row> = on_either!(self, reader, |pool| {
            sqlx::query_as(sql).bind(token.as_str()).bind(now.0).bind(project).fetch_optional(pool).await
        })?;
        Ok(row.map(|row| {
            let limit = row.role.as_deref().map(role);
            let person = Roles::new(role(&row.person_role), row.member_role.as_deref().map(role));
            let roles = person.at_most(limit);
            let caller = Caller {
                user: row.user_name,
                project: project.to_owned(),
                role: roles.project,
                server_role: roles.server,
                limit,
                has_password: row.has_password,
                proof: Proof::ApiToken {
                    digest: token.clone(),
                    // Whatever its person may in the project that is asked: they may be more in another, and what such a token
                    // made would be, too.
                    is_limited: limit.is_some_and(|most| most < Role::Admin) || row.expires_at.is_some(),
                },
            };
            let is_due = row.last_used_at.is_none_or(|used| used <= now.plus_seconds(-SEEN_SECONDS).0);
            (caller, is_due)
        }))
    }

    /// Writes down that a token is used.
    pub(in crate::auth) async fn api_token_used(
        &self,
        token: &Digest,
        user: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE api_tokens SET last_used_at = $2 \
                   WHERE digest = $1 AND (last_used_at IS NULL OR last_used_at <= $3)";
        let before = now.plus_seconds(-SEEN_SECONDS);
        on_either!(self, writer, |pool| {
            let update = sqlx::query(sql).bind(token.as_str()).bind(now.0).bind(before.0);
            update.execute(pool).await.map(drop)
        })?;
        self.person_seen(user, now).await
    }

    /// Every API token, oldest first.
    pub async fn api_tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        let sql = "SELECT label, user_name, role, created_at, expires_at, last_used_at FROM api_tokens \
                   ORDER BY created_at, label";
        let rows: Vec<ListRow> = on_either!(self, reader, |pool| sqlx::query_as(sql).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(listed).collect())
    }

    /// Those of one person.
    pub(in crate::auth) async fn api_tokens_of(&self, user: &str) -> Result<Vec<ApiToken>, StoreError> {
        let sql = "SELECT label, user_name, role, created_at, expires_at, last_used_at FROM api_tokens \
                   WHERE user_name = $1 ORDER BY created_at, label";
        let rows: Vec<ListRow> =
            on_either!(self, reader, |pool| sqlx::query_as(sql).bind(user).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(listed).collect())
    }

    /// Removes a user's API token, and tells this server and others of the same database; whether there was one.
    pub async fn revoke_api_token(&self, user: &str, label: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM api_tokens WHERE user_name = $1 AND label = $2 RETURNING digest";
        Ok(!self.end(sql, &[user, label]).await?.is_empty())
    }
}
