//! How many submissions one person may make: a launch that runs away is told so before it costs money.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use berth_shared::time::Timestamp;

/// How many people are remembered; beyond, those who have not used anything up are forgotten.
const PEOPLE: usize = 10_000;

/// A minute's worth of submissions at once, and as many again each minute, for each person.
#[derive(Debug)]
pub(crate) struct SubmissionLimit {
    per_minute: u32,
    people: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl SubmissionLimit {
    /// So many a minute for each person.
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), people: Mutex::default() }
    }

    /// How many a minute.
    pub(crate) fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Takes one.
    ///
    /// # Errors
    /// The seconds until there is another.
    pub(crate) fn take(&self, person: &str, now: Timestamp) -> Result<(), u32> {
        let most = f64::from(self.per_minute);
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let refilled =
            |bucket: &Bucket| (bucket.left + now.millis_since(bucket.at) as f64 * most / 60_000.0).min(most);
        if people.len() >= PEOPLE && !people.contains_key(person) {
            people.retain(|_, bucket| refilled(bucket) < most);
        }
        let bucket = people.entry(person.to_owned()).or_insert(Bucket { left: most, at: now });
        bucket.left = refilled(bucket);
        bucket.at = bucket.at.max(now);
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(((1.0 - bucket.left) * 60.0 / most).ceil().max(1.0) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_goes_at_once_and_then_one_at_a_time() {
        let limit = SubmissionLimit::new(60);
        for _ in 0..60 {
            assert_eq!(limit.take("ann", Timestamp(0)), Ok(()));
        }
        assert_eq!(limit.take("ann", Timestamp(0)), Err(1));
        assert_eq!(limit.take("bob", Timestamp(0)), Ok(()), "each has their own");
        assert_eq!(limit.take("ann", Timestamp(1000)), Ok(()));
        assert_eq!(limit.take("ann", Timestamp(1000)), Err(1));
        assert_eq!(SubmissionLimit::new(1).take("ann", Timestamp(0)), Ok(()));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_and_takes_nothing() {
        let limit = SubmissionLimit::new(2);
        assert_eq!(limit.take("ann", Timestamp(60_000)), Ok(()));
        assert_eq!(limit.take("ann", Timestamp(0)), Ok(()));
        assert_eq!(limit.take("ann", Timestamp(0)), Err(30));
    }
}
