//! One machine: everything that will happen to it by itself is written down when it is made, so that its state is a
//! function of the time.

use berth_shared::time::{Timestamp, cost};
use serde::{Deserialize, Serialize};

use super::{job::Job, terminal::Terminal};
use crate::provider::simulated::{
    settings::{BilledFrom, BilledTo},
    wire::{Pool, Seen, Tag},
};

/// A machine of a simulated account, from its order on and for ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// How many were made before it.
    pub number: u64,
    /// The cloud's name for it.
    pub handle: String,
    /// What it carries; `None` = somebody else made it.
    pub tag: Option<Tag>,
    /// What it is.
    pub pool: Pool,
    /// How many GPUs it has.
    #[serde(default)]
    pub gpus: u32,
    /// US dollars an hour.
    pub price: f64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it is ready; `None` = never.
    pub ready_at: Option<Timestamp>,
    /// How it goes by itself.
    pub leaves: Option<Leaving>,
    /// How it was removed.
    pub removal: Option<Removal>,
    /// For how many milliseconds after the first attempt removing it fails.
    pub resists: i64,
    /// Until when removing it fails; `None` before the first attempt.
    pub resists_until: Option<Timestamp>,
    pub(super) billed_from: BilledFrom,
    pub(super) billed_to: BilledTo,
    pub(super) job: Option<Job>,
    pub(super) terminals: Vec<Terminal>,
}

/// How a machine goes by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaving {
    /// When.
    pub at: Timestamp,
    /// When that is announced; `None` = it is not.
    pub noticed_at: Option<Timestamp>,
    /// Why, for people.
    pub message: String,
}

/// How a machine was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// When that was accepted.
    pub asked_at: Timestamp,
    /// When it is done.
    pub gone_at: Timestamp,
}

/// Where a machine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Being made.
    Pending,
    /// There.
    Running,
    /// Being removed.
    Stopping,
    /// Gone.
    Gone,
}

impl State {
    /// As the wire says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Gone => "gone",
        }
    }
}

impl Machine {
    /// Where it stands.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        if self.gone_at().is_some_and(|at| at <= now) {
            State::Gone
        } else if self.removal.is_some_and(|removal| removal.asked_at <= now) {
            State::Stopping
        } else if self.ready_at.is_some_and(|at| at <= now) {
            State::Running
        } else {
            State::Pending
        }
    }

    /// When it is gone, as far as that is settled.
    #[must_use]
    pub fn gone_at(&self) -> Option<Timestamp> {
        let leaves = self.leaves.as_ref().map(|leaving| leaving.at);
        let removed = self.removal.map(|removal| removal.gone_at);
        leaves.into_iter().chain(removed).min()
    }

    /// Why it went by itself.
    fn message(&self) -> Option<&str> {
        let leaving = self.leaves.as_ref()?;
        let first = self.removal.is_none_or(|removal| leaving.at < removal.gone_at);
        first.then_some(leaving.message.as_str())
    }

    /// When it is taken back, if that is announced by now.
    #[must_use]
    pub fn leaves_at(&self, now: Timestamp) -> Option<Timestamp> {
        let leaving = self.leaves.as_ref()?;
        leaving.noticed_at.filter(|at| *at <= now).map(|_| leaving.at)
    }

    /// From when and until when it costs, as far as that is past.
    #[must_use]
    pub fn billed(&self, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        let from = match self.billed_from {
            BilledFrom::Accepted => Some(self.accepted_at),
            // One that is removed before it is ready never gets ready.
            BilledFrom::Ready => {
                let asked = self.removal.map(|removal| removal.asked_at);
                self.ready_at.filter(|ready| asked.is_none_or(|asked| *ready < asked))
            }
        };
        let removed = self.removal.map(|removal| match self.billed_to {
            BilledTo::Asked => removal.asked_at,
            BilledTo::Gone => removal.gone_at,
        });
        let to = self.leaves.as_ref().map(|leaving| leaving.at).into_iter().chain(removed).min();
        // One that went before it would have cost never did.
        let from = from.filter(|from| *from <= now && to.is_none_or(|to| *from < to));
        (from, to.filter(|to| from.is_some() && *to <= now))
    }

    /// US dollars until `now`.
    #[must_use]
    pub fn cost(&self, now: Timestamp) -> f64 {
        let (from, to) = self.billed(now);
        from.map_or(0.0, |from| cost(self.price, from, to.unwrap_or(now)))
    }

    pub(super) fn seen(&self, now: Timestamp) -> Seen {
        let state = self.state(now);
        let (billed_from, billed_to) = self.billed(now);
        Seen {
            handle: self.handle.clone(),
            tag: self.tag.clone(),
            state: state.word().to_owned(),
            message: self.message().filter(|_| state == State::Gone).map(ToOwned::to_owned),
            leaves_at: self.leaves_at(now).filter(|_| state == State::Running),
            accepted_at: self.accepted_at,
            billed_from,
            billed_to,
            price: self.price,
        }
    }

    /// When something about it changes by itself.
    pub(super) fn changes(&self) -> impl Iterator<Item = Timestamp> {
        let leaving = self.leaves.as_ref();
        [
            self.ready_at,
            leaving.map(|leaving| leaving.at),
            leaving.and_then(|leaving| leaving.noticed_at),
            self.removal.map(|removal| removal.gone_at),
        ]
        .into_iter()
        .flatten()
    }
}
