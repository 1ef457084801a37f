//! What a configuration asks of a machine.

use crate::{
    config::{Configuration, IntRange, SizeRange, SpotPolicy},
    schema::Dialect,
};

/// What a configuration asks of a machine and of its price.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirements {
    /// vCPUs.
    pub cpu: IntRange,
    /// RAM, GB.
    pub memory: SizeRange,
    /// GPUs; `None` = no condition.
    pub gpu: Option<GpuRequirements>,
    /// Disk, GB; `None` = no condition.
    pub disk: Option<SizeRange>,
    /// US dollars an hour.
    pub max_price: Option<f64>,
    /// `Some(true)` = spot only, `Some(false)` = on-demand only, `None` = both.
    pub spot: Option<bool>,
    /// Exact, case-sensitive names; `None` = all, empty = none.
    pub backends: Option<Vec<String>>,
    /// As `backends`.
    pub regions: Option<Vec<String>>,
    /// As `backends`.
    pub instance_types: Option<Vec<String>>,
    /// Only instances that exist already (`creation_policy: reuse`): no cloud offers.
    pub reuse_only: bool,
    /// Only the pool instances of these names; does not restrict cloud offers.
    pub instance_names: Option<Vec<String>>,
    /// In which dialect they are written: not each takes every disk and backend.
    pub dialect: Dialect,
}

/// What is asked of the GPUs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GpuRequirements {
    /// Any of these, ASCII case ignored; `None` = any, empty = none.
    pub names: Option<Vec<String>>,
    /// How many.
    pub count: IntRange,
    /// GB of each.
    pub memory: Option<SizeRange>,
    /// GB of all together.
    pub total_memory: Option<SizeRange>,
    /// At least this (major, minor).
    pub compute_capability: Option<(i64, i64)>,
}

impl From<&Configuration> for Requirements {
    fn from(c: &Configuration) -> Self {
        let r = &c.resources;
        Self {
            cpu: r.cpu,
            memory: r.memory,
            gpu: r.gpu.as_ref().map(|gpu| GpuRequirements {
                names: gpu.name.clone(),
                count: gpu.count,
                memory: gpu.memory,
                total_memory: gpu.total_memory,
                compute_capability: gpu.compute_capability,
            }),
            disk: r.disk.map(|disk| disk.size),
            max_price: c.max_price,
            spot: match c.spot_policy {
                Some(SpotPolicy::Auto) => None,
                Some(SpotPolicy::Spot) => Some(true),
                Some(SpotPolicy::OnDemand) | None => Some(false),
            },
            backends: c.backends.clone(),
            regions: c.regions.clone(),
            instance_types: c.instance_types.clone(),
            reuse_only: c.only_reuses(),
            instance_names: c.instance_names(),
            dialect: c.dialect(),
        }
    }
}
