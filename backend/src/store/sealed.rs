//! Everything that is kept sealed, in all tables: secrets, private keys of SSH hosts, webhooks, values of variables.

use std::collections::BTreeMap;

use berth_shared::api::RunId;

use super::{Either, StoreError, postgres_error};
use crate::{
    auth::AuthStore,
    sealed::{MARK, uses},
};

/// Decides about a sealed text, by what it is used for: another in its place, or `None` = it stays.
pub(crate) type Each<'a> = dyn FnMut(&str, &str) -> Option<String> + Send + 'a;

/// What is sealed in either database, which has been migrated.
#[derive(Clone, Debug)]
pub struct SealedStore {
    database: Either,
}

/// Goes through all of it in a transaction. What differs between the databases is how a run is found by its number.
macro_rules! change_all {
    ($transaction:ident, $each:ident, $update_run:literal) => {{
        let found = sqlx::query_as("SELECT name, sealed FROM secrets");
        let found: Vec<(String, String)> = found.fetch_all(&mut *$transaction).await?;
        for (name, sealed) in found {
            if let Some(anew) = $each(&uses::secret(&name), &sealed) {
                let set = sqlx::query("UPDATE secrets SET sealed = $2 WHERE name = $1");
                set.bind(&name).bind(anew).execute(&mut *$transaction).await?;
            }
        }
        let found = sqlx::query_as("SELECT name, private_key FROM ssh_hosts WHERE private_key IS NOT NULL");
        let found: Vec<(String, String)> = found.fetch_all(&mut *$transaction).await?;
        for (name, sealed) in found {
            if let Some(anew) = $each(&uses::host_key(&name), &sealed) {
                let set = sqlx::query("UPDATE ssh_hosts SET private_key = $2 WHERE name = $1");
                set.bind(&name).bind(anew).execute(&mut *$transaction).await?;
            }
        }
        let found = sqlx::query_as("SELECT name, sealed FROM webhooks");
        let found: Vec<(String, String)> = found.fetch_all(&mut *$transaction).await?;
        for (name, sealed) in found {
            if let Some(anew) = $each(&uses::webhook(&name), &sealed) {
                let set = sqlx::query("UPDATE webhooks SET sealed = $2 WHERE name = $1");
                set.bind(&name).bind(anew).execute(&mut *$transaction).await?;
            }
        }
        let found =
            sqlx::query_as("SELECT CAST(id AS text), variables FROM runs WHERE variables IS NOT NULL");
        let found: Vec<(String, String)> = found.fetch_all(&mut *$transaction).await?;
        for (id, variables) in found {
            if let Some(anew) = variables_anew(&id, &variables, $each) {
                let set = sqlx::query($update_run);
                set.bind(&id).bind(anew).execute(&mut *$transaction).await?;
            }
        }
    }};
}

impl SealedStore {
    /// In the database in which these accounts are.
    #[must_use]
    pub fn beside(accounts: &AuthStore) -> Self {
        Self { database: accounts.database().clone() }
    }

    /// Puts others in the place of what is sealed, all at once or nothing.
    pub(crate) async fn change_all(&self, each: &mut Each<'_>) -> Result<(), StoreError> {
        match &self.database {
            Either::Sqlite { writer, .. } => {
                let work = async {
                    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
                    change_all!(transaction, each, "UPDATE runs SET variables = $2 WHERE id = $1");
                    transaction.commit().await
                };
                work.await.map_err(StoreError::from)
            }
            Either::Postgres(pool) => {
                let work = async {
                    let mut transaction = pool.begin().await?;
                    // What is read here is what is written over: nobody sets another meanwhile, and runs stay as they are.
                    for lock in [
                        "LOCK TABLE secrets, ssh_hosts, webhooks IN SHARE ROW EXCLUSIVE MODE",
                        "SELECT id FROM runs WHERE variables IS NOT NULL FOR UPDATE",
                    ] {
                        sqlx::query(lock).execute(&mut *transaction).await?;
                    }
                    change_all!(
                        transaction,
                        each,
                        "UPDATE runs SET variables = $2 WHERE id = CAST($1 AS uuid)"
                    );
                    transaction.commit().await
                };
                work.await.map_err(postgres_error)
            }
        }
    }
}

/// A run's values with others in the place of those that are sealed; `None` = all stay.
fn variables_anew(id: &str, variables: &str, each: &mut Each<'_>) -> Option<String> {
    // A row that makes no sense is somebody else's to complain of.
    let run = RunId(id.parse().ok()?);
    let mut values: BTreeMap<String, String> = serde_json::from_str(variables).ok()?;
    let mut changed = false;
    for (name, value) in values.iter_mut().filter(|(_, value)| value.starts_with(MARK)) {
        if let Some(anew) = each(&uses::variable(run, name), value) {
            *value = anew;
            changed = true;
        }
    }
    changed.then(|| serde_json::to_string(&values).ok()).flatten()
}
