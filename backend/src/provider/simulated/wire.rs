//! What is asked of a simulated cloud, and what it answers: the same in the process and over HTTP.

use berth_shared::{
    api::{InstanceId, LogChunk, TerminalId, TerminalInfo, Usage, UsageHistory, UsageSpan},
    catalog::Availability,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::provider::{JobObservation, JobSpec};

/// What a machine carries so that it is found again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tag {
    /// Which Berth made it.
    pub installation: String,
    /// For which instance.
    pub id: InstanceId,
    /// For people.
    pub name: String,
}

/// Machines of one kind in one place, which are scarce together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pool {
    /// Where.
    pub region: String,
    /// Which type.
    pub instance_type: String,
    /// Whether they may be taken back.
    pub spot: bool,
}

/// Asks for a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Of two orders with the same key the second makes nothing and answers as the first did; `None` = make one.
    pub key: Option<String>,
    /// What it is to carry.
    pub tag: Tag,
    /// Which.
    pub pool: Pool,
    /// Model and number of its GPUs, where a type is sold with several.
    pub gpu: Option<(String, u32)>,
}

/// Asks something of a cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Whether machines can be had now.
    Availability {
        /// Which.
        pools: Vec<Pool>,
    },
    /// Makes a machine.
    Create(Order),
    /// The machines with this tag. May lag behind.
    Find {
        /// Which Berth's.
        installation: String,
        /// Which instance's.
        id: InstanceId,
    },
    /// The machine with this handle. Does not lag.
    Describe {
        /// Its handle.
        handle: String,
    },
    /// All machines that are not gone. May lag behind.
    List,
    /// Removes a machine.
    Terminate {
        /// Its handle.
        handle: String,
    },
    /// Asks something of the environment on a machine.
    Environment {
        /// The machine's handle.
        handle: String,
        /// What.
        ask: Ask,
    },
}

/// Asks something of the environment on a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Begins a job.
    Start {
        /// Which. Its variables are not sent: they may be secret, and nothing would use them.
        job: Box<JobSpec>,
    },
    /// How the job is.
    Observe,
    /// Ends the job.
    Stop {
        /// How long its processes may take.
        grace_seconds: u32,
    },
    /// A piece of the log.
    Logs {
        /// From there on.
        after: u64,
    },
    /// What is in use.
    Stats,
    /// What was in use.
    Usage {
        /// Over which time.
        span: UsageSpan,
    },
    /// Opens a terminal.
    OpenTerminal {
        /// Its identifier.
        id: TerminalId,
    },
    /// The terminals.
    Terminals,
    /// Types into a terminal, possibly nothing, and reads it.
    Terminal {
        /// Which.
        id: TerminalId,
        /// What is typed.
        typed: String,
        /// From where on it is read; `None` = from the first byte that is kept.
        after: Option<u64>,
    },
}

/// What a cloud answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// It is accepted.
    Done,
    /// A machine is being made, or was made before under this key.
    Created {
        /// Its handle.
        handle: String,
    },
    /// Machines.
    Machines {
        /// In the order in which they were made.
        machines: Vec<Seen>,
    },
    /// Whether machines can be had, in the order of the question.
    Availability {
        /// One for each.
        pools: Vec<Availability>,
    },
    /// How the job is.
    Job {
        /// How.
        job: JobObservation,
    },
    /// A piece of the log.
    Log {
        /// The piece.
        chunk: LogChunk,
    },
    /// What is in use.
    Stats {
        /// What.
        usage: Usage,
    },
    /// What was in use.
    Usage {
        /// What.
        history: UsageHistory,
    },
    /// The terminals.
    Terminals {
        /// Oldest first.
        terminals: Vec<TerminalInfo>,
    },
    /// What a terminal wrote.
    Terminal {
        /// Number of the first byte of it.
        offset: u64,
        /// What.
        text: String,
        /// How its shell has ended.
        exit_code: Option<i32>,
    },
}

/// A machine as a cloud tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The cloud's own name for it.
    pub handle: String,
    /// What it carries; `None` = somebody else made it.
    pub tag: Option<Tag>,
    /// `pending`, `running`, `stopping` or `gone`; anything at all when the cloud answers wrongly.
    pub state: String,
    /// Why it went by itself.
    pub message: Option<String>,
    /// When it is taken back, once that was announced.
    pub leaves_at: Option<Timestamp>,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Since when it costs.
    pub billed_from: Option<Timestamp>,
    /// Until when it cost.
    pub billed_to: Option<Timestamp>,
    /// US dollars an hour.
    pub price: f64,
}

/// Why a cloud does not do as it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", content = "message", rename_all = "snake_case")]
pub enum CloudError {
    /// There is no such machine to be had now.
    #[error("{0}")]
    NoCapacity(String),
    /// There is no such machine, job or terminal.
    #[error("{0}")]
    NotFound(String),
    /// Asked at the wrong moment.
    #[error("{0}")]
    NotReady(String),
    /// Too many calls.
    #[error("{0}")]
    Throttled(String),
    /// The cloud or the machine cannot be reached, or its answer got lost: nobody knows whether it was carried out.
    #[error("{0}")]
    Unreachable(String),
    /// Something is wrong with the cloud.
    #[error("{0}")]
    Internal(String),
    /// It will never work.
    #[error("{0}")]
    Refused(String),
}
