//! Which hosts there are, as is written down somewhere.

use async_trait::async_trait;
use berth_shared::time::Timestamp;

use super::{Address, session::Pins};

/// A host as it is written down.
#[derive(Clone, PartialEq, Eq)]
pub struct HostRecord {
    /// Unique.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// Hosts before it, in order.
    pub jumps: Vec<Address>,
    /// The sealed private key; `None` = the server's SSH agent.
    pub private_key: Option<String>,
    /// Its engine's socket, when it was given.
    pub engine: Option<String>,
    /// The pool whose runs use it; `None` = whichever is the default.
    pub pool: Option<String>,
    /// Keys of it and of the hosts before it, by `HOST:PORT`, in OpenSSH's form.
    pub host_keys: Pins,
    /// Who added it.
    pub added_by: String,
    /// When.
    pub added_at: Timestamp,
}

impl HostRecord {
    /// Whether it is that host as it was, its private key sealed anew or not.
    pub(super) fn is_still(&self, other: &Self) -> bool {
        let has_key = self.private_key.is_some() == other.private_key.is_some();
        has_key && Self { private_key: other.private_key.clone(), ..self.clone() } == *other
    }
}

impl std::fmt::Debug for HostRecord {
    /// Without the key, sealed as it is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostRecord")
            .field("name", &self.name)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Why the book could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// There is a host of this name.
    #[error("there is an SSH host of this name already")]
    Taken,
    /// It does not answer.
    #[error("the list of SSH hosts cannot be had: {0}")]
    Away(String),
}

/// The list of hosts, which other servers may change as well.
#[async_trait]
pub trait HostBook: Send + Sync {
    /// All of them, by name.
    async fn all(&self) -> Result<Vec<HostRecord>, BookError>;

    /// Adds one.
    async fn add(&self, host: &HostRecord) -> Result<(), BookError>;

    /// Removes one; whether there was one.
    async fn remove(&self, name: &str) -> Result<bool, BookError>;
}
