//! What dstack 0.22 has besides what 0.18 has. What both have is in [`crate::config::Configuration`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The keys that dstack 0.22 has of its own, normalised as it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Newer {
    /// Seconds without anybody before the run is stopped; `None` = never.
    pub inactivity_duration: Option<i64>,
    /// The run's name.
    pub name: Option<String>,
    /// `USER[:GROUP]` inside the container, by name or number.
    pub user: Option<String>,
    /// Whether the container may do what its host may.
    pub privileged: bool,
    /// Where commands run.
    pub working_dir: Option<String>,
    /// Whether the default image has `nvcc`.
    pub nvcc: Option<bool>,
    /// Whether only one branch is cloned.
    pub single_branch: Option<bool>,
    /// `sh`, `bash` or an absolute path.
    pub shell: Option<String>,
    /// 0 to 100, the highest first.
    pub priority: Option<i64>,
    /// What is mounted.
    pub volumes: Vec<Mount>,
    /// Whether Docker can be used inside.
    pub docker: Option<bool>,
    /// What is cloned; one at most.
    pub repos: Vec<Repo>,
    /// What is copied from the machine of whoever launches.
    pub files: Vec<FileMapping>,
    /// Whether the `dstack` command can be used inside.
    pub dstack: bool,
    /// Availability zones to consider; `None` = all.
    pub availability_zones: Option<Vec<String>>,
    /// A reservation of capacity.
    pub reservation: Option<String>,
    /// Whether, upon what and how long to try again.
    pub retry: Option<Retry>,
    /// How long the run may last.
    pub max_duration: Option<Limit>,
    /// How long a stop may take.
    pub stop_duration: Option<Limit>,
    /// Seconds that an instance without a run is kept; -1 = for good.
    pub idle_duration: Option<i64>,
    /// When a run whose GPUs are not used is stopped.
    pub utilization_policy: Option<UtilizationPolicy>,
    /// `any`, `master-first` or `workers-first`.
    pub startup_order: Option<String>,
    /// `all-done` or `master-done`.
    pub stop_criteria: Option<String>,
    /// When the run starts.
    pub schedule: Option<Schedule>,
    /// Fleets to use; `None` = any.
    pub fleets: Option<Vec<FleetReference>>,
    /// Instances to use; `None` = any.
    pub instances: Option<Vec<InstanceSelector>>,
    /// Tags of the run.
    pub tags: Option<BTreeMap<String, String>>,
    /// Options of single backends.
    pub backend_options: Option<Vec<BackendOptions>>,
}

/// A volume and where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Mount {
    /// A directory of the machine.
    Instance {
        /// The directory, absolute.
        instance_path: String,
        /// Where it is mounted, absolute.
        path: String,
        /// Whether the run starts without it.
        optional: bool,
    },
    /// A network volume.
    Network {
        /// Its name, or several of which the first that fits is taken.
        name: OneOrMany,
        /// Where it is mounted, absolute.
        path: String,
    },
}

/// One text or several, as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// A text.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// A repository to clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repo {
    /// On the machine of whoever launches; either this or `url`.
    pub local_path: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The commit.
    pub hash: Option<String>,
    /// Where to.
    pub path: String,
    /// `error` or `skip`.
    pub if_exists: String,
}

/// A file or directory to copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMapping {
    /// On the machine of whoever launches.
    pub local_path: String,
    /// Inside the environment.
    pub path: String,
}

/// Whether, upon what and how long to try again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Retry {
    /// Upon anything and for good, or not at all.
    Whether(bool),
    /// In detail.
    Policy {
        /// `no-capacity`, `interruption`, `error`; `None` = all of them.
        on_events: Option<Vec<String>>,
        /// Seconds; `None` = for good.
        duration: Option<i64>,
    },
}

/// A length of time, or none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Limit {
    /// Seconds, 0 or more.
    Seconds(i64),
    /// No limit.
    Off(Off),
}

/// `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Off {
    /// As it is written.
    Off,
}

/// When a run whose GPUs are not used is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UtilizationPolicy {
    /// Per cent, 0 to 100, of each GPU.
    pub min_gpu_utilization: i64,
    /// Seconds, 300 or more.
    pub time_window: i64,
}

/// When a run starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// One expression or more: minute, hour, day, month, weekday in UTC; Monday is 0.
    pub cron: Vec<String>,
}

/// A fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetReference {
    /// Its project; `None` = the run's own.
    pub project: Option<String>,
    /// Its name.
    pub name: String,
}

/// An instance to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InstanceSelector {
    /// By its name.
    Name {
        /// The name.
        name: String,
    },
    /// By its address.
    Hostname {
        /// The address.
        hostname: String,
    },
    /// By its number in a fleet.
    OfFleet {
        /// The fleet.
        fleet: FleetReference,
        /// From 0.
        instance: i64,
    },
}

/// Options of one backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackendOptions {
    /// `vastai`.
    pub r#type: String,
    /// `score` or `price`.
    pub offer_order: Option<String>,
    /// 0 to 1.
    pub min_reliability: Option<f64>,
    /// 0 or more.
    pub min_score: Option<i64>,
}
