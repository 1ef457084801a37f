//! Time and randomness, as arguments.

use std::time::Duration;

use berth_shared::time::Timestamp;

/// Tells the time. Everything that needs it takes one, so that tests can set it.
pub trait Clock: Send + Sync {
    /// The wall clock. Somebody may set it.
    fn now(&self) -> Timestamp;

    /// How long it is since some moment, by a clock that only ever goes on: nobody can set it. The wall clock where there is
    /// no other.
    fn monotonic(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.now().0).unwrap_or(0))
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
        let now = std::time::SystemTime::now();
        let millis = now.duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_millis());
        Timestamp(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        // It goes on while the machine sleeps, and so does what machines elsewhere cost.
        let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME);
        time.map_or(Duration::ZERO, Duration::from)
    }
}
