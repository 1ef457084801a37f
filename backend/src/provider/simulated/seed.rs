//! Chance by seed: what is drawn depends on the seed and on what it is drawn for, never on what was drawn before.

use serde::{Deserialize, Serialize};

/// Where chance comes from. The same seed and the same names give the same draws, in whatever order they are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// Lengths of time in milliseconds, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The shortest.
    pub least: i64,
    /// The longest.
    pub most: i64,
}

impl Span {
    /// No time at all.
    pub const NONE: Self = Self { least: 0, most: 0 };

    /// From `least` to `most` milliseconds.
    #[must_use]
    pub const fn millis(least: i64, most: i64) -> Self {
        Self { least, most }
    }

    /// From `least` to `most` seconds.
    #[must_use]
    pub const fn seconds(least: i64, most: i64) -> Self {
        Self { least: least.saturating_mul(1000), most: most.saturating_mul(1000) }
    }
}

impl Seed {
    /// The seed for the `number`th of something.
    #[must_use]
    pub fn with(self, number: u64) -> Self {
        Self(mix(self.0 ^ mix(number.wrapping_add(0x9e37_79b9_7f4a_7c15))))
    }

    /// The seed for what has this name.
    #[must_use]
    pub fn of(self, name: &str) -> Self {
        // FNV-1a: names are short.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        self.with(hash)
    }

    /// A number from 0 to 1, 1 itself excluded.
    #[must_use]
    pub fn share(self) -> f64 {
        (mix(self.0) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that happens with this probability: 0 = never, 1 = always.
    #[must_use]
    pub fn happens(self, probability: f64) -> bool {
        self.share() < probability
    }

    /// A whole number from `least` to `most`, both included; `least` when `most` is less.
    #[must_use]
    pub fn between(self, least: i64, most: i64) -> i64 {
        let width = most.saturating_sub(least).max(0) as f64 + 1.0;
        least.saturating_add((self.share() * width) as i64).min(most.max(least))
    }

    /// A length of time in milliseconds.
    #[must_use]
    pub fn within(self, span: Span) -> i64 {
        self.between(span.least, span.most)
    }
}

/// The output function of SplitMix64 (Steele, Lea and Flood 2014): every bit of the input moves half of the output.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_evenly_and_stay_within_their_span() {
        let mut counts = [0_u32; 10];
        for number in 0..10_000 {
            let seed = Seed(7).of("thing").with(number);
            counts[(seed.share() * 10.0) as usize] += 1;
            assert!((3..=5).contains(&seed.within(Span::millis(3, 5))));
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }

    #[test]
    fn names_and_numbers_tell_draws_apart() {
        let seeds = [Seed(1), Seed(2), Seed(1).of("a"), Seed(1).of("b"), Seed(1).with(0), Seed(1).with(1)];
        for (at, one) in seeds.iter().enumerate() {
            assert!(seeds[at + 1..].iter().all(|other| other.share() != one.share()), "{at}");
        }
    }

    #[test]
    fn what_is_certain_happens_and_what_is_impossible_does_not() {
        for number in 0..1000 {
            assert!(Seed(3).with(number).happens(1.0));
            assert!(!Seed(3).with(number).happens(0.0));
        }
    }

    #[test]
    fn a_span_that_ends_before_it_begins_is_its_beginning() {
        assert_eq!(Seed(1).within(Span::millis(5, 3)), 5);
        assert_eq!(Seed(1).within(Span::NONE), 0);
    }
}
