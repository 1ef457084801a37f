//! Instances.

use serde::{Deserialize, Serialize};

use super::{InstanceId, InstanceStatus, RunId, project::default_project};
use crate::{
    catalog::Offer,
    json::FromJson,
    time::{Timestamp, cost},
};

/// A machine, or a share of one, that exists or existed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Instance {
    /// Its identifier, and its tag at the provider.
    pub id: InstanceId,
    /// Its name: that of the run it was made for.
    pub name: String,
    /// Who made it.
    pub owner: String,
    /// The project that it belongs to.
    #[serde(default = "default_project")]
    pub project: String,
    /// The project's pool that it belongs to.
    #[serde(default = "default_pool")]
    pub pool: String,
    /// Where it stands.
    pub status: InstanceStatus,
    /// Since when it stands there.
    pub status_since: Timestamp,
    /// Why, in words.
    pub message: Option<String>,
    /// What it is and costs.
    pub offer: Offer,
    /// What it may use of a shared machine; `None` = all of it.
    pub allocation: Option<Allocation>,
    /// How its environment is kept apart; known once it is made.
    pub isolation: Option<Isolation>,
    /// The run on it.
    pub run_id: Option<RunId>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began to cost.
    pub billed_from: Option<Timestamp>,
    /// When it ceased to cost.
    pub billed_to: Option<Timestamp>,
    /// For how many seconds it is kept without a run; 0 = it ends with its run, `None` = for ever.
    #[serde(default)]
    pub idle_seconds: Option<i64>,
    /// When it stops by itself for want of a run; `None` while it has one, or when it never does.
    pub idle_stop_at: Option<Timestamp>,
    /// Who has moved [`Self::idle_stop_at`] since it became idle.
    #[serde(default)]
    pub kept_by: Option<String>,
    /// When its provider will take it away, once that has been announced.
    #[serde(default)]
    pub leaves_at: Option<Timestamp>,
}

/// The pool that an instance of an older version belongs to.
fn default_pool() -> String {
    super::DEFAULT_POOL.to_owned()
}

/// How the message of something ends that has failed and is tried again.
pub const TRYING_AGAIN: &str = "; trying again";

impl Instance {
    /// What a run has by it: the machine, or its share of one.
    #[must_use]
    pub fn share(&self) -> Offer {
        share_of(&self.offer, self.allocation.as_ref())
    }

    /// One of the default project's default pool that was asked for just now, at `at`, and is kept for ever.
    #[must_use]
    pub fn asked_for(
        id: InstanceId,
        name: impl Into<String>,
        owner: impl Into<String>,
        offer: Offer,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            name: name.into(),
            owner: owner.into(),
            project: default_project(),
            pool: default_pool(),
            status: InstanceStatus::Pending,
            status_since: at,
            message: None,
            offer,
            allocation: None,
            isolation: None,
            run_id: None,
            created_at: at,
            billed_from: None,
            billed_to: None,
            idle_seconds: None,
            idle_stop_at: None,
            kept_by: None,
            leaves_at: None,
        }
    }

    /// Whether removing it has failed and is tried again, so that it may be written off.
    #[must_use]
    pub fn removal_fails(&self) -> bool {
        self.status == InstanceStatus::Terminating
            && self.message.as_ref().is_some_and(|message| message.ends_with(TRYING_AGAIN))
    }

    /// US dollars so far; what it came to once it is gone.
    #[must_use]
    pub fn cost(&self, now: Timestamp) -> f64 {
        self.billed_from.map_or(0.0, |from| cost(self.offer.price, from, self.billed_to.unwrap_or(now)))
    }
}

/// What an environment may use of a machine that it shares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Allocation {
    /// At most this many vCPUs.
    pub cpus: f64,
    /// At most this much RAM, bytes.
    pub memory_bytes: u64,
    /// vCPUs kept free for it; 0 when it only asked by default.
    pub reserved_cpus: f64,
    /// RAM kept free for it, bytes; 0 when it only asked by default.
    pub reserved_memory_bytes: u64,
    /// Disk kept free for it, bytes; 0 when it only asked by default. Not enforced.
    pub reserved_disk_bytes: u64,
    /// Indices of the machine's GPUs that are its alone.
    pub gpus: Vec<u32>,
    /// Device files of those GPUs that are given by them, such as AMD's: `/dev/kfd`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<String>,
    /// The SSH host whose share it is, by its name; `None` = the machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// What a run has of a machine: all of it, or its share. What the share does not limit is the machine's.
pub(super) fn share_of(machine: &Offer, share: Option<&Allocation>) -> Offer {
    let mut offer = machine.clone();
    if let Some(share) = share {
        if share.cpus > 0.0 {
            offer.cpus = share.cpus;
        }
        if share.memory_bytes > 0 {
            offer.memory_gib = share.memory_bytes as f64 / f64::from(1_u32 << 30);
        }
    }
    offer
}

/// How an environment is kept apart from its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Isolation {
    /// Kernel namespaces of its own: `user`, `pid`, `mount`, `uts`, `ipc`.
    pub namespaces: Vec<String>,
    /// Limits that the kernel enforces: `memory`, `cpu`, `pids`.
    pub limits: Vec<String>,
    /// `v1`, `v2`, or `None` without control groups.
    pub cgroup: Option<String>,
    /// What is not in force and why, a sentence each.
    pub missing: Vec<String>,
}
