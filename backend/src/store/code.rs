//! People's code, between its arrival and the runs that need it.

use async_trait::async_trait;
use berth_shared::time::Timestamp;
use uuid::Uuid;

use super::StoreError;

/// The size of each piece of an archive but the last, bytes: what one statement writes, while others wait.
pub const CODE_PIECE: usize = 256 * 1024;

/// For how long code is kept that no unfinished run needs, since it was sent or named by a launch, in seconds: 7 days.
pub const CODE_SECONDS: i64 = 7 * 24 * 3600;

/// For how long an upload may go on, in seconds: a day.
pub const UPLOAD_SECONDS: i64 = 24 * 3600;

/// Keeps archives, in pieces: each is one person's, by its SHA-256.
#[async_trait]
pub trait CodeStore: Send + Sync {
    /// Begins to keep an archive that arrives under this identifier.
    async fn begin(&self, upload: Uuid, owner: &str, sha256: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Keeps a piece of it; they are numbered from 0.
    async fn append(&self, upload: Uuid, number: u32, bytes: &[u8]) -> Result<(), StoreError>;

    /// It is whole, of so many bytes, and is what its SHA-256 says. Where its owner has it already that one stays, and this one
    /// goes.
    async fn complete(&self, upload: Uuid, size: u64, now: Timestamp) -> Result<(), StoreError>;

    /// It will not be whole: forgets it.
    async fn abandon(&self, upload: Uuid) -> Result<(), StoreError>;

    /// The size of an archive that is whole, in bytes; `None` when there is none. Notes that it is needed now.
    async fn needed(&self, owner: &str, sha256: &str, now: Timestamp) -> Result<Option<u64>, StoreError>;

    /// A piece of an archive that is whole; `None` behind its end, and when there is none.
    async fn piece(&self, owner: &str, sha256: &str, number: u32) -> Result<Option<Vec<u8>>, StoreError>;

    /// Forgets archives that no unfinished run of their owner needs and that were last needed before `unused`, and uploads that
    /// began before `begun`. Gives how many.
    async fn forget(&self, unused: Timestamp, begun: Timestamp) -> Result<u64, StoreError>;
}
