//! What goes wrong with a simulated cloud: with a probability each, drawn by seed, or at a certain call by script.

mod fate;

use berth_shared::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    cloud::Quirks,
    seed::{Seed, Span},
    wire::{Ask, Call},
};

/// How long an hour is, in milliseconds.
const HOUR: i64 = 3_600_000;

/// What goes wrong. Probabilities are from 0 (never) to 1 (always).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// A call takes [`Faults::slowness`] longer.
    pub slow: f64,
    /// How much longer.
    pub slowness: Span,
    /// A call never answers; whether it had its effect is as likely as not.
    pub never: f64,
    /// A call never answers, and has its effect only [`Faults::lateness`] later, whoever made it being gone by then.
    pub late: f64,
    /// How much later.
    pub lateness: Span,
    /// A machine is made, or removed, or a job begun or stopped, and the answer is an error.
    pub answer_lost: f64,
    /// An order's idempotency key counts for nothing, so that ordering again makes another machine.
    pub key_ignored: f64,
    /// By how much what is found by tag or listed lags behind; drawn for each call.
    pub lag: Span,
    /// What is found by tag or listed is wrong: see [`Wrong`].
    pub wrong_answer: f64,
    /// A call is refused because there were too many, and has no effect.
    pub throttled: f64,
    /// The cloud cannot be reached for a while, so often in an hour on average (at most 1).
    pub outages_per_hour: f64,
    /// For how long.
    pub outage: Span,
    /// Removing a machine fails for [`Faults::resistance`].
    pub terminate_fails: f64,
    /// For how long from the first attempt on, in milliseconds.
    pub resistance: i64,
    /// A machine never gets ready.
    pub never_ready: f64,
    /// A machine dies by itself.
    pub dies: f64,
    /// When, counted from the moment that it was accepted.
    pub lifetime: Span,
    /// The environment on a machine does not answer a call.
    pub environment_unreachable: f64,
    /// Nobody is told that something has changed.
    pub hint_lost: f64,
    /// Nothing goes wrong from this moment on; `None` = it goes on for ever. Machines keep what they were made with.
    pub until: Option<Timestamp>,
    /// What goes wrong at certain calls, whatever the probabilities say.
    pub script: Vec<Scripted>,
}

/// Something that goes wrong at certain calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scripted {
    /// At which.
    pub on: On,
    /// How many of them pass unharmed before.
    #[serde(default)]
    pub after: u32,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
    /// What.
    pub what: Trouble,
}

fn once() -> u32 {
    1
}

/// Kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// Any call.
    Any,
    /// Asking what can be had.
    Availability,
    /// Making a machine.
    Create,
    /// Finding machines by their tag.
    Find,
    /// Asking for one by its handle.
    Describe,
    /// Listing all.
    List,
    /// Removing one.
    Terminate,
    /// Beginning a job.
    Start,
    /// Looking at a job.
    Observe,
    /// Ending a job.
    Stop,
    /// Anything else that environments are asked.
    Environment,
}

impl On {
    /// What kind a call is of.
    #[must_use]
    pub fn of(call: &Call) -> Self {
        match call {
            Call::Availability { .. } => Self::Availability,
            Call::Create(_) => Self::Create,
            Call::Find { .. } => Self::Find,
            Call::Describe { .. } => Self::Describe,
            Call::List => Self::List,
            Call::Terminate { .. } => Self::Terminate,
            Call::Environment { ask, .. } => match ask {
                Ask::Start { .. } => Self::Start,
                Ask::Observe => Self::Observe,
                Ask::Stop { .. } => Self::Stop,
                _ => Self::Environment,
            },
        }
    }

    fn covers(self, kind: Self) -> bool {
        self == Self::Any || self == kind
    }

    fn has_effect(self) -> bool {
        matches!(self, Self::Create | Self::Terminate | Self::Start | Self::Stop)
    }
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It takes so many milliseconds longer.
    Slow(i64),
    /// It has no effect and never answers.
    NeverBefore,
    /// It has its effect and never answers.
    NeverAfter,
    /// It never answers, and has its effect so many milliseconds later, even when nobody waits for it any more.
    Late(i64),
    /// It has its effect, and the answer is an error.
    AnswerLost,
    /// Its idempotency key counts for nothing.
    KeyIgnored,
    /// It has no effect: there were too many calls.
    Throttled,
    /// It has no effect: the cloud, or the machine, cannot be reached.
    Unreachable,
    /// There is no machine left.
    NoCapacity,
    /// The answer is wrong.
    Wrong(Wrong),
    /// The machine that is made never gets ready.
    NeverReady,
    /// The machine that is made dies after so many milliseconds.
    Dies(i64),
    /// Removing the machine fails for so many milliseconds from now on; at its creation: from the first attempt on.
    Resists(i64),
}

/// How an answer is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// A machine is in a state that there is not.
    State,
    /// There is a machine of an instance that nobody knows, or that was not asked for.
    Id,
    /// A machine has another price.
    Price,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// Milliseconds until it has its effect.
    pub before: i64,
    /// Milliseconds from then until it answers.
    pub after: i64,
    /// By how many milliseconds what it finds lags behind.
    pub lag: i64,
    /// What goes wrong.
    pub trouble: Option<Trouble>,
}

impl Default for Faults {
    fn default() -> Self {
        Self::none()
    }
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self {
            slow: 0.0,
            slowness: Span::seconds(5, 45),
            never: 0.0,
            late: 0.0,
            lateness: Span::seconds(31, 120),
            answer_lost: 0.0,
            key_ignored: 0.0,
            lag: Span::NONE,
            wrong_answer: 0.0,
            throttled: 0.0,
            outages_per_hour: 0.0,
            outage: Span::seconds(30, 600),
            terminate_fails: 0.0,
            resistance: HOUR,
            never_ready: 0.0,
            dies: 0.0,
            lifetime: Span::seconds(1, 1800),
            environment_unreachable: 0.0,
            hint_lost: 0.0,
            until: None,
            script: Vec::new(),
        }
    }

    /// Everything goes wrong now and then.
    #[must_use]
    pub fn some() -> Self {
        Self {
            slow: 0.03,
            never: 0.01,
            answer_lost: 0.05,
            key_ignored: 0.1,
            lag: Span::seconds(0, 8),
            wrong_answer: 0.02,
            throttled: 0.05,
            outages_per_hour: 0.3,
            terminate_fails: 0.1,
            never_ready: 0.05,
            dies: 0.1,
            environment_unreachable: 0.03,
            hint_lost: 0.2,
            ..Self::none()
        }
    }

    /// The same plan with nothing wrong from this moment on.
    #[must_use]
    pub fn until(self, at: Timestamp) -> Self {
        Self { until: Some(at), ..self }
    }

    /// The same plan with something that goes wrong once, at the next call of this kind.
    #[must_use]
    pub fn once(self, on: On, what: Trouble) -> Self {
        self.then(Scripted { on, after: 0, times: 1, what })
    }

    /// The same plan with one thing more in its script.
    #[must_use]
    pub fn then(mut self, scripted: Scripted) -> Self {
        self.script.push(scripted);
        self
    }
}
