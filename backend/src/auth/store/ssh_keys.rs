//! The table `ssh_keys`.

use std::time::Duration;

use berth_shared::{api::SshKey, time::Timestamp};
use tokio::{sync::broadcast::error::RecvError, time::sleep};

use super::{AuthStore, Database, StoreError, on_either, postgres_error, tell_others};
use crate::auth::Digest;

/// How often open connections make sure that their key still stands.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What is told when a key is removed, beside sessions and tokens that are ended.
pub(super) fn told_as(fingerprint: &str) -> Digest {
    Digest::of(&format!("ssh-key {fingerprint}"))
}

impl AuthStore {
    /// Adds a key. An error that [`StoreError::is_taken`] when somebody has this key, or `user` one of this label.
    pub(in crate::auth) async fn add_ssh_key(&self, user: &str, key: &SshKey) -> Result<(), StoreError> {
        let sql = "INSERT INTO ssh_keys (fingerprint, user_name, label, public_key, created_at) \
                   VALUES ($1, $2, $3, $4, $5)";
        on_either!(self, writer, |pool| {
            let insert =
                sqlx::query(sql).bind(&key.fingerprint).bind(user).bind(&key.label).bind(&key.public_key);
            insert.bind(key.created_at.0).execute(pool).await.map(drop)
        })
    }

    /// The keys of an account, oldest first.
    pub(in crate::auth) async fn ssh_keys(&self, user: &str) -> Result<Vec<SshKey>, StoreError> {
        let sql = "SELECT label, fingerprint, public_key, created_at FROM ssh_keys WHERE user_name = $1 \
                   ORDER BY created_at, label";
        let rows: Vec<(String, String, String, i64)> =
            on_either!(self, reader, |pool| sqlx::query_as(sql).bind(user).fetch_all(pool).await)?;
        let key = |(label, fingerprint, public_key, created_at)| SshKey {
            label,
            fingerprint,
            public_key,
            created_at: Timestamp(created_at),
        };
        Ok(rows.into_iter().map(key).collect())
    }

    /// Whose key this is.
    pub(crate) async fn ssh_key_owner(&self, fingerprint: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT user_name FROM ssh_keys WHERE fingerprint = $1";
        on_either!(self, reader, |pool| sqlx::query_scalar(sql).bind(fingerprint).fetch_optional(pool).await)
    }

    /// Removes a key by its label, and tells other servers of the same database; whether there was one.
    pub(in crate::auth) async fn remove_ssh_key(&self, user: &str, label: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM ssh_keys WHERE user_name = $1 AND label = $2 RETURNING fingerprint";
        let gone: Option<String> = match &self.database {
            Database::Sqlite { writer, .. } => {
                sqlx::query_scalar(sql).bind(user).bind(label).fetch_optional(writer).await?
            }
            Database::Postgres(pool) => {
                let remove = async {
                    let mut transaction = pool.begin().await?;
                    let query = sqlx::query_scalar(sql).bind(user).bind(label);
                    let gone: Option<String> = query.fetch_optional(&mut *transaction).await?;
                    if let Some(fingerprint) = &gone {
                        tell_others(&mut transaction, &told_as(fingerprint)).await?;
                    }
                    transaction.commit().await?;
                    Ok(gone)
                };
                remove.await.map_err(postgres_error)?
            }
        };
        if let Some(fingerprint) = &gone {
            self.ended.tell(told_as(fingerprint));
        }
        Ok(gone.is_some())
    }

    /// Resolves when a key is removed: at once when a server of this database does it, else within a minute.
    pub(crate) fn ssh_key_removed(&self, fingerprint: String) -> impl Future<Output = ()> + Send + use<> {
        let (store, mut ended, told) = (self.clone(), self.ended.listen(), told_as(&fingerprint));
        async move {
            loop {
                tokio::select! {
                    heard = ended.recv() => match heard {
                        Ok(digest) if digest != told => continue,
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return std::future::pending().await,
                    },
                    () = sleep(LOOK_AGAIN) => {}
                }
                // A database that does not answer now says nothing against it.
                if matches!(store.ssh_key_owner(&fingerprint).await, Ok(None)) {
                    return;
                }
            }
        }
    }
}
