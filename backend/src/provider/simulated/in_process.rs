//! A simulated cloud in this process: it owns an account and does the waiting.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use berth_shared::{api::InstanceId, time::Timestamp};
use tokio::{
    sync::{Notify, broadcast},
    time::sleep,
};

use super::{Account, Bill, Call, CloudApi, CloudError, Faults, Reply, Trouble};
use crate::clock::Clock;

/// Changes that wait for a slow listener; who misses some observes everything anew.
const CHANGES: usize = 1024;

/// A cloud that outlives every server in this process that uses it. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct SimulatedCloud(Arc<Inner>);

struct Inner {
    account: Mutex<Account>,
    clock: Arc<dyn Clock>,
    changes: broadcast::Sender<InstanceId>,
    /// The agenda may have changed.
    wake: Arc<Notify>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

impl SimulatedCloud {
    /// A cloud with this account. To be called inside a runtime: a task of it tells of changes, until the last clone is
    /// dropped. `clock` and tokio's timers should go at the same pace.
    #[must_use]
    pub fn start(account: Account, clock: Arc<dyn Clock>) -> Self {
        let wake = Arc::new(Notify::new());
        let inner = Arc::new(Inner {
            account: Mutex::new(account),
            clock,
            changes: broadcast::Sender::new(CHANGES),
            wake: Arc::clone(&wake),
        });
        let weak = Arc::downgrade(&inner);
        tokio::spawn(async move {
            loop {
                let Some(inner) = weak.upgrade() else { return };
                let wait = inner.tell();
                drop(inner);
                match wait {
                    Some(wait) => {
                        tokio::select! {
                            biased;
                            () = wake.notified() => {}
                            () = sleep(wait) => {}
                        }
                    }
                    None => wake.notified().await,
                }
            }
        });
        Self(inner)
    }

    /// Looks at the account or changes it, bypassing its faults and its slowness.
    pub fn with<T>(&self, work: impl FnOnce(&mut Account, Timestamp) -> T) -> T {
        let now = self.0.clock.now();
        let done = work(&mut self.0.account(), now);
        self.0.wake.notify_one();
        done
    }

    /// Its name, as in `backends:`.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.account().cloud.settings().name.clone()
    }

    /// What the account has cost so far.
    #[must_use]
    pub fn bill(&self) -> Bill {
        self.with(|account, now| account.cloud.bill(now))
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.with(|account, _| account.faults = faults);
    }
}

impl Inner {
    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what has changed; answers how long it is until the next change.
    fn tell(&self) -> Option<Duration> {
        let now = self.clock.now();
        let mut account = self.account();
        for id in account.hints(now) {
            // Nobody listens: nobody wants to know.
            let _ = self.changes.send(id);
        }
        let millis = account.cloud.next_change()?.millis_since(now).max(1);
        Some(Duration::from_millis(millis.unsigned_abs()))
    }
}

#[async_trait]
impl CloudApi for SimulatedCloud {
    async fn call(&self, call: Call) -> Result<Reply, CloudError> {
        let fate = self.0.account().decide(self.0.clock.now(), &call);
        wait(fate.before).await;
        if fate.trouble == Some(Trouble::NeverBefore) {
            return std::future::pending().await;
        }
        if let Some(Trouble::Late(millis)) = fate.trouble {
            let inner = Arc::clone(&self.0);
            tokio::spawn(async move {
                wait(millis).await;
                // Nobody hears of it.
                let _ = inner.account().carry_out(inner.clock.now(), &call, &fate);
                inner.wake.notify_one();
            });
            return std::future::pending().await;
        }
        let answer = self.0.account().carry_out(self.0.clock.now(), &call, &fate);
        self.0.wake.notify_one();
        wait(fate.after).await;
        if fate.trouble == Some(Trouble::NeverAfter) {
            return std::future::pending().await;
        }
        answer
    }

    fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.0.changes.subscribe()
    }
}

async fn wait(millis: i64) {
    if let Ok(millis @ 1..) = u64::try_from(millis) {
        sleep(Duration::from_millis(millis)).await;
    }
}
