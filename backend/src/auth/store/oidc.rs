//! The tables `oidc_identities`, `oidc_flows` and `former_people`.

use berth_shared::{
    api::{OidcConnection, Role},
    time::Timestamp,
};

use super::{AuthStore, StoreError, on_either};
use crate::auth::{
    Digest,
    oidc::{Flow, Purpose},
};

/// Somebody at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::auth) struct Identity<'a> {
    /// Which provider.
    pub(in crate::auth) issuer: &'a str,
    /// Who there.
    pub(in crate::auth) subject: &'a str,
    /// What it calls them.
    pub(in crate::auth) label: String,
}

impl AuthStore {
    /// Keeps a sign-in, and forgets those that are too old; `false` when `most` are under way.
    pub(in crate::auth) async fn add_oidc_flow(
        &self,
        cookie: &Digest,
        flow: &Flow,
        now: Timestamp,
        expires_at: Timestamp,
        most: i64,
    ) -> Result<bool, StoreError> {
        let forget = "DELETE FROM oidc_flows WHERE expires_at <= $1";
        on_either!(self, writer, |pool| sqlx::query(forget).bind(now.0).execute(pool).await.map(drop))?;
        let sql = "INSERT INTO oidc_flows (digest, back_to, session, login_token, expires_at) \
                   SELECT CAST($1 AS text), CAST($2 AS text), CAST($3 AS text), CAST($4 AS text), CAST($5 AS bigint) \
                   WHERE (SELECT count(*) FROM oidc_flows) < $6 RETURNING digest";
        let (session, token) = match &flow.purpose {
            Purpose::SignIn => (None, None),
            Purpose::Connect(session) => (Some(session.as_str()), None),
            Purpose::Invitation(token) => (None, Some(token.as_str())),
        };
        let added: Option<String> = on_either!(self, writer, |pool| {
            let insert = sqlx::query_scalar(sql).bind(cookie.as_str()).bind(&flow.back_to).bind(session);
            insert.bind(token).bind(expires_at.0).bind(most).fetch_optional(pool).await
        })?;
        Ok(added.is_some())
    }

    /// Takes a sign-in: one statement decides, so two that come back at the same time cannot both go on.
    pub(in crate::auth) async fn use_oidc_flow(
        &self,
        cookie: &Digest,
        now: Timestamp,
    ) -> Result<Option<Flow>, StoreError> {
        let sql = "DELETE FROM oidc_flows WHERE digest = $1 AND expires_at > $2 \
                   RETURNING back_to, session, login_token";
        let row: Option<(String, Option<String>, Option<String>)> = on_either!(self, writer, |pool| {
            sqlx::query_as(sql).bind(cookie.as_str()).bind(now.0).fetch_optional(pool).await
        })?;
        Ok(row.map(|(back_to, session, token)| {
            let purpose = match (session, token) {
                (Some(session), _) => Purpose::Connect(Digest::from_stored(&session)),
                (None, Some(token)) => Purpose::Invitation(Digest::from_stored(&token)),
                (None, None) => Purpose::SignIn,
            };
            Flow { purpose, back_to }
        }))
    }

    /// Whose account somebody at a provider opens.
    pub(in crate::auth) async fn oidc_user(
        &self,
        identity: &Identity<'_>,
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT user_name FROM oidc_identities WHERE issuer = $1 AND subject = $2";
        on_either!(self, reader, |pool| {
            sqlx::query_scalar(sql).bind(identity.issuer).bind(identity.subject).fetch_optional(pool).await
        })
    }

    /// By whom at a provider an account is opened.
    pub(in crate::auth) async fn oidc_connection(
        &self,
        user: &str,
        issuer: &str,
    ) -> Result<Option<OidcConnection>, StoreError> {
        let sql = "SELECT label, created_at FROM oidc_identities WHERE user_name = $1 AND issuer = $2";
        let row: Option<(String, i64)> = on_either!(self, reader, |pool| {
            sqlx::query_as(sql).bind(user).bind(issuer).fetch_optional(pool).await
        })?;
        Ok(row.map(|(label, at)| OidcConnection { label, connected_at: Timestamp(at) }))
    }

    /// Connects an account with somebody at a provider. An error that [`StoreError::is_taken`] when either is connected already.
    pub(in crate::auth) async fn add_oidc_identity(
        &self,
        identity: &Identity<'_>,
        user: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        on_either!(self, writer, |pool| {
            let insert = sqlx::query(CONNECT).bind(identity.issuer).bind(identity.subject).bind(user);
            insert.bind(&identity.label).bind(now.0).execute(pool).await.map(drop)
        })
    }

    /// Makes an account of the first of `names` that nobody has or had, connected with somebody at a provider. `None` when there is no such name;
    /// an error that [`StoreError::is_taken`] when they are connected already.
    pub(in crate::auth) async fn add_person_by_oidc(
        &self,
        identity: &Identity<'_>,
        names: &[String],
        role: Role,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let sql = "INSERT INTO users (name, created_at, role) \
                   SELECT CAST($1 AS text), CAST($2 AS bigint), CAST($3 AS text) \
                   WHERE NOT EXISTS (SELECT 1 FROM former_people WHERE name = CAST($1 AS text)) \
                   ON CONFLICT DO NOTHING RETURNING name";
        let made = changing_people!(self, |transaction| {
            let mut made: Option<String> = None;
            for name in names {
                let insert = sqlx::query_scalar(sql).bind(name).bind(now.0).bind(role.as_str());
                made = insert.fetch_optional(&mut *transaction).await?;
                if made.is_some() {
                    let connect =
                        sqlx::query(CONNECT).bind(identity.issuer).bind(identity.subject).bind(name);
                    connect.bind(&identity.label).bind(now.0).execute(&mut *transaction).await?;
                    break;
                }
            }
            (made, Vec::new())
        });
        Ok(made)
    }

    /// Disconnects an account that has a password; whether it was one.
    pub(in crate::auth) async fn remove_oidc_identity(
        &self,
        user: &str,
        issuer: &str,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM oidc_identities WHERE user_name = $1 AND issuer = $2 \
                   AND EXISTS (SELECT 1 FROM users WHERE name = $1 AND password IS NOT NULL) RETURNING subject";
        let gone: Option<String> = on_either!(self, writer, |pool| {
            sqlx::query_scalar(sql).bind(user).bind(issuer).fetch_optional(pool).await
        })?;
        Ok(gone.is_some())
    }
}

const CONNECT: &str = "INSERT INTO oidc_identities (issuer, subject, user_name, label, created_at) \
                       VALUES ($1, $2, $3, $4, $5)";
