//! What a simulated cloud is like.

use serde::{Deserialize, Serialize};

use super::seed::Span;

/// What a simulated cloud is like when nothing is wrong with it; [`super::Faults`] says what goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Its name, as in `backends:`.
    pub name: String,
    /// How long a call takes, half of it before its effect and half after.
    pub call: Span,
    /// From the moment that a machine was accepted until it is ready.
    pub create: Span,
    /// From the moment that its removal was accepted until it is gone.
    pub remove: Span,
    /// How long making the environment takes, and each command of `setup` and `init`.
    pub command: Span,
    /// How long processes take to end when they are asked to.
    pub end: Span,
    /// How many machines there are.
    pub capacity: Capacity,
    /// How many machines the account may have in one region; `None` = as many as there are.
    pub quota: Option<u32>,
    /// How spot machines are taken back.
    pub reclaim: Reclaim,
    /// From when a machine costs.
    pub billed_from: BilledFrom,
    /// Until when.
    pub billed_to: BilledTo,
    /// How long a machine that is gone is still told of, in milliseconds.
    pub remembers: i64,
    /// How long an idempotency key counts, in milliseconds.
    pub keys_last: i64,
}

/// How many machines a cloud has of a type in a region, spot and on-demand apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// At least so many, when there are any.
    pub least: u32,
    /// At most so many.
    pub most: u32,
    /// Probability that for a while there is none.
    pub dry: f64,
    /// After how many milliseconds it is drawn anew.
    pub period: i64,
}

/// How a cloud takes spot machines back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reclaim {
    /// Which share of them it takes back, from 0 to 1.
    pub share: f64,
    /// When, counted from the moment that they are ready.
    pub after: Span,
    /// Which share of these it gives notice to, from 0 to 1; the others go at once.
    pub noticed: f64,
    /// How long before, in milliseconds.
    pub notice: i64,
}

/// From when a machine costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BilledFrom {
    /// From the moment that it was accepted.
    Accepted,
    /// From the moment that it is ready.
    Ready,
}

/// Until when a machine costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BilledTo {
    /// Until its removal was accepted.
    Asked,
    /// Until it is gone.
    Gone,
}

impl Settings {
    /// A cloud of this name as tests want it: some seconds for everything, machines without end, spot machines that
    /// stay.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            call: Span::millis(20, 200),
            create: Span::seconds(20, 90),
            remove: Span::seconds(5, 40),
            command: Span::seconds(1, 20),
            end: Span::millis(100, 3000),
            capacity: Capacity { least: u32::MAX, most: u32::MAX, dry: 0.0, period: 600_000 },
            quota: None,
            reclaim: Reclaim { share: 0.0, after: Span::NONE, noticed: 0.0, notice: 120_000 },
            billed_from: BilledFrom::Accepted,
            billed_to: BilledTo::Gone,
            remembers: 3_600_000,
            keys_last: 24 * 3_600_000,
        }
    }

    /// A cloud of this name for people and programs that wait for it: everything takes moments, and nothing runs out.
    #[must_use]
    pub fn quick(name: &str) -> Self {
        Self {
            call: Span::millis(2, 20),
            create: Span::millis(500, 2000),
            remove: Span::millis(300, 1500),
            command: Span::millis(200, 1000),
            end: Span::millis(50, 500),
            ..Self::new(name)
        }
    }

    /// A cloud of this name to show around: some seconds for everything, now and then no machine left, and spot machines
    /// that are taken back within minutes, mostly with half a minute's notice.
    #[must_use]
    pub fn demo(name: &str) -> Self {
        Self {
            call: Span::millis(2, 20),
            create: Span::seconds(3, 8),
            remove: Span::seconds(1, 4),
            command: Span::seconds(1, 4),
            end: Span::millis(200, 1500),
            capacity: Capacity { least: 1, most: 4, dry: 0.1, period: 300_000 },
            quota: Some(16),
            reclaim: Reclaim { share: 0.6, after: Span::seconds(60, 900), noticed: 0.75, notice: 30_000 },
            ..Self::new(name)
        }
    }

    /// The same as [`Settings::new`], with capacity that runs out and spot machines that are taken back within the hour.
    #[must_use]
    pub fn scarce(name: &str) -> Self {
        Self {
            capacity: Capacity { least: 1, most: 3, dry: 0.3, period: 600_000 },
            quota: Some(8),
            reclaim: Reclaim { share: 0.5, after: Span::seconds(60, 3600), noticed: 0.5, notice: 120_000 },
            ..Self::new(name)
        }
    }
}
