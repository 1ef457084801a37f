//! Runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Event, EventSeq, InstanceId, JobReason, RunCode, RunId, RunReason, RunStatus, project::default_project,
};
use crate::{
    catalog::Offer,
    ide::Ide,
    json::FromJson,
    time::{Timestamp, cost},
};

/// A run, as lists and the stream show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Run {
    /// Its identifier; stays when the name is used again.
    pub id: RunId,
    /// Its name: `^[a-z][a-z0-9-]{1,40}$`, unique among the project's runs that are not finished.
    pub name: String,
    /// The project that it belongs to.
    #[serde(default = "default_project")]
    pub project: String,
    /// Who submitted it.
    pub owner: String,
    /// Where it stands.
    pub status: RunStatus,
    /// Since when it stands there.
    pub status_since: Timestamp,
    /// What it is doing right now, for people: "setup 1 of 2: pip install -r requirements.txt".
    pub progress: Option<String>,
    /// Why it ends or ended.
    pub reason: Option<RunReason>,
    /// Why its job ended.
    pub job_reason: Option<JobReason>,
    /// The reason in words, with what to do.
    pub message: Option<String>,
    /// When it was asked for.
    pub submitted_at: Timestamp,
    /// When the machine that it is on, or was on last, began to cost it.
    pub billed_from: Option<Timestamp>,
    /// When that machine ceased to cost it.
    pub billed_to: Option<Timestamp>,
    /// What earlier machines of it came to, US dollars: those of former attempts, and those that could not be used.
    #[serde(default)]
    pub earlier_cost: f64,
    /// How often it has been submitted, from 1; 0 while it waits for its schedule to begin it for the first time.
    #[serde(default = "one")]
    pub attempts: u32,
    /// When it is submitted again, while it is `pending`.
    #[serde(default)]
    pub retry_at: Option<Timestamp>,
    /// The cron expressions by which it begins, and begins again (`schedule`), in UTC; none = once, when it is submitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<String>,
    /// When it begins next by them, while it is `pending` for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// When it will be stopped because of `max_duration`.
    pub stops_at: Option<Timestamp>,
    /// After how many seconds without anybody it is stopped (`inactivity_duration`); `None` = it is not.
    #[serde(default)]
    pub inactivity_seconds: Option<i64>,
    /// When it will be stopped because of that, unless somebody comes; `None` while somebody works in it.
    #[serde(default)]
    pub inactive_at: Option<Timestamp>,
    /// The offer it was given; of a machine that is shared, its share: no more vCPUs and RAM than it may use.
    pub offer: Option<Offer>,
    /// The instance it is or was on.
    pub instance_id: Option<InstanceId>,
    /// The ports it asked for, (local or `None` for any, container).
    pub ports: Vec<(Option<u32>, u32)>,
    /// The code that it works on, where there is some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<RunCode>,
    /// The IDE that it was asked to be worked in with: `vscode`, `cursor`, `windsurf` or `zed`; `None` = in none.
    #[serde(default = "usual_ide")]
    pub ide: Option<String>,
    /// Which of the project's runs that wait for the same machine has it first: the highest, 0 to 100.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i64,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

impl Run {
    /// One of the default project that was submitted just now, at `at`.
    #[must_use]
    pub fn submitted(id: RunId, name: impl Into<String>, owner: impl Into<String>, at: Timestamp) -> Self {
        Self {
            id,
            name: name.into(),
            project: default_project(),
            owner: owner.into(),
            status: RunStatus::Submitted,
            status_since: at,
            progress: None,
            reason: None,
            job_reason: None,
            message: None,
            submitted_at: at,
            billed_from: None,
            billed_to: None,
            earlier_cost: 0.0,
            attempts: 1,
            retry_at: None,
            schedule: Vec::new(),
            due_at: None,
            started_at: None,
            finished_at: None,
            stops_at: None,
            inactivity_seconds: None,
            inactive_at: None,
            offer: None,
            instance_id: None,
            ports: Vec::new(),
            code: None,
            ide: usual_ide(),
            priority: 0,
            tags: BTreeMap::new(),
        }
    }

    /// US dollars so far; what it came to once it is over.
    #[must_use]
    pub fn cost(&self, now: Timestamp) -> f64 {
        let last = match (&self.offer, self.billed_from) {
            (Some(offer), Some(from)) => cost(offer.price, from, self.billed_to.unwrap_or(now)),
            _ => 0.0,
        };
        self.earlier_cost + last
    }

    /// What may be done with it now. The one source for buttons, the command line and the server.
    #[must_use]
    pub fn actions(&self) -> Actions {
        let finished = self.status.is_finished();
        Actions {
            stop: !finished && self.status != RunStatus::Terminating,
            abort: !finished,
            terminal: self.status == RunStatus::Running,
            delete: finished,
        }
    }
}

/// What every run was asked to be worked in with before there was a choice.
fn usual_ide() -> Option<String> {
    Some(Ide::VsCode.name().to_owned())
}

/// As serde asks it.
const fn is_zero(number: &i64) -> bool {
    *number == 0
}

const fn one() -> u32 {
    1
}

/// What may be done with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actions {
    /// Stop it gracefully.
    pub stop: bool,
    /// Stop it by force.
    pub abort: bool,
    /// Open a terminal.
    pub terminal: bool,
    /// Remove it from the list.
    pub delete: bool,
}

/// A run with everything about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunDetail {
    /// The number of the last event that this answer knows.
    pub seq: EventSeq,
    /// The run.
    pub run: Run,
    /// The text it was made from, as it was submitted.
    pub configuration: String,
    /// What happened to it and to its instance, oldest first.
    pub events: Vec<Event>,
}

/// Asks for a run. `POST /api/v1/runs`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SubmitRequest {
    /// The text of the `.dstack.yml`.
    pub configuration: String,
    /// The run's name; made up (adjective-animal-number) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Values for the variables that the text names without a value. Not stored in the text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// The most that the submitter has agreed to pay, US dollars an hour: the price of the plan they saw.
    /// When the best offer now costs more, the answer is 409 `price-changed` with the new price, and nothing is made. Who
    /// gives none is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_price: Option<f64>,
    /// Version of the catalogue of that plan; said again when the price has changed because the catalogue has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_catalog: Option<String>,
    /// The code to work on, in place of what `repos` of the text names. An archive must have been sent before, by
    /// `PUT /api/v1/code/SHA256`, by the same person; what `files` of the text names comes by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<RunCode>,
    /// Whether there is no code, whatever `repos` of the text names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_code: bool,
}

/// Asks for a run's end. `POST /api/v1/runs/NAME/stop`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StopRequest {
    /// Kill at once instead of asking first. A second stop forces too.
    #[serde(default)]
    pub abort: bool,
}

/// Has a run wait longer for somebody before it is stopped because of `inactivity_duration`. `POST /api/v1/runs/NAME/keep`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeepRun {
    /// For how many seconds from now on it is as if somebody worked in it, 1 to 2,592,000 (30 days).
    pub seconds: i64,
}
