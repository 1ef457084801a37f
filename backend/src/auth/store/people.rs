//! The table `users`.

use std::time::Duration;

use berth_shared::{
    api::{Person, Role},
    time::Timestamp,
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::sleep,
};

use super::{AuthStore, SEEN_SECONDS, StoreError, on_either, role, ssh_keys};
use crate::auth::Digest;

/// How often open connections look whether the person still may what they do.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// A row of `users`, but for the password itself.
type Row = (String, String, i64, bool, Option<i64>);

/// What is told when a person may do something else than before, beside what is ended.
pub(super) fn told_as(name: &str) -> Digest {
    Digest::of(&format!("person {name}"))
}

fn person((name, stored, created_at, has_password, last_seen_at): Row) -> Person {
    Person {
        role: role(&stored),
        name,
        created_at: Timestamp(created_at),
        has_password,
        last_seen_at: last_seen_at.map(Timestamp),
    }
}

/// What became of a change to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::auth) enum Changed {
    /// It was made.
    Done,
    /// Nobody has this name.
    NotFound,
    /// Nobody would be left to look after the people.
    LastAdmin,
}

/// Tells when a person may do something else than before.
pub(crate) struct PersonChanges {
    told: Digest,
    heard: broadcast::Receiver<Digest>,
}

impl PersonChanges {
    /// Resolves when it is time to look at the person again: at once when a server of this database changes them, else within a
    /// minute.
    pub(crate) async fn next(&mut self) {
        let told = async {
            loop {
                match self.heard.recv().await {
                    Ok(digest) if digest != self.told => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = told => {}
            () = sleep(LOOK_AGAIN) => {}
        }
    }
}

impl AuthStore {
    /// Makes an admin of this name where there is no admin at all.
    pub(in crate::auth) async fn ensure_admin(&self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO users (name, created_at, role) SELECT $1, $2, 'admin' \
                   WHERE NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin') ON CONFLICT DO NOTHING";
        on_either!(self, writer, |pool| sqlx::query(sql).bind(name).bind(now.0).execute(pool).await.map(drop))
    }

    /// The admin who has been there longest; `None` where no server has begun yet.
    pub(crate) async fn first_admin(&self) -> Result<Option<String>, StoreError> {
        let sql = "SELECT name FROM users WHERE role = 'admin' ORDER BY created_at, name LIMIT 1";
        on_either!(self, reader, |pool| sqlx::query_scalar(sql).fetch_optional(pool).await)
    }

    /// Everybody, by name.
    pub(in crate::auth) async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let sql =
            "SELECT name, role, created_at, password IS NOT NULL, last_seen_at FROM users ORDER BY name";
        let rows: Vec<Row> = on_either!(self, reader, |pool| sqlx::query_as(sql).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(person).collect())
    }

    /// Who has this name.
    pub(in crate::auth) async fn person(&self, name: &str) -> Result<Option<Person>, StoreError> {
        let sql =
            "SELECT name, role, created_at, password IS NOT NULL, last_seen_at FROM users WHERE name = $1";
        let row: Option<Row> =
            on_either!(self, reader, |pool| sqlx::query_as(sql).bind(name).fetch_optional(pool).await)?;
        Ok(row.map(person))
    }

    /// Listens for changes of a person, from now on.
    pub(crate) fn person_changes(&self, name: &str) -> PersonChanges {
        PersonChanges { told: told_as(name), heard: self.ended.listen() }
    }

    /// Adds a person. An error that [`StoreError::is_taken`] when somebody has this name.
    pub(in crate::auth) async fn add_person(
        &self,
        name: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if role == Role::Guest {
            self.before_a_guest().await?;
        }
        let sql = "INSERT INTO users (name, created_at, role) VALUES ($1, $2, $3)";
        on_either!(self, writer, |pool| {
            sqlx::query(sql).bind(name).bind(now.0).bind(role.as_str()).execute(pool).await.map(drop)
        })
    }

    /// Gives a person a role. From then on they may do what it allows, and what is open looks again.
    pub(in crate::auth) async fn set_role(&self, name: &str, to: Role) -> Result<Changed, StoreError> {
        if to == Role::Guest {
            self.before_a_guest().await?;
        }
        let done = changing_people!(self, |transaction| {
            let others = sqlx::query_scalar("SELECT count(*) FROM users WHERE role = 'admin' AND name <> $1");
            let others: i64 = others.bind(name).fetch_one(&mut *transaction).await?;
            let now = sqlx::query_scalar("SELECT role FROM users WHERE name = $1");
            let now: Option<String> = now.bind(name).fetch_optional(&mut *transaction).await?;
            match now.as_deref().map(role) {
                None => (Changed::NotFound, Vec::new()),
                Some(Role::Admin) if to != Role::Admin && others == 0 => (Changed::LastAdmin, Vec::new()),
                Some(_) => {
                    let set = sqlx::query("UPDATE users SET role = $2 WHERE name = $1");
                    set.bind(name).bind(to.as_str()).execute(&mut *transaction).await?;
                    (Changed::Done, vec![told_as(name)])
                }
            }
        });
        Ok(done)
    }

    /// Removes a person with all by which they come in, and tells all that lives by it.
    pub(in crate::auth) async fn remove_person(&self, name: &str) -> Result<Changed, StoreError> {
        let done = changing_people!(self, |transaction| {
            let others = sqlx::query_scalar("SELECT count(*) FROM users WHERE role = 'admin' AND name <> $1");
            let others: i64 = others.bind(name).fetch_one(&mut *transaction).await?;
            let now = sqlx::query_scalar("SELECT role FROM users WHERE name = $1");
            let now: Option<String> = now.bind(name).fetch_optional(&mut *transaction).await?;
            match now.as_deref().map(role) {
                None => (Changed::NotFound, Vec::new()),
                Some(Role::Admin) if others == 0 => (Changed::LastAdmin, Vec::new()),
                Some(_) => {
                    let by = sqlx::query_scalar(
                        "SELECT digest FROM sessions WHERE user_name = $1 \
                         UNION ALL SELECT digest FROM api_tokens WHERE user_name = $1",
                    );
                    let by: Vec<String> = by.bind(name).fetch_all(&mut *transaction).await?;
                    let keys = sqlx::query_scalar("SELECT fingerprint FROM ssh_keys WHERE user_name = $1");
                    let keys: Vec<String> = keys.bind(name).fetch_all(&mut *transaction).await?;
                    let remember =
                        sqlx::query("INSERT INTO former_people (name) VALUES ($1) ON CONFLICT DO NOTHING");
                    remember.bind(name).execute(&mut *transaction).await?;
                    // The rest goes with them.
                    let delete = sqlx::query("DELETE FROM users WHERE name = $1");
                    delete.bind(name).execute(&mut *transaction).await?;
                    let mut over: Vec<Digest> = by.iter().map(|digest| Digest::from_stored(digest)).collect();
                    over.extend(keys.iter().map(|fingerprint| ssh_keys::told_as(fingerprint)));
                    over.push(told_as(name));
                    (Changed::Done, over)
                }
            }
        });
        Ok(done)
    }

    /// What a person's password is checked against. `None` = they have none, or there is no such person.
    pub(in crate::auth) async fn password(&self, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT password FROM users WHERE name = $1";
        let found: Option<Option<String>> =
            on_either!(self, reader, |pool| sqlx::query_scalar(sql).bind(name).fetch_optional(pool).await)?;
        Ok(found.flatten())
    }

    /// Gives a person a password, and ends their sessions but for the one that is to be kept.
    pub(in crate::auth) async fn set_password(
        &self,
        name: &str,
        hash: &str,
        kept: Option<&Digest>,
    ) -> Result<Changed, StoreError> {
        let kept = kept.map_or("", Digest::as_str);
        let done = changing_people!(self, |transaction| {
            let set = sqlx::query_scalar("UPDATE users SET password = $2 WHERE name = $1 RETURNING name");
            let set: Option<String> = set.bind(name).bind(hash).fetch_optional(&mut *transaction).await?;
            let end = sqlx::query_scalar(
                "DELETE FROM sessions WHERE user_name = $1 AND digest <> $2 RETURNING digest",
            );
            let over: Vec<String> = end.bind(name).bind(kept).fetch_all(&mut *transaction).await?;
            let over = over.iter().map(|digest| Digest::from_stored(digest)).collect();
            (set.map_or(Changed::NotFound, |_| Changed::Done), over)
        });
        Ok(done)
    }

    /// Writes down that somebody is there; no more than once a minute.
    pub(super) async fn person_seen(&self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE users SET last_seen_at = $2 WHERE name = $1 AND (last_seen_at IS NULL OR last_seen_at <= $3)";
        let before = now.plus_seconds(-SEEN_SECONDS);
        on_either!(self, writer, |pool| {
            sqlx::query(sql).bind(name).bind(now.0).bind(before.0).execute(pool).await.map(drop)
        })
    }
}
