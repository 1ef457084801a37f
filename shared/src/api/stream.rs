//! The stream: one WebSocket a page at `/api/v1/stream`, one JSON message a frame.
//!
//! A page connects with `?after=SEQ` when it knows events up to `SEQ`, without when it knows none. The
//! server sends either the events that followed, or a [`ServerMessage::Snapshot`] when there was none known
//! or too many were missed. From then on each event comes exactly once, in order, with `seq` one above the
//! one before.

use serde::{Deserialize, Serialize};

use super::{
    CatalogInfo, Event, EventSeq, GpuUsage, Instance, LogChunk, NetworkUsage, Run, RunId, ServerInfo, User,
};
use crate::{json::FromJson, time::Timestamp};

/// From the server, over the stream. `seq` is always the number of the last event that the page then knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The connection stands: who is there. Always the first message.
    Hello {
        /// The last event known.
        seq: EventSeq,
        /// The server.
        server: ServerInfo,
        /// The person whose session it is.
        user: User,
        /// The server's time, for clocks in the page.
        now: Timestamp,
    },
    /// Everything, to start from. What the page knew before is void.
    Snapshot {
        /// The last event it contains.
        seq: EventSeq,
        /// Runs that are not finished, and the newest finished ones (at most 200), newest first.
        runs: Vec<Run>,
        /// Instances that are not terminated.
        instances: Vec<Instance>,
        /// Whether this is a piece of it, which the next snapshot message on the connection goes on with. Events come only
        /// after the last piece.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// One event and what it left behind.
    Event {
        /// Its number.
        seq: EventSeq,
        /// The event, without what was offered: `GET /api/v1/runs/NAME` has that.
        event: Event,
        /// The run after it, when it concerns one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<Box<Run>>,
        /// The instance after it, when it concerns one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<Box<Instance>>,
        /// The run that was deleted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deleted_run: Option<RunId>,
    },
    /// Nothing up to this number that was not told concerns the project.
    Elsewhere {
        /// The last event that there is nothing to tell of.
        seq: EventSeq,
    },
    /// The server has another catalogue of offers now; prices and offers that the page shows may be past.
    Catalog {
        /// The last event known.
        seq: EventSeq,
        /// The catalogue.
        catalog: CatalogInfo,
    },
    /// The past events of a run, in answer to a subscription to `timeline`. Those that follow come as
    /// `event`s.
    Timeline {
        /// The last event known.
        seq: EventSeq,
        /// The run.
        run_id: RunId,
        /// Its text, as it was submitted.
        configuration: String,
        /// Its events up to `seq`, oldest first.
        events: Vec<Event>,
    },
    /// A piece of a log that was subscribed to.
    Log {
        /// The last event known.
        seq: EventSeq,
        /// The run.
        run_id: RunId,
        /// The piece.
        chunk: LogChunk,
    },
    /// What an environment that was subscribed to uses.
    Usage {
        /// The last event known.
        seq: EventSeq,
        /// The run.
        run_id: RunId,
        /// The figures.
        usage: Usage,
    },
    /// Answers a `ping`.
    Pong {
        /// The last event known.
        seq: EventSeq,
        /// What the page sent.
        id: u64,
        /// The server's time.
        now: Timestamp,
    },
    /// The last frame made no sense or asked for what is not there; the connection stays.
    Error {
        /// The last event known.
        seq: EventSeq,
        /// Stable name: `malformed-frame`, `unknown-run`, `too-many-subscriptions`.
        code: String,
        /// In words.
        message: String,
    },
}

/// How many finished runs a snapshot contains at most: a page keeps no more of them by itself, however long it is open.
pub const SNAPSHOT_FINISHED: u32 = 200;

/// Joins the pieces of a [`ServerMessage::Snapshot`]; one for each connection.
#[derive(Debug, Default)]
pub struct SnapshotPieces {
    runs: Vec<Run>,
    instances: Vec<Instance>,
}

impl SnapshotPieces {
    /// Keeps a piece that is not the last and gives nothing; gives the whole for the last one, and any other message as it
    /// is.
    pub fn join(&mut self, message: ServerMessage) -> Option<ServerMessage> {
        let ServerMessage::Snapshot { seq, runs, instances, more } = message else { return Some(message) };
        if self.runs.is_empty() && self.instances.is_empty() && !more {
            return Some(ServerMessage::Snapshot { seq, runs, instances, more });
        }
        self.runs.extend(runs);
        self.instances.extend(instances);
        if more {
            return None;
        }
        let Self { runs, instances } = std::mem::take(self);
        Some(ServerMessage::Snapshot { seq, runs, instances, more })
    }
}

/// From the page, over the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Asks for more about something.
    Subscribe {
        /// About what.
        topic: Topic,
    },
    /// No longer.
    Unsubscribe {
        /// About what; offsets are ignored.
        topic: Topic,
    },
    /// Asks for a sign of life.
    Ping {
        /// Comes back.
        id: u64,
    },
}

/// What can be subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Topic {
    /// The text and the past events of a run.
    Timeline {
        /// The run.
        run_id: RunId,
    },
    /// A run's log, past and to come.
    Logs {
        /// The run.
        run_id: RunId,
        /// Where to begin: 0, or the `next_offset` of the last piece.
        after: u64,
    },
    /// What a running environment uses, every two seconds.
    Usage {
        /// The run.
        run_id: RunId,
    },
}

/// What an environment uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// When it was measured.
    pub at: Timestamp,
    /// CPU time used so far, milliseconds of one CPU.
    pub cpu_millis: u64,
    /// CPUs in use since the sample before, 0 to the number of CPUs; `None` for the first sample.
    pub cpus: Option<f64>,
    /// RAM in use, bytes.
    pub memory_bytes: u64,
    /// Limit of RAM, bytes; `None` = none enforced.
    pub memory_limit_bytes: Option<u64>,
    /// Processes.
    pub processes: u32,
    /// What the files in the environment's folders take up, bytes; `None` while it is not known. Measured once a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// What went over its network so far; `None` where it has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkUsage>,
    /// Its GPUs, in the order of their indices; none where they cannot be measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<GpuUsage>,
}
