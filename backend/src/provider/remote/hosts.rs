//! The hosts that there are: those of the book, each with its connection.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use berth_shared::{
    api::{AddSshHost, InstanceId, SshHost},
    catalog::GpuFacts,
};
use rand::{Rng as _, rngs::StdRng};
use russh::keys::{PrivateKey, decode_secret_key};
use tokio::sync::broadcast;

use super::{
    Address, AddressError, BookError, HostBook, HostRecord, UnusableHost,
    host::{self, Common, Host},
    session::{Credentials, Pins, Route, fingerprint},
};
use crate::{
    clock::Clock,
    provider::container,
    sealed::{Sealer, uses},
};

/// How often the book is read for what other servers wrote.
const REFRESH: Duration = Duration::from_secs(10);

/// The longest name of a host.
const LONGEST_NAME: usize = 60;

/// The longest private key, bytes.
const LONGEST_KEY: usize = 64 * 1024;

/// Changes that wait for a slow listener; who misses some observes everything anew.
const CHANGES: usize = 256;

/// All SSH hosts. Cheap to clone.
#[derive(Clone)]
pub struct Hosts(Arc<Inner>);

struct Inner {
    book: Arc<dyn HostBook>,
    sealer: Sealer,
    /// The socket of the server's SSH agent.
    agent: Option<PathBuf>,
    common: Arc<Common>,
    rng: Mutex<StdRng>,
    there: RwLock<BTreeMap<String, Arc<Host>>>,
    /// Whether there was ever one, so that there may be something of it.
    used: AtomicBool,
    /// Hosts are added and removed one at a time.
    changing: tokio::sync::Mutex<()>,
}

/// What [`Hosts`] are made of.
pub struct HostsParts {
    /// Which there are.
    pub book: Arc<dyn HostBook>,
    /// For their keys.
    pub sealer: Sealer,
    /// The socket of the server's SSH agent (`SSH_AUTH_SOCK`).
    pub agent: Option<PathBuf>,
    /// How containers on them are made.
    pub containers: container::Settings,
    /// Names and sizes of GPUs.
    pub gpus: Arc<GpuFacts>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// For what is sealed.
    pub rng: StdRng,
    /// Whether something is written down of hosts that were removed since.
    pub left: bool,
}

/// Why a host was not added; says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AddHostError {
    /// Its address, or that of a host before it.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Its name.
    #[error("`{0}` cannot be the name of a host: use letters, digits, `-` and `.`, at most {LONGEST_NAME}")]
    Name(String),
    /// Its engine's socket.
    #[error("`{0}` is no path of a socket: write it from the root on, such as `/var/run/docker.sock`")]
    Engine(String),
    /// The private key.
    #[error("{0}")]
    Key(String),
    /// There is one of this name.
    #[error("there is an SSH host `{0}` already: give another name, or remove that one")]
    Taken(String),
    /// It shows another key than was expected.
    #[error(
        "{place} shows the key {found}, and {expected} was expected: another machine may pretend to be it"
    )]
    Fingerprint {
        /// `HOST:PORT`
        place: String,
        /// What was given.
        expected: String,
        /// What it shows.
        found: String,
    },
    /// It will not do.
    #[error(transparent)]
    Unusable(#[from] UnusableHost),
    /// The list cannot be had.
    #[error(transparent)]
    Book(BookError),
}

/// Why a host was not removed; says what to do.
#[derive(Debug, thiserror::Error)]
pub enum RemoveHostError {
    /// There is none.
    #[error("there is no SSH host `{0}`")]
    NotFound(String),
    /// Something runs on it.
    #[error(
        "{count} environments are on the SSH host `{name}`: stop them first, or remove the host by force, which leaves them there"
    )]
    Busy {
        /// Which.
        name: String,
        /// How many.
        count: usize,
    },
    /// It cannot be asked.
    #[error(
        "the SSH host `{0}` is away, and nobody knows what runs on it: remove it by force, which leaves that there"
    )]
    Away(String),
    /// The list cannot be had.
    #[error(transparent)]
    Book(#[from] BookError),
}

impl Hosts {
    /// Those of the book, which are connected to from now on. To be called inside a runtime.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn start(parts: HostsParts) -> Result<Self, BookError> {
        let HostsParts { book, sealer, agent, containers, gpus, clock, rng, left } = parts;
        let changes = broadcast::Sender::new(CHANGES);
        let hosts = Self(Arc::new(Inner {
            book,
            sealer,
            agent,
            common: Arc::new(Common { clock, gpus, containers, changes }),
            rng: Mutex::new(rng),
            there: RwLock::default(),
            used: AtomicBool::new(left),
            changing: tokio::sync::Mutex::default(),
        }));
        hosts.refresh().await?;
        let weak = Arc::downgrade(&hosts.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(REFRESH).await;
                let Some(inner) = weak.upgrade() else { return };
                if let Err(error) = Self(inner).refresh().await {
                    tracing::warn!(%error, "the list of SSH hosts cannot be read; it is tried again");
                }
            }
        });
        Ok(hosts)
    }

    /// As people are told, by name.
    #[must_use]
    pub fn list(&self) -> Vec<SshHost> {
        self.all().iter().map(|host| host.told()).collect()
    }

    /// Adds a host: it is connected to, and looked at, first.
    ///
    /// # Errors
    /// See [`AddHostError`]; nothing is kept then.
    pub async fn add(&self, user: &str, asked: AddSshHost) -> Result<SshHost, AddHostError> {
        let address: Address = asked.address.parse()?;
        let jumps = asked.jumps.iter().map(|jump| jump.parse()).collect::<Result<Vec<Address>, _>>()?;
        let name = asked.name.unwrap_or_else(|| address.host.replace([':', '%'], "-"));
        if !is_name(&name) {
            return Err(AddHostError::Name(name));
        }
        if let Some(engine) = asked.engine.as_ref().filter(|engine| !engine.starts_with('/')) {
            return Err(AddHostError::Engine(engine.clone()));
        }
        let key = asked.private_key.as_deref().map(private_key).transpose()?;
        let credentials = match &key {
            Some(key) => Credentials::Key(Arc::new(key.clone())),
            None => Credentials::Agent(self.0.agent.clone()),
        };
        let _one = self.0.changing.lock().await;
        if self.get(&name).is_some() {
            return Err(AddHostError::Taken(name));
        }
        let route =
            Route { address: address.clone(), jumps: jumps.clone(), credentials: credentials.clone() };
        let engine = asked.engine.as_deref();
        let connected = host::connect(&name, &route, &self.pins(), engine, &self.0.common.gpus).await?;
        let found = connected.host_keys.get(&address.place()).map(|key| fingerprint(key)).unwrap_or_default();
        if let Some(expected) = asked.fingerprint.filter(|expected| *expected != found) {
            return Err(AddHostError::Fingerprint { place: address.place(), expected, found });
        }
        let record = HostRecord {
            private_key: asked.private_key.map(|text| self.sealed(&name, &text)),
            engine: asked.engine,
            pool: asked.pool,
            host_keys: connected.host_keys.clone(),
            added_by: user.to_owned(),
            added_at: self.0.common.clock.now(),
            name: name.clone(),
            address,
            jumps,
        };
        match self.0.book.add(&record).await {
            Err(BookError::Taken) => return Err(AddHostError::Taken(name)),
            other => other.map_err(AddHostError::Book)?,
        }
        let host = Host::start(record, Ok(credentials), Some(connected), Arc::clone(&self.0.common));
        let told = host.told();
        self.0.there.write().unwrap_or_else(PoisonError::into_inner).insert(name, host);
        Ok(told)
    }

    /// Removes a host; with `force` also one that is away or has environments, which then stay where they are.
    ///
    /// # Errors
    /// See [`RemoveHostError`].
    pub async fn remove(&self, name: &str, force: bool) -> Result<(), RemoveHostError> {
        let _one = self.0.changing.lock().await;
        let host = self.get(name).ok_or_else(|| RemoveHostError::NotFound(name.to_owned()))?;
        if !force {
            let away = |_| RemoveHostError::Away(name.to_owned());
            let listed = host.containers().map_err(away)?.list().await.map_err(away)?;
            let count = listed.iter().filter(|listed| listed.ours).count();
            if count > 0 {
                return Err(RemoveHostError::Busy { name: name.to_owned(), count });
            }
        }
        self.0.book.remove(name).await?;
        self.0.there.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }

    /// Keys of hosts that are known already: a bastion keeps its key whoever goes through it.
    fn pins(&self) -> Pins {
        self.all().iter().flat_map(|host| host.record.host_keys.clone()).collect()
    }

    fn sealed(&self, name: &str, text: &str) -> String {
        let mut nonce = [0; 12];
        self.0.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut nonce);
        self.0.sealer.seal(text, &uses::host_key(name), nonce)
    }

    fn credentials(&self, record: &HostRecord) -> Result<Credentials, String> {
        let Some(sealed) = &record.private_key else { return Ok(Credentials::Agent(self.0.agent.clone())) };
        let text = self.0.sealer.open(sealed, &uses::host_key(&record.name));
        let text = text.map_err(|error| {
            format!("its private key cannot be opened ({error}): start the server with the sealing key that it had, or add the host again")
        })?;
        private_key(&text).map(|key| Credentials::Key(Arc::new(key))).map_err(|error| error.to_string())
    }

    /// Takes over what the book says.
    async fn refresh(&self) -> Result<(), BookError> {
        let _one = self.0.changing.lock().await;
        let records = self.0.book.all().await?;
        let mut there = self.0.there.write().unwrap_or_else(PoisonError::into_inner);
        there.retain(|_, host| records.iter().any(|record| record.is_still(&host.record)));
        for record in records {
            if there.contains_key(&record.name) {
                continue;
            }
            let credentials = self.credentials(&record);
            let name = record.name.clone();
            there.insert(name, Host::start(record, credentials, None, Arc::clone(&self.0.common)));
        }
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<Host>> {
        self.0.there.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Whether there is a host, or was one.
    pub(super) fn are_used(&self) -> bool {
        if !self.0.there.read().unwrap_or_else(PoisonError::into_inner).is_empty() {
            self.0.used.store(true, Ordering::Relaxed);
        }
        self.0.used.load(Ordering::Relaxed)
    }

    pub(super) fn all(&self) -> Vec<Arc<Host>> {
        self.0.there.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.0.common.changes.subscribe()
    }
}

fn is_name(name: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(ok)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn private_key(text: &str) -> Result<PrivateKey, AddHostError> {
    let refuse = |why: &str| AddHostError::Key(why.to_owned());
    if text.len() > LONGEST_KEY
        || !text.contains("PRIVATE KEY-----") && !text.starts_with("PuTTY-User-Key-File")
    {
        return Err(refuse(
            "this is no private key: give the file without `.pub`, which begins with `-----BEGIN`",
        ));
    }
    match decode_secret_key(text, None) {
        Ok(key) if !key.is_encrypted() => Ok(key),
        Ok(_) | Err(russh::keys::Error::KeyIsEncrypted) => Err(refuse(
            "the private key has a passphrase, which the server cannot ask for: give a key of its own without one, or have the \
             server's SSH agent hold it",
        )),
        Err(error) => Err(AddHostError::Key(format!("the private key cannot be read: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_into_labels_paths_and_addresses() {
        for name in ["gpu-1", "10.0.0.1", "A", "gpu-1.example"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-x", "..", "a b", "a/b", "ü", &"a".repeat(61)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_key_that_will_not_do_is_told_by_what_it_is() {
        let told = |text: &str| private_key(text).expect_err("no key").to_string();
        insta::assert_snapshot!(told("ssh-ed25519 AAAA"), @"this is no private key: give the file without `.pub`, which begins with `-----BEGIN`");
        let mut rng = rand::rngs::StdRng::from_seed([1; 32]);
        let key = PrivateKey::random(&mut rng, russh::keys::Algorithm::Ed25519).expect("a key");
        let text = key.to_openssh(russh::keys::ssh_key::LineEnding::LF).expect("a text");
        assert!(private_key(&text).is_ok());
        let locked = key.encrypt(&mut rng, "secret").expect("locked");
        let text = locked.to_openssh(russh::keys::ssh_key::LineEnding::LF).expect("a text");
        insta::assert_snapshot!(told(&text), @"the private key has a passphrase, which the server cannot ask for: give a key of its own without one, or have the server's SSH agent hold it");
    }

    use rand::SeedableRng as _;
}
