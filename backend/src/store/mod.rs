//! What is remembered: runs, jobs, instances, events; users and sessions. Traits here, databases below.
//!
//! Every change of a run, job or instance is written in one transaction with its event, and the event keeps
//! what the change left behind, so that a replay of the events gives the same state.

mod open;
mod sqlite;

use berth_shared::{
    api::{Event, EventSeq, Instance, Run, RunId},
    time::Timestamp,
};

pub use open::{OpenError, Store, open};

/// An event with what it left behind, as it goes over the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// The event.
    pub event: Event,
    /// The run after it, when it concerns one that still exists.
    pub run: Option<Run>,
    /// The instance after it, when it concerns one.
    pub instance: Option<Instance>,
    /// The run that it deleted.
    pub deleted_run: Option<RunId>,
}

/// Everything a page begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The last event it contains.
    pub seq: EventSeq,
    /// Runs that are not finished and the newest finished ones, newest first.
    pub runs: Vec<Run>,
    /// Instances that are not terminated.
    pub instances: Vec<Instance>,
    /// When it was taken.
    pub at: Timestamp,
}
