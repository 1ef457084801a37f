//! What lies between a process and its database, and how it breaks.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

use crate::store::StoreError;

/// What becomes of the calls of one [`super::MemoryStore`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// They are carried out and answered.
    #[default]
    Whole,
    /// They fail at once and change nothing, as when the database refuses connections.
    Refused,
    /// They wait until the link is something else, as when packets are dropped.
    Silent,
    /// They are carried out and then fail, as when the connection breaks before the answer.
    AnswersLost,
}

/// The link of one [`super::MemoryStore`], to be cut from outside. Clones are the same link.
#[derive(Clone, Debug)]
pub struct Link(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    reach: Mutex<Reach>,
    /// Wakes those that wait in the order in which they came, as a `watch` would not: what follows is then the same each time.
    changed: Notify,
    hints: AtomicBool,
}

impl Default for Link {
    fn default() -> Self {
        let (reach, changed) = (Mutex::new(Reach::Whole), Notify::new());
        Self(Arc::new(Inner { reach, changed, hints: AtomicBool::new(true) }))
    }
}

impl Link {
    /// Says what becomes of calls from now on, and of those that wait.
    pub fn set(&self, reach: Reach) {
        *self.0.reach.lock().unwrap_or_else(PoisonError::into_inner) = reach;
        self.0.changed.notify_waiters();
    }

    /// What becomes of calls now.
    #[must_use]
    pub fn get(&self) -> Reach {
        *self.0.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether [`crate::store::Signals`] tell of what other processes write. A process is always told of its own writes.
    pub fn set_hints(&self, arrive: bool) {
        self.0.hints.store(arrive, Ordering::Relaxed);
    }

    /// Whether hints of other processes arrive.
    pub(super) fn hints(&self) -> bool {
        self.0.hints.load(Ordering::Relaxed) && self.get() == Reach::Whole
    }

    /// Carries a call out, or not.
    ///
    /// # Errors
    /// What the work says, or that the database cannot be reached.
    pub async fn call<T, E: From<StoreError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        loop {
            // Listened for before it is looked at: a change in between is not missed.
            let changed = self.0.changed.notified();
            if self.get() != Reach::Silent {
                break;
            }
            changed.await;
        }
        match self.get() {
            Reach::Whole | Reach::Silent => work(),
            Reach::Refused => Err(unreachable_database().into()),
            Reach::AnswersLost => work().and_then(|_| Err(unreachable_database().into())),
        }
    }
}

fn unreachable_database() -> StoreError {
    StoreError::Database(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()))
}
