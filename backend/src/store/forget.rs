//! Forgetting old events, in pieces: nobody who writes waits for long.

use async_trait::async_trait;
use berth_shared::{api::EventSeq, time::Timestamp};
use tokio::sync::Mutex;

use super::{KEPT_EVENTS, StoreError};

/// How many events are looked at, and deleted, in one go.
const WINDOW: u32 = 2000;

/// An event that may be forgotten.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked {
    /// Its number.
    pub(super) seq: i64,
    /// Whether it is from before the time that was asked for.
    pub(super) old: bool,
    /// Whether its run or its instance is not over.
    pub(super) active: bool,
}

/// The events of a database.
#[async_trait]
pub(super) trait EventLog: Sync {
    /// The number of the last one.
    async fn newest(&self) -> Result<EventSeq, StoreError>;

    /// Those after `from`, up to `last`, in order, at most `limit`. Keeps nobody from writing.
    async fn look(
        &self,
        from: EventSeq,
        last: EventSeq,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Looked>, StoreError>;

    /// Deletes these; gives how many there were.
    async fn delete(&self, seqs: &[i64]) -> Result<u64, StoreError>;
}

/// Where forgetting goes on: what was passed over because it belongs to something active is not looked at again until all
/// of the old events have been.
#[derive(Debug, Default)]
pub(super) struct Forget(Mutex<EventSeq>);

impl Forget {
    /// Forgets events in the order of their numbers, until `limit` are gone or one is not from before `before`.
    pub(super) async fn events(
        &self,
        log: &impl EventLog,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut from = self.0.lock().await;
        let last = log.newest().await?.saturating_sub(KEPT_EVENTS);
        let mut forgotten = 0;
        while forgotten < u64::from(limit) {
            let window = u32::try_from(u64::from(limit) - forgotten).unwrap_or(limit).min(WINDOW);
            let looked = log.look(*from, last, before, window).await?;
            let old = looked.iter().take_while(|event| event.old).count();
            let go: Vec<i64> =
                looked[..old].iter().filter(|event| !event.active).map(|event| event.seq).collect();
            if !go.is_empty() {
                // A run that is over stays so: what may go when it is looked at may go now.
                forgotten += log.delete(&go).await?;
            }
            if let Some(event) = looked[..old].last() {
                *from = u64::try_from(event.seq).unwrap_or(*from);
            }
            if old < window as usize {
                *from = 0;
                break;
            }
        }
        Ok(forgotten)
    }
}
