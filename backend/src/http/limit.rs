//! How often something may be done: a minute's worth at once, and as many again each minute, for each who does it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use berth_shared::time::Timestamp;

/// How many are remembered. Beyond, those are forgotten who have used nothing up, then those who have used up least.
const KEPT: usize = 10_000;

/// What is left to each `K`: a person, a token, an address.
#[derive(Debug)]
pub(crate) struct Limit<K> {
    per_minute: u32,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Bucket {
    /// What is in it at `now`.
    fn refilled(&self, most: f64, now: Timestamp) -> f64 {
        (self.left + now.millis_since(self.at) as f64 * most / 60_000.0).min(most)
    }
}

impl<K: Clone + Eq + Hash> Limit<K> {
    /// So many a minute for each, at least one.
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), buckets: Mutex::default() }
    }

    /// How many a minute.
    pub(crate) fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Takes one.
    ///
    /// # Errors
    /// The seconds until there is another.
    pub(crate) fn take(&self, who: &K, now: Timestamp) -> Result<(), u32> {
        let most = f64::from(self.per_minute);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT && !buckets.contains_key(who) {
            make_room(&mut buckets, |bucket| bucket.refilled(most, now), most);
        }
        let bucket = buckets.entry(who.clone()).or_insert(Bucket { left: most, at: now });
        bucket.left = bucket.refilled(most, now);
        bucket.at = bucket.at.max(now);
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(((1.0 - bucket.left) * 60.0 / most).ceil().max(1.0) as u32)
    }
}

/// Forgets whom forgetting favours least, so that who comes from many places does not make the server forget who has had enough.
fn make_room<K: Eq + Hash>(buckets: &mut HashMap<K, Bucket>, left: impl Fn(&Bucket) -> f64, most: f64) {
    buckets.retain(|_, bucket| left(bucket) < most);
    if buckets.len() < KEPT {
        return;
    }
    let mut all: Vec<f64> = buckets.values().map(&left).collect();
    let (_, middle, _) = all.select_nth_unstable_by(KEPT / 2, f64::total_cmp);
    let middle = *middle;
    let mut to_go = KEPT / 2;
    buckets.retain(|_, bucket| {
        let goes = to_go > 0 && left(bucket) >= middle;
        to_go -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_goes_at_once_and_then_one_at_a_time() {
        let limit = Limit::new(60);
        for _ in 0..60 {
            assert_eq!(limit.take(&"ann", Timestamp(0)), Ok(()));
        }
        assert_eq!(limit.take(&"ann", Timestamp(0)), Err(1));
        assert_eq!(limit.take(&"bob", Timestamp(0)), Ok(()), "each has their own");
        assert_eq!(limit.take(&"ann", Timestamp(1000)), Ok(()));
        assert_eq!(limit.take(&"ann", Timestamp(1000)), Err(1));
        assert_eq!(Limit::new(1).take(&"ann", Timestamp(0)), Ok(()));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_and_takes_nothing() {
        let limit = Limit::new(2);
        assert_eq!(limit.take(&"ann", Timestamp(60_000)), Ok(()));
        assert_eq!(limit.take(&"ann", Timestamp(0)), Ok(()));
        assert_eq!(limit.take(&"ann", Timestamp(0)), Err(30));
    }

    #[test]
    fn who_comes_from_very_many_places_takes_no_more_memory_and_wins_nobody_a_pardon() {
        let limit = Limit::new(2);
        for _ in 0..2 {
            assert_eq!(limit.take(&u32::MAX, Timestamp(0)), Ok(()));
        }
        for n in 0..50_000 {
            assert_eq!(limit.take(&n, Timestamp(0)), Ok(()));
            assert!(limit.buckets.lock().unwrap().len() <= KEPT);
        }
        assert_eq!(limit.take(&u32::MAX, Timestamp(0)), Err(30));
    }
}
