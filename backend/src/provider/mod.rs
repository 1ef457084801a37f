//! Where machines come from: the seam between the orchestrator and the world.
//!
//! A [`Provider`] makes and removes instances; the [`Environment`] on one carries out a job and gives byte
//! streams. Everything people work with (terminals, logs, SSH, ports) is built on [`Environment`] alone.
//! Nothing in here knows the database.

pub mod container;
pub mod local;
pub mod remote;
pub(crate) mod share;
pub mod simulated;
pub mod supervised;

use std::{pin::Pin, sync::Arc};

pub use crate::supervisor::spec::{CreateRequest, ExecSpec, JobObservation, JobSpec, Via};
use async_trait::async_trait;
use berth_shared::{
    api::{
        Allocation, DEFAULT_POOL, ImagePull, InstanceId, Isolation, JobId, LogChunk, NOT_HONOURED, PlanNote,
        PlannedOffer, TerminalId, TerminalInfo, TerminalSize, Usage, UsageHistory, UsageSpan,
    },
    config::{Configuration, Written},
    honour::{self, Place, Unmet},
    time::Timestamp,
};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{broadcast, mpsc},
};

/// A source of machines. Every call may be repeated: after a crash nobody knows whether it was carried out.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The backend's name, as in `backends:`.
    fn name(&self) -> &str;

    /// Whether an instance may be kept without a run. Where it may not, its job's end is its end.
    fn keeps_idle(&self) -> bool;

    /// After how many seconds a steady instance and its job are looked at when [`Provider::changes`] told nothing.
    fn poll_seconds(&self) -> i64;

    /// For how many seconds after a call what is listed, or found by its tag, may not know of it yet.
    fn lag_seconds(&self) -> i64 {
        0
    }

    /// Whether there is, or may be, anything of it. Where not, its rows are left to other processes, and jobs that are to be placed to
    /// those which have a provider in use.
    fn in_use(&self) -> bool {
        true
    }

    /// What could be created now.
    async fn plan(&self, request: &PlanInput<'_>) -> Result<ProviderPlan, ProviderError>;

    /// Makes the instance, or does nothing when one with this id exists or is being made: it is looked up by its tag
    /// before anything is made. Answers when the request is accepted; [`Provider::observe`] tells how it goes.
    async fn create(&self, request: &CreateRequest) -> Result<(), ProviderError>;

    /// How the instance is.
    async fn observe(&self, id: InstanceId) -> Result<InstanceObservation, ProviderError>;

    /// Removes the instance and all that belongs to it, or does nothing when there is none. It is gone
    /// when [`Provider::observe`] says [`InstanceObservation::Gone`], not before.
    async fn terminate(&self, id: InstanceId) -> Result<(), ProviderError>;

    /// Everything that it has and that carries a tag of Berth's, one entry for each thing, in whatever state; what is
    /// gone may be left out.
    async fn list(&self) -> Result<Vec<Listed>, ProviderError>;

    /// Where more than one thing carries this tag: keeps the one that [`Provider::observe`] speaks of, and removes the
    /// others. Does nothing else. Gives the handles of those that are being removed, with an error only when there is none.
    async fn remove_copies(&self, id: InstanceId) -> Result<Vec<String>, ProviderError>;

    /// The environment on an instance that is [`InstanceObservation::Ready`].
    async fn environment(&self, id: InstanceId) -> Result<Arc<dyn Environment>, ProviderError>;

    /// Tells when an instance or its environment may have changed, so that nobody has to poll. May lag or
    /// miss: it is a hint to observe.
    fn changes(&self) -> broadcast::Receiver<InstanceId>;
}

/// What a job runs in.
#[async_trait]
pub trait Environment: Send + Sync {
    /// Begins the job: `setup`, then `init`; then it rests until it is stopped. Does nothing when this
    /// job was begun before, or one of a later [`JobSpec::turn`]. What is left of a job of an earlier turn is killed first.
    async fn start(&self, job: &JobSpec) -> Result<(), ProviderError>;

    /// How the job is.
    async fn observe(&self) -> Result<JobObservation, ProviderError>;

    /// Brings the archive that the job waits for ([`JobObservation::WaitingForCode`]). Answers when it was unpacked or cannot be,
    /// which [`Environment::observe`] tells.
    async fn deliver(&self, _job: JobId, _code: CodeStream) -> Result<(), ProviderError> {
        Err(ProviderError::NotReady("this environment takes no code".to_owned()))
    }

    /// How far the image of a job that begins is; `None` when none is pulled, or this process does not pull it.
    async fn pull(&self) -> Option<ImagePull> {
        None
    }

    /// Asks all processes of the job to end (SIGTERM) and kills what is left after `grace_seconds`; 0 kills
    /// at once. Answers when the request is accepted.
    async fn stop(&self, grace_seconds: u32) -> Result<(), ProviderError>;

    /// A piece of the log from `after` on: at most about 64 KiB, possibly nothing.
    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError>;

    /// What is in use now.
    async fn stats(&self) -> Result<Usage, ProviderError>;

    /// What was in use.
    async fn usage(&self, _span: UsageSpan) -> Result<UsageHistory, ProviderError> {
        Err(ProviderError::NotReady("what this environment used is not kept".to_owned()))
    }

    /// Runs a program; with a terminal of its own where that is asked for.
    async fn exec(&self, spec: &ExecSpec) -> Result<Exec, ProviderError>;

    /// Connects to a port that something in the environment listens on.
    async fn dial(&self, port: u16) -> Result<ByteStream, ProviderError>;

    /// Opens a terminal with the user's shell, or does nothing when one with this id is open.
    async fn open_terminal(&self, id: TerminalId, size: TerminalSize) -> Result<(), ProviderError>;

    /// Terminals that were opened, oldest first; ended ones are kept for a while.
    async fn terminals(&self) -> Result<Vec<TerminalInfo>, ProviderError>;

    /// Attaches to a terminal: output from `after` on (from the start of what is kept when `None` or lost).
    async fn attach_terminal(&self, id: TerminalId, after: Option<u64>) -> Result<Attached, ProviderError>;
}

/// An archive, piece by piece.
pub type CodeStream = Pin<Box<dyn Stream<Item = std::io::Result<Vec<u8>>> + Send>>;

/// Bytes both ways.
pub type ByteStream = Pin<Box<dyn AsyncReadWrite>>;

/// [`AsyncRead`] and [`AsyncWrite`] in one.
pub trait AsyncReadWrite: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> AsyncReadWrite for T {}

/// What a configuration of dstack 0.22 asks for in vain in a place: what offers are noted to leave out, and what is refused.
pub(crate) fn unmet(configuration: &Configuration, place: Place) -> (Vec<PlanNote>, Vec<PlanNote>) {
    let note = |unmet: Unmet| {
        // As the end of a sentence.
        let why = unmet.why.strip_suffix('.').unwrap_or(unmet.why);
        let why: String =
            why.chars().take(1).flat_map(char::to_lowercase).chain(why.chars().skip(1)).collect();
        let message = if unmet.refuses {
            format!("`{}` cannot be had here: {why}; leave it out to launch without it", unmet.path)
        } else {
            format!("nothing comes of `{}` here: {why}", unmet.path)
        };
        (unmet.refuses, PlanNote { code: NOT_HONOURED.to_owned(), path: unmet.path.to_owned(), message })
    };
    let (refused, left): (Vec<_>, Vec<_>) =
        honour::unmet(configuration, place).into_iter().map(note).partition(|(refuses, _)| *refuses);
    let notes = |notes: Vec<(bool, PlanNote)>| notes.into_iter().map(|(_, note)| note).collect();
    (notes(left), notes(refused))
}

/// What a plan is made for.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    /// The configuration.
    pub configuration: &'a Configuration,
    /// Which requirements its author wrote.
    pub written: Written,
    /// What this provider's active instances hold already.
    pub held: &'a [Allocation],
    /// The pool that the configuration uses, and the one that is used where none is named.
    pub pool: Pools<'a>,
}

/// Which pool is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pools<'a> {
    /// The one that the configuration uses.
    pub wanted: &'a str,
    /// The one of whatever names none.
    pub default: &'a str,
}

impl Default for Pools<'_> {
    fn default() -> Self {
        Self { wanted: DEFAULT_POOL, default: DEFAULT_POOL }
    }
}

/// What a provider could create.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderPlan {
    /// Offers that fit, cheapest first.
    pub offers: Vec<PlannedOffer>,
    /// Why there is none, when there is none.
    pub refusals: Vec<PlanNote>,
}

/// What a provider itself says about when something cost; `None` = it does not say, and our own clock has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billing {
    /// When it began to cost.
    pub from: Option<Timestamp>,
    /// When it ceased to.
    pub to: Option<Timestamp>,
}

/// Something that a provider has.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The tag that it carries. Two things may carry the same.
    pub id: InstanceId,
    /// Whether this installation made it. What another one made is not ours to remove.
    pub ours: bool,
    /// The provider's own name for it.
    pub handle: String,
    /// The name that it carries for people.
    pub name: Option<String>,
    /// When it cost.
    pub billing: Billing,
    /// US dollars an hour, when its provider says.
    pub price: Option<f64>,
}

/// How an instance is, as its provider sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum InstanceObservation {
    /// Being made.
    Creating {
        /// When it cost.
        billing: Billing,
    },
    /// There.
    Ready {
        /// How its environment is kept apart.
        isolation: Isolation,
        /// When it cost.
        billing: Billing,
        /// When its provider will take it away, once that has been announced.
        leaves_at: Option<Timestamp>,
    },
    /// Being removed.
    Removing {
        /// When it cost.
        billing: Billing,
    },
    /// Not there: never made, or removed.
    Gone {
        /// Why, when it went by itself.
        message: Option<String>,
        /// When it cost.
        billing: Billing,
    },
}

impl InstanceObservation {
    /// When it cost, as far as its provider says.
    #[must_use]
    pub const fn billing(&self) -> Billing {
        match self {
            Self::Creating { billing }
            | Self::Ready { billing, .. }
            | Self::Removing { billing }
            | Self::Gone { billing, .. } => *billing,
        }
    }
}

/// A program that runs, with or without a terminal.
pub struct Exec {
    /// Its standard input; dropping it closes it.
    pub stdin: Pin<Box<dyn AsyncWrite + Send>>,
    /// Its output, then its end. Bounded: who does not read holds the program up.
    pub output: mpsc::Receiver<ExecOutput>,
    /// New sizes of its terminal, where it has one. Bounded.
    pub resize: mpsc::Sender<TerminalSize>,
}

/// What comes out of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecOutput {
    /// Bytes of its standard output.
    Stdout(Vec<u8>),
    /// Bytes of its standard error.
    Stderr(Vec<u8>),
    /// It has ended: 0-255, or 128 + signal. Nothing follows.
    Exited(i32),
}

/// A terminal that one is attached to. Dropping it detaches; the terminal lives on.
pub struct Attached {
    /// Number of the first byte that `output` brings, of all that the terminal ever wrote.
    pub offset: u64,
    /// Number of the first byte that nobody was sent before.
    pub seen: u64,
    /// What the terminal writes, then its end. Bounded.
    pub output: mpsc::Receiver<TerminalOutput>,
    /// What goes to it. Bounded.
    pub input: mpsc::Sender<TerminalInput>,
}

/// From a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalOutput {
    /// Bytes.
    Bytes(Vec<u8>),
    /// Its shell has ended: 0-255, or 128 + signal. Nothing follows.
    Exited(i32),
}

/// To a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalInput {
    /// Keys.
    Bytes(Vec<u8>),
    /// A new size.
    Resize(TerminalSize),
}

/// What can go wrong between the orchestrator and the world.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The machine cannot be had now; the next offer may do.
    #[error("no capacity: {0}")]
    NoCapacity(String),
    /// There is no such instance, job or terminal.
    #[error("{0} is not there")]
    NotFound(String),
    /// Asked at the wrong moment, such as a terminal before the job runs.
    #[error("{0}")]
    NotReady(String),
    /// It may work later: unreachable, throttled, timed out.
    #[error("{message}")]
    Temporary {
        /// What happened, for people.
        message: String,
        /// What lies beneath.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It will not work however often it is tried.
    #[error("{message}")]
    Permanent {
        /// What happened and what to do, for people.
        message: String,
        /// What lies beneath.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}
