//! What a configuration asks of a machine.

use crate::{
    catalog::is_superchip,
    config::{Arch, Configuration, IntRange, SizeRange, SpotPolicy, Vendor},
    schema::Dialect,
};

/// What a configuration asks of a machine and of its price.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirements {
    /// vCPUs.
    pub cpu: IntRange,
    /// The architecture of the CPU; `None` = any.
    pub arch: Option<Arch>,
    /// Whether `arch` is what dstack takes where nobody wrote any. Then machines whose architecture is not known fit,
    /// too; one that is written is met only by machines that are known to have it.
    pub arch_unwritten: bool,
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
    /// Who makes them; `None` = anybody. GPUs fit whose maker is known and this one.
    pub vendor: Option<Vendor>,
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
        let mut required = Self {
            cpu: r.cpu,
            arch: r.arch,
            arch_unwritten: r.arch.is_none() && c.dialect() >= Dialect::V0_22,
            memory: r.memory,
            gpu: r.gpu.as_ref().map(|gpu| GpuRequirements {
                vendor: gpu.vendor,
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
        };
        required.settle_arch();
        required
    }
}

impl Requirements {
    /// Works out the architecture that nobody wrote from the GPUs that are asked for, as the server of dstack 0.22 does
    /// (`set_default_cpu_spec_arch`): arm where a GPU on a Grace chip is among their names and they may be NVIDIA's,
    /// else x86. dstack 0.18 has no architectures, and any will do.
    pub(super) fn settle_arch(&mut self) {
        if !self.arch_unwritten {
            return;
        }
        let is_grace = self.gpu.as_ref().is_some_and(|gpu| {
            matches!(gpu.vendor, None | Some(Vendor::Nvidia))
                && gpu.names.iter().flatten().any(|name| is_superchip(name))
        });
        self.arch = Some(if is_grace { Arch::Arm } else { Arch::X86 });
    }
}
