//! Events: what happened, one for each transition.

use serde::{Deserialize, Serialize};

use super::{EventSeq, InstanceId, Offered, RunId};
use crate::{json::FromJson, time::Timestamp};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Its number.
    pub seq: EventSeq,
    /// When.
    pub at: Timestamp,
    /// The project that it happened in; absent = on the server, and in no project of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// To what.
    pub subject: Subject,
    /// The run it concerns.
    pub run_id: Option<RunId>,
    /// The instance it concerns.
    pub instance_id: Option<InstanceId>,
    /// The status before, in the subject's words; `None` when it came to be, or when the status stayed.
    pub from: Option<String>,
    /// The status after; `None` when the status stayed and something else happened.
    pub to: Option<String>,
    /// Why, in the words of [`super::RunReason`] or [`super::JobReason`].
    pub reason: Option<String>,
    /// What happened, for people.
    pub message: String,
    /// The user who did it; `None` = the server.
    pub actor: Option<String>,
    /// What was offered, where a machine was chosen. The stream leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Box<Offered>>,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A run.
    Run,
    /// One attempt of a run.
    Job,
    /// An instance.
    Instance,
    /// A pool.
    Pool,
    /// A limit: a budget that is nearly spent, or is.
    Limit,
    /// The project itself: its settings.
    Project,
}

/// A piece of what happened, oldest first. `GET /api/v1/events`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventPage {
    /// The events.
    pub items: Vec<Event>,
    /// Give this as `?after=` to go on. There is more already when it is below `newest`.
    pub next: EventSeq,
    /// The number of the last event of all.
    pub newest: EventSeq,
}
