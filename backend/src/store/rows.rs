//! Rows: everything the machines know about a run, a job or an instance.
//!
//! What is wanted (`desired`) and what was last seen are kept apart. `version` counts the changes of a row; a
//! change is only written over the version that it was made from.

use std::collections::BTreeMap;

use berth_shared::{
    api::{Instance, InstanceId, JobId, JobReason, JobStatus, Run, RunId},
    config::{Configuration, UtilizationPolicy, Written},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::provider::CreateRequest;

/// What people see of a [`RunRow`], for lists: the rest is not even read.
#[derive(Debug, Deserialize)]
pub(super) struct RunView {
    pub(super) run: Run,
}

/// The same of an [`InstanceRow`].
#[derive(Debug, Deserialize)]
pub(super) struct InstanceView {
    pub(super) instance: Instance,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// Changes so far; 0 = not written yet.
    #[serde(skip)]
    pub version: u64,
    /// What people see of it.
    pub run: Run,
    /// What is wanted of it.
    pub desired: RunDesired,
    /// Its newest attempt.
    pub job_id: JobId,
    /// For how many seconds it is submitted again when there is no capacity; `None` = it is not.
    pub retry_seconds: Option<i64>,
    /// Upon what it is.
    #[serde(default)]
    pub retry_on: RetryOn,
    /// The job and the instance that [`Run::billed_from`] and [`Run::billed_to`] are about.
    #[serde(default)]
    pub paying: Option<(JobId, InstanceId)>,
    /// Offers that were lost since it last ran, as [`offer_key`] makes them: others are tried first.
    #[serde(default)]
    pub avoid: Vec<String>,
    /// Since when it has been without capacity; `None` while it has some.
    pub retry_since: Option<Timestamp>,
    /// When its schedule had it begin last; `None` = never yet, or it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggered_at: Option<Timestamp>,
    /// The most that was agreed to, US dollars an hour.
    pub agreed_price: Option<f64>,
    /// The longest that it may run, in seconds.
    pub max_duration: Option<i64>,
    /// How long its processes have to end when they are asked to, in seconds; `None` = as long as usual.
    #[serde(default)]
    pub stop_seconds: Option<u32>,
    /// When it is stopped because its GPUs are not used; `None` = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilization: Option<UtilizationPolicy>,
}

/// Upon what a run is submitted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryOn {
    /// No machine can be had.
    pub no_capacity: bool,
    /// Its machine goes away.
    pub interruption: bool,
    /// What runs in it fails.
    pub error: bool,
}

impl Default for RetryOn {
    /// As dstack 0.18 has it.
    fn default() -> Self {
        Self { no_capacity: true, interruption: true, error: false }
    }
}

/// What is wanted of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunDesired {
    /// That it runs.
    Running,
    /// That it ends, gracefully.
    Stopped,
    /// That it ends at once.
    Aborted,
}

/// One attempt of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// Changes so far; 0 = not written yet.
    #[serde(skip)]
    pub version: u64,
    /// Its identifier.
    pub id: JobId,
    /// Whose attempt it is.
    pub run_id: RunId,
    /// Where it stands.
    pub status: JobStatus,
    /// Since when it stands there.
    pub status_since: Timestamp,
    /// What is wanted of it.
    pub desired: JobDesired,
    /// Why it ends or ended.
    pub reason: Option<JobReason>,
    /// The reason in words.
    pub message: Option<String>,
    /// What it is doing right now, for people.
    pub progress: Option<String>,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// The commit of the repository that was cloned for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The longest that it may run, in seconds.
    pub max_duration: Option<i64>,
    /// How long its processes have to end when they are asked to, in seconds; `None` = as long as usual.
    #[serde(default)]
    pub stop_seconds: Option<u32>,
    /// After how many seconds without anybody it is stopped; `None` = it is not.
    #[serde(default)]
    pub inactivity: Option<i64>,
    /// When it is stopped because its GPUs are not used; `None` = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilization: Option<UtilizationPolicy>,
    /// Until when it is as if somebody worked in it, because somebody wants it kept.
    #[serde(default)]
    pub kept_until: Option<Timestamp>,
    /// When it is stopped for want of somebody; `None` while somebody works in it.
    #[serde(default)]
    pub inactive_at: Option<Timestamp>,
    /// Its instance, the last one when several were tried.
    pub instance_id: Option<InstanceId>,
    /// The instance's backend: only a process that can reach it works on the job.
    #[serde(default)]
    pub backend: Option<String>,
    /// When it was given its instance: it pays for that from then on.
    #[serde(default)]
    pub placed_at: Option<Timestamp>,
    /// When it let go of its instance: what goes on without it, it does not pay for.
    #[serde(default)]
    pub released_at: Option<Timestamp>,
    /// Offers that were tried and could not be had, with what their providers said.
    pub tried: Vec<Tried>,
    /// While it ends: how far that is.
    pub ending: Ending,
    /// Calls that failed in a row.
    pub failures: u32,
    /// Since when they fail.
    pub failing_since: Option<Timestamp>,
}

/// What is wanted of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobDesired {
    /// That it runs.
    Running,
    /// That it ends.
    Ended {
        /// Why.
        reason: JobReason,
        /// Whether its processes are killed without being asked.
        force: bool,
    },
}

/// How far the end of a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Its processes may live.
    #[default]
    Stopping,
    /// They are gone; its log is being kept.
    Archiving,
    /// It has given its instance back.
    Released,
}

/// An offer that could not be had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Backend, region, type and kind of the offer, as [`offer_key`] makes it.
    pub offer: String,
    /// What happened.
    pub message: String,
}

/// Tells offers apart that are tried one after the other.
#[must_use]
pub fn offer_key(offer: &berth_shared::catalog::Offer) -> String {
    let kind = if offer.spot { "spot" } else { "on-demand" };
    format!("{} {} {} {kind}", offer.backend, offer.region, offer.instance_type)
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceRow {
    /// Changes so far; 0 = not written yet.
    #[serde(skip)]
    pub version: u64,
    /// What people see of it.
    pub instance: Instance,
    /// What its provider was or will be asked for.
    pub request: CreateRequest,
    /// Whether it is wanted at all, with or without a job.
    pub desired: InstanceDesired,
    /// The job on it.
    pub job_id: Option<JobId>,
    /// When its provider was last asked to make it, or first showed it: until a while later it may say that there is none.
    #[serde(default)]
    pub asked_at: Option<Timestamp>,
    /// Whether the call that first asked for it is the only one, and its answer is waited for: should that be that there is
    /// no capacity, nothing can be there.
    #[serde(default)]
    pub asked_once: bool,
    /// Whether the provider has taken the request to make it.
    pub accepted: bool,
    /// Whether its provider ever showed it: what was never there has not cost anything.
    #[serde(default)]
    pub seen: bool,
    /// Whether it was ever seen ready.
    pub was_ready: bool,
    /// Whether the provider has taken the request to remove it.
    pub removal_accepted: bool,
    /// Why it could not be made or went by itself; decides whether the next offer is tried.
    pub fault: Option<InstanceFault>,
    /// How many jobs it was given.
    #[serde(default)]
    pub turns: u64,
    /// For an instance that somebody added without a run: what it is to be, to find the next offer.
    #[serde(default)]
    pub order: Option<Order>,
    /// Calls that failed in a row.
    pub failures: u32,
    /// Since when they fail.
    pub failing_since: Option<Timestamp>,
}

/// What an instance that was added without a run is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// What it must have, may cost, and where it may be.
    pub model: Model,
    /// The most that was agreed to, US dollars an hour.
    pub agreed_price: Option<f64>,
    /// Whether its offer has been chosen; until then the instance shows the one that will probably be.
    pub placed: bool,
    /// Offers that were tried and could not be had.
    pub tried: Vec<Tried>,
    /// Until when it is tried again; `None` = it is not.
    pub retry_until: Option<Timestamp>,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// How often all offers were tried.
    pub rounds: u32,
}

/// What is wanted of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceDesired {
    /// That it is there.
    There,
    /// That it is gone, whatever is on it.
    Gone,
    /// That it is written off: its provider does not confirm that it is gone, and somebody has decided not to wait.
    Forgotten,
}

/// Why an instance is no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceFault {
    /// The machine cannot be had; the next offer may do.
    NoCapacity,
    /// It was not there in time; the next offer may do.
    TooSlow,
    /// It cannot be made, however often it is tried; the next offer may do.
    Refused,
    /// It was there and is not any more.
    Lost,
}

/// What a run was made from. Kept apart from [`RunRow`] because only launches need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The text, as submitted.
    pub text: String,
    /// What it says.
    pub model: Model,
    /// The submitter's values, by the name that the configuration gives them; erased when the run is finished.
    pub variables: BTreeMap<String, String>,
}

/// The configuration as it was understood at submission: a later version of Berth does not read it anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The configuration.
    pub configuration: Configuration,
    /// Which requirements its author wrote.
    pub written: Written,
}
