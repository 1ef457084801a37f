//! Time as the runtime has it, and as each process believes it to be.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use berth::clock::Clock;
use berth_shared::time::Timestamp;
use tokio::time::Instant;

/// When schedules begin.
const BEGIN: i64 = 1_700_000_000_000;

/// The true time.
#[derive(Clone, Debug)]
pub(super) struct TrueClock(Instant);

impl TrueClock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TrueClock {
    fn now(&self) -> Timestamp {
        Timestamp(BEGIN + i64::try_from(self.0.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

/// A machine's own clock, which may be wrong by some seconds.
#[derive(Clone, Debug)]
pub(super) struct WrongClock {
    pub(super) clock: TrueClock,
    pub(super) by: Arc<AtomicI64>,
}

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.clock.now().0 + self.by.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> std::time::Duration {
        self.clock.monotonic()
    }
}
