//! Secrets: values that configurations name (`${{ secrets.NAME }}`). They are kept sealed, put in their places when an environment begins,
//! and told to nobody.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use berth_shared::{
    api::{DEFAULT_PROJECT, SECRET_VALUE_LIMIT, Secret},
    config::references::{SECRET_NAME_LIMIT, is_reference_name},
};
use ring::aead::NONCE_LEN;

use crate::{
    sealed::{DoesNotOpen, Sealer, uses},
    store::{parts, qualified},
};

mod git;

pub use git::SetGitLoginError;

/// How many a project may have.
const SECRETS: usize = 1000;

/// One as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRecord {
    /// What everybody may know of it; its name is qualified by its project's.
    pub secret: Secret,
    /// Its value, sealed.
    pub sealed: String,
}

/// Where secrets are written down.
#[async_trait]
pub trait SecretBook: Send + Sync + std::fmt::Debug {
    /// All of them, by qualified name.
    async fn all(&self) -> Result<Vec<SecretRecord>, BookAway>;
    /// Writes one down, in the place of one of the same name.
    async fn set(&self, record: &SecretRecord) -> Result<(), BookAway>;
    /// Forgets one, by its qualified name; whether there was one.
    async fn remove(&self, name: &str) -> Result<bool, BookAway>;
}

/// The book cannot be read or written, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BookAway(pub String);

/// Why a secret is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SetSecretError {
    /// Its name will not do.
    #[error(
        "`{0}` cannot be the name of a secret: up to {SECRET_NAME_LIMIT} letters, digits, `_` and `-`, beginning with a letter or `_`"
    )]
    Name(String),
    /// Its value is empty or too long.
    #[error("a secret's value has 1 to {SECRET_VALUE_LIMIT} bytes, and this one has {0}")]
    Value(usize),
    /// There are too many.
    #[error("there are {SECRETS} secrets already; remove some that nothing uses")]
    TooMany,
    /// It cannot be written down.
    #[error(transparent)]
    Away(#[from] BookAway),
}

/// Why a value is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenSecretError {
    /// It was sealed by another key.
    #[error(
        "the secret `{name}` cannot be read: {why}; start the server with the sealing key that it had, or give the secret its value again"
    )]
    Sealed {
        /// Which.
        name: String,
        /// Why.
        why: DoesNotOpen,
    },
    /// The book cannot be read.
    #[error(transparent)]
    Away(#[from] BookAway),
}

/// The secrets of a project; for it those of others are not there. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Secrets {
    book: Arc<dyn SecretBook>,
    sealer: Sealer,
    project: Arc<str>,
}

impl Secrets {
    /// Those of the first project, kept in this book, sealed by this.
    #[must_use]
    pub fn new(book: Arc<dyn SecretBook>, sealer: Sealer) -> Self {
        Self { book, sealer, project: DEFAULT_PROJECT.into() }
    }

    /// Those of another project.
    #[must_use]
    pub fn of(&self, project: &str) -> Self {
        Self { project: project.into(), ..self.clone() }
    }

    /// All of the project, by name, under which each is sealed.
    async fn records(&self) -> Result<Vec<(String, SecretRecord)>, BookAway> {
        let mut records = Vec::new();
        for mut record in self.book.all().await? {
            let kept = record.secret.name.clone();
            let (project, name) = parts(&kept);
            if *project == *self.project {
                record.secret.name = name.to_owned();
                records.push((kept, record));
            }
        }
        Ok(records)
    }

    /// For tests: gone with the process, and sealed by a key that everybody knows.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn in_memory() -> Self {
        let sealer = Sealer::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "a test");
        Self::new(Arc::<MemoryBook>::default(), sealer.expect("32 bytes"))
    }

    /// What seals them.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// All, by name, without their values.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn list(&self) -> Result<Vec<Secret>, BookAway> {
        let records = self.records().await?.into_iter().map(|(_, record)| record.secret);
        Ok(records.filter(|secret| !git::is_login(&secret.name)).collect())
    }

    /// Those of these names that there are, opened.
    ///
    /// # Errors
    /// See [`OpenSecretError`].
    pub async fn values(&self, names: &[&str]) -> Result<BTreeMap<String, String>, OpenSecretError> {
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let all = self.records().await?.into_iter();
        all.filter(|(_, record)| names.contains(&record.secret.name.as_str()))
            .map(|(kept, SecretRecord { secret: Secret { name, .. }, sealed })| {
                match self.sealer.open(&sealed, &uses::secret(&kept)) {
                    Ok(value) => Ok((name, value)),
                    Err(why) => Err(OpenSecretError::Sealed { name, why }),
                }
            })
            .collect()
    }

    /// Gives a secret its value, a new one or one that is there. `nonce` is random, and another one each time.
    ///
    /// # Errors
    /// See [`SetSecretError`].
    pub async fn set(
        &self,
        secret: Secret,
        value: &str,
        nonce: [u8; NONCE_LEN],
    ) -> Result<Secret, SetSecretError> {
        if !is_reference_name(&secret.name) {
            return Err(SetSecretError::Name(secret.name));
        }
        if value.is_empty() || value.len() > SECRET_VALUE_LIMIT {
            return Err(SetSecretError::Value(value.len()));
        }
        let there = self.list().await?;
        if there.len() >= SECRETS && !there.iter().any(|other| other.name == secret.name) {
            return Err(SetSecretError::TooMany);
        }
        let kept = qualified(&self.project, &secret.name);
        let sealed = self.sealer.seal(value, &uses::secret(&kept), nonce);
        self.book.set(&SecretRecord { secret: Secret { name: kept, ..secret.clone() }, sealed }).await?;
        Ok(secret)
    }

    /// Forgets one; whether there was one.
    ///
    /// # Errors
    /// When the book cannot be written.
    pub async fn remove(&self, name: &str) -> Result<bool, BookAway> {
        // What is kept beside the secrets has names that no secret has.
        if !is_reference_name(name) {
            return Ok(false);
        }
        self.book.remove(&qualified(&self.project, name)).await
    }
}

/// A book that is gone with its process, for tests.
#[derive(Debug, Default)]
pub struct MemoryBook(Mutex<BTreeMap<String, SecretRecord>>);

impl MemoryBook {
    fn records(&self) -> MutexGuard<'_, BTreeMap<String, SecretRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SecretBook for MemoryBook {
    async fn all(&self) -> Result<Vec<SecretRecord>, BookAway> {
        Ok(self.records().values().cloned().collect())
    }

    async fn set(&self, record: &SecretRecord) -> Result<(), BookAway> {
        self.records().insert(record.secret.name.clone(), record.clone());
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<bool, BookAway> {
        Ok(self.records().remove(name).is_some())
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::time::Timestamp;

    use super::*;

    fn secrets(book: &Arc<MemoryBook>, key: &str) -> Secrets {
        Secrets::new(Arc::clone(book) as _, Sealer::new(key, "a test").expect("a key"))
    }

    fn named(name: &str) -> Secret {
        Secret { name: name.to_owned(), set_by: "ann".to_owned(), set_at: Timestamp(7) }
    }

    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    #[tokio::test]
    async fn a_secret_is_read_by_its_name_while_it_is_there_and_lies_sealed() {
        let book = Arc::default();
        let kept = secrets(&book, KEY);
        kept.set(named("hub"), "one", [1; NONCE_LEN]).await.expect("taken");
        kept.set(named("other"), "two", [2; NONCE_LEN]).await.expect("taken");
        kept.set(named("hub"), "three", [3; NONCE_LEN]).await.expect("a new value");
        assert!(!format!("{book:?}").contains("three"));
        let values = kept.values(&["hub", "none"]).await.expect("readable");
        assert_eq!(values, BTreeMap::from([("hub".to_owned(), "three".to_owned())]));
        assert_eq!(kept.list().await.expect("a list"), [named("hub"), named("other")]);
        assert!(kept.remove("hub").await.expect("removed"));
        assert!(!kept.remove("hub").await.expect("nothing to remove"));
        assert!(kept.values(&["hub"]).await.expect("readable").is_empty());
    }

    #[tokio::test]
    async fn a_project_has_secrets_of_its_own_and_sees_no_others() {
        let book = Arc::default();
        let main = secrets(&book, KEY);
        let vision = main.of("vision");
        main.set(named("hub"), "one", [1; NONCE_LEN]).await.expect("taken");
        vision.set(named("hub"), "two", [2; NONCE_LEN]).await.expect("taken");
        vision.set(named("only"), "three", [3; NONCE_LEN]).await.expect("taken");
        assert_eq!(main.list().await.expect("a list"), [named("hub")]);
        assert_eq!(vision.list().await.expect("a list"), [named("hub"), named("only")]);
        let hub = BTreeMap::from([("hub".to_owned(), "two".to_owned())]);
        assert_eq!(vision.values(&["hub"]).await.expect("readable"), hub);
        assert!(!main.remove("only").await.expect("nothing to remove"));
        // Nor by a name that would lead there, or to what is kept beside the secrets.
        let login = berth_shared::api::SetGitLogin { username: "ci".to_owned(), password: "word".to_owned() };
        let by = ("ada", Timestamp(0));
        vision.set_git_login("git.example", &login, by, [5; NONCE_LEN]).await.expect("taken");
        for name in ["vision/hub", "vision/only", "vision/git:git.example", "main/hub", "/hub"] {
            assert!(!main.remove(name).await.expect("nothing to remove"), "{name}");
            assert!(!main.remove_git_login(name).await.expect("nothing to remove"), "{name}");
        }
        assert!(!vision.remove("git:git.example").await.expect("no secret"));
        assert_eq!(vision.git_logins().await.expect("a list").len(), 1);
        assert!(vision.remove("hub").await.expect("removed"));
        assert_eq!(main.values(&["hub"]).await.expect("readable")["hub"], "one");
    }

    #[tokio::test]
    async fn another_sealing_key_reads_nothing_and_what_is_no_secret_is_refused() {
        let book = Arc::default();
        let kept = secrets(&book, KEY);
        kept.set(named("hub"), "one", [1; NONCE_LEN]).await.expect("taken");
        let other = secrets(&book, "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        insta::assert_snapshot!(
            other.values(&["hub"]).await.expect_err("it stays sealed"),
            @"the secret `hub` cannot be read: it was sealed by another key than the server has now, or has been changed; start the server with the sealing key that it had, or give the secret its value again"
        );
        for name in ["", "1a", "a b", "a.b", "ä"] {
            let refused = kept.set(named(name), "x", [4; NONCE_LEN]).await;
            assert!(matches!(refused, Err(SetSecretError::Name(_))), "{name}");
        }
        for value in [String::new(), "x".repeat(SECRET_VALUE_LIMIT + 1)] {
            let refused = kept.set(named("long"), &value, [5; NONCE_LEN]).await;
            assert!(matches!(refused, Err(SetSecretError::Value(_))));
        }
    }
}
