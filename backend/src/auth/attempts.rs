//! Slows down who guesses.

use std::{collections::HashMap, net::IpAddr};

use berth_shared::time::Timestamp;

/// Failed attempts that an address has free in each [`WINDOW_SECONDS`].
const FREE: u32 = 10;

/// For how long a failed attempt counts.
const WINDOW_SECONDS: i64 = 60;

/// How many addresses are remembered; beyond, the oldest windows are dropped.
const ADDRESSES: usize = 10_000;

/// Failed logins by address. A login token has 256 random bits, so this is about load and noise, not about
/// the odds.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    failed: HashMap<IpAddr, Window>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    from: Timestamp,
    failed: u32,
}

impl Attempts {
    /// Seconds to wait before the next attempt; `None` = go ahead.
    pub(super) fn wait(&self, address: IpAddr, now: Timestamp) -> Option<u32> {
        let window = self.failed.get(&address)?;
        let left = WINDOW_SECONDS * 1000 - now.millis_since(window.from);
        (window.failed >= FREE && left > 0).then(|| u32::try_from((left + 999) / 1000).unwrap_or(1))
    }

    /// Counts a failure.
    pub(super) fn failed(&mut self, address: IpAddr, now: Timestamp) {
        if self.failed.len() >= ADDRESSES {
            self.failed.retain(|_, window| now.millis_since(window.from) < WINDOW_SECONDS * 1000);
            if self.failed.len() >= ADDRESSES {
                self.failed.clear();
            }
        }
        let window = self.failed.entry(address).or_insert(Window { from: now, failed: 0 });
        if now.millis_since(window.from) >= WINDOW_SECONDS * 1000 {
            *window = Window { from: now, failed: 0 };
        }
        window.failed += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn ten_failures_in_a_minute_are_free_and_the_eleventh_waits_for_its_end() {
        let mut attempts = Attempts::default();
        for second in 0..10 {
            assert_eq!(attempts.wait(HOME, Timestamp(second * 1000)), None);
            attempts.failed(HOME, Timestamp(second * 1000));
        }
        assert_eq!(attempts.wait(HOME, Timestamp(10_000)), Some(50));
        assert_eq!(attempts.wait(HOME, Timestamp(60_000)), None);
        let other = IpAddr::V4(std::net::Ipv4Addr::BROADCAST);
        assert_eq!(attempts.wait(other, Timestamp(10_000)), None);
    }

    #[test]
    fn memory_is_bounded_whoever_knocks() {
        let mut attempts = Attempts::default();
        for n in 0..30_000_u32 {
            attempts.failed(IpAddr::from(n.to_be_bytes()), Timestamp(0));
        }
        assert!(attempts.failed.len() <= ADDRESSES);
    }
}
