//! Slows down who guesses.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
};

use berth_shared::time::Timestamp;

/// Failed attempts that an address, or a name, has free in each [`WINDOW_SECONDS`].
const FREE: u32 = 10;

/// For how long a failed attempt counts.
const WINDOW_SECONDS: i64 = 60;

/// How many addresses and names are remembered; beyond, the oldest windows are dropped.
const REMEMBERED: usize = 10_000;

/// Failed logins by address, and by the name that a password was tried for. A login token has 256 random bits, so for those this is
/// about load and noise, not about the odds; for passwords it is about the odds, too. An attempt counts while it goes on, so that many
/// at once are no way around.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    addresses: Windows<IpAddr>,
    names: Windows<String>,
}

/// Why there may be no attempt now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    /// Seconds until there may be one.
    pub(super) wait_seconds: u32,
    /// Whether they were for one name, from wherever; else from one address.
    pub(super) by_name: bool,
}

impl Attempts {
    /// Counts an attempt from `address`, by a link or, with a name, by a password.
    pub(super) fn begin(
        &mut self,
        address: IpAddr,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<(), TooMany> {
        let (address, name) = (network(address), name.map(str::to_owned));
        let refused = |by_name| move |wait_seconds| Err(TooMany { wait_seconds, by_name });
        if let Some(refused) = self.addresses.wait(&address, now).map(refused(false)) {
            return refused;
        }
        if let Some(refused) = name.as_ref().and_then(|name| self.names.wait(name, now)).map(refused(true)) {
            return refused;
        }
        self.addresses.count(address, now);
        if let Some(name) = name {
            self.names.count(name, now);
        }
        Ok(())
    }

    /// The attempt did not fail: it counts no longer.
    pub(super) fn succeeded(&mut self, address: IpAddr, name: Option<&str>) {
        self.addresses.discount(&network(address));
        if let Some(name) = name {
            self.names.discount(&name.to_owned());
        }
    }

    /// Counts an attempt of somebody who is in already to say the password of `name`.
    pub(super) fn begin_for(&mut self, name: &str, now: Timestamp) -> Result<(), TooMany> {
        if let Some(wait_seconds) = self.names.wait(&name.to_owned(), now) {
            return Err(TooMany { wait_seconds, by_name: true });
        }
        self.names.count(name.to_owned(), now);
        Ok(())
    }

    /// As [`Self::succeeded`].
    pub(super) fn succeeded_for(&mut self, name: &str) {
        self.names.discount(&name.to_owned());
    }
}

/// What is one client's: with IPv6 that is not an address, but the network that it may choose its address from.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// How many attempts of each kind failed lately.
#[derive(Debug)]
struct Windows<K>(HashMap<K, Window>);

impl<K> Default for Windows<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[derive(Clone, Copy, Debug)]
struct Window {
    from: Timestamp,
    failed: u32,
}

impl<K: Eq + Hash> Windows<K> {
    /// Seconds to wait before the next attempt; `None` = go ahead.
    fn wait(&self, key: &K, now: Timestamp) -> Option<u32> {
        let window = self.0.get(key)?;
        let left = WINDOW_SECONDS * 1000 - now.millis_since(window.from);
        (window.failed >= FREE && left > 0).then(|| u32::try_from((left + 999) / 1000).unwrap_or(1))
    }

    fn count(&mut self, key: K, now: Timestamp) {
        let is_over = |window: &Window| now.millis_since(window.from) >= WINDOW_SECONDS * 1000;
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&key) {
            self.0.retain(|_, window| !is_over(window));
            if self.0.len() >= REMEMBERED {
                self.0.clear();
            }
        }
        let window = self.0.entry(key).or_insert(Window { from: now, failed: 0 });
        if is_over(window) {
            *window = Window { from: now, failed: 0 };
        }
        window.failed += 1;
    }

    fn discount(&mut self, key: &K) {
        if let Some(window) = self.0.get_mut(key) {
            window.failed = window.failed.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::BROADCAST);

    fn wait(attempts: &mut Attempts, from: IpAddr, name: Option<&str>, at: i64) -> Option<(u32, bool)> {
        attempts.begin(from, name, Timestamp(at)).err().map(|many| (many.wait_seconds, many.by_name))
    }

    #[test]
    fn ten_failures_in_a_minute_are_free_and_the_eleventh_waits_for_its_end() {
        let mut attempts = Attempts::default();
        for second in 0..10 {
            assert_eq!(wait(&mut attempts, HOME, None, second * 1000), None);
        }
        assert_eq!(wait(&mut attempts, HOME, None, 10_000), Some((50, false)));
        assert_eq!(wait(&mut attempts, OTHER, None, 10_000), None);
        assert_eq!(wait(&mut attempts, HOME, None, 60_000), None);
    }

    #[test]
    fn what_succeeds_does_not_count() {
        let mut attempts = Attempts::default();
        for _ in 0..100 {
            assert_eq!(wait(&mut attempts, HOME, Some("ann"), 0), None);
            attempts.succeeded(HOME, Some("ann"));
        }
    }

    #[test]
    fn a_name_is_not_guessed_at_from_many_addresses_and_links_go_on() {
        let mut attempts = Attempts::default();
        for n in 0..10_u8 {
            assert_eq!(wait(&mut attempts, IpAddr::from([10, 0, 0, n]), Some("ann"), 0), None);
        }
        assert_eq!(wait(&mut attempts, OTHER, Some("ann"), 0), Some((60, true)));
        assert_eq!(wait(&mut attempts, OTHER, Some("bob"), 0), None);
        assert_eq!(wait(&mut attempts, OTHER, None, 0), None);
        assert!(attempts.begin_for("ann", Timestamp(0)).is_err());
        assert!(attempts.begin_for("bob", Timestamp(0)).is_ok());
    }

    #[test]
    fn whoever_has_a_network_of_addresses_is_one() {
        let mut attempts = Attempts::default();
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        for n in 0..10 {
            assert_eq!(wait(&mut attempts, address(&format!("2001:db8::{n}")), None, 0), None);
        }
        assert_eq!(wait(&mut attempts, address("2001:db8::ffff:1"), None, 0), Some((60, false)));
        assert_eq!(wait(&mut attempts, address("2001:db8:0:1::1"), None, 0), None);
        // As a server that listens on both sees it.
        for _ in 0..10 {
            assert_eq!(wait(&mut attempts, HOME, None, 0), None);
        }
        assert_eq!(wait(&mut attempts, address("::ffff:127.0.0.1"), None, 0), Some((60, false)));
    }

    #[test]
    fn memory_is_bounded_whoever_knocks() {
        let mut attempts = Attempts::default();
        for n in 0..30_000_u32 {
            let _ = attempts.begin(IpAddr::from(n.to_be_bytes()), Some(&n.to_string()), Timestamp(0));
        }
        assert!(attempts.addresses.0.len() <= REMEMBERED && attempts.names.0.len() <= REMEMBERED);
    }
}
