//! What environments use, over time.

use serde::{Deserialize, Serialize};

use crate::{json::FromJson, time::Timestamp};

/// Bytes over a network, since the environment began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NetworkUsage {
    /// That came in.
    pub received_bytes: u64,
    /// That went out.
    pub sent_bytes: u64,
}

/// What is used of one GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GpuUsage {
    /// Its index on the machine.
    pub index: u32,
    /// The share of time in which it was busy, 0 to 1.
    pub busy: f32,
    /// Memory in use, bytes.
    pub memory_bytes: u64,
    /// Memory in all, bytes.
    pub memory_total_bytes: u64,
}

/// How far back use is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum UsageSpan {
    /// The last hour, every ten seconds.
    #[default]
    Hour,
    /// The last week, every five minutes.
    Week,
}

impl UsageSpan {
    /// Seconds between two samples.
    #[must_use]
    pub const fn step_seconds(self) -> i64 {
        match self {
            Self::Hour => 10,
            Self::Week => 300,
        }
    }

    /// How many samples are kept.
    #[must_use]
    pub const fn kept(self) -> usize {
        match self {
            Self::Hour => 360,
            Self::Week => 2016,
        }
    }
}

/// What an environment used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageHistory {
    /// Seconds from one sample to the next.
    pub step_seconds: i64,
    /// Oldest first.
    pub samples: Vec<UsageSample>,
}

/// What an environment used over some time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageSample {
    /// When that time ended.
    pub at: Timestamp,
    /// CPUs in use, on average.
    pub cpus: f32,
    /// The most of them.
    pub cpus_most: f32,
    /// RAM in use, bytes, on average.
    pub memory_bytes: u64,
    /// The most of it.
    pub memory_most_bytes: u64,
    /// What files took up at its end, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// Bytes that came in over the network, a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_per_second: Option<u64>,
    /// Bytes that went out, a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_per_second: Option<u64>,
    /// The share of time in which its GPUs were busy, 0 to 1, on average over time and GPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<f32>,
    /// The same of each of its GPUs, in the order of their indices, the most of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus_most: Vec<f32>,
    /// Memory of its GPUs in use, bytes, the most of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_memory_bytes: Option<u64>,
}
