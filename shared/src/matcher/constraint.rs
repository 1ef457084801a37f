//! What in a configuration rules offers out.

use serde::Serialize;

use super::Requirements;
use crate::config::IntRange;

/// Something in a configuration that rules offers out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// vCPUs.
    Cpu,
    /// The architecture of the CPU.
    Arch,
    /// RAM.
    Memory,
    /// Number of GPUs.
    GpuCount,
    /// Who makes the GPUs.
    GpuVendor,
    /// GPU models.
    GpuName,
    /// Memory of each GPU.
    GpuMemory,
    /// Memory of all GPUs.
    GpuTotalMemory,
    /// CUDA compute capability.
    ComputeCapability,
    /// Disk.
    Disk,
    /// Price.
    MaxPrice,
    /// Spot or on-demand.
    Spot,
    /// Backends.
    Backends,
    /// Regions.
    Regions,
    /// Instance types.
    InstanceTypes,
    /// Only instances that exist already.
    Reuse,
}

impl Constraint {
    /// All of them, in the order in which a configuration is usually read.
    pub const ALL: [Self; 16] = [
        Self::Cpu,
        Self::Arch,
        Self::Memory,
        Self::GpuVendor,
        Self::GpuName,
        Self::GpuMemory,
        Self::GpuCount,
        Self::GpuTotalMemory,
        Self::ComputeCapability,
        Self::Disk,
        Self::MaxPrice,
        Self::Spot,
        Self::Backends,
        Self::Regions,
        Self::InstanceTypes,
        Self::Reuse,
    ];

    /// The field that it comes from.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Cpu => "resources.cpu",
            Self::Arch => "resources.cpu.arch",
            Self::Memory => "resources.memory",
            Self::GpuCount => "resources.gpu.count",
            Self::GpuVendor => "resources.gpu.vendor",
            Self::GpuName => "resources.gpu.name",
            Self::GpuMemory => "resources.gpu.memory",
            Self::GpuTotalMemory => "resources.gpu.total_memory",
            Self::ComputeCapability => "resources.gpu.compute_capability",
            Self::Disk => "resources.disk",
            Self::MaxPrice => "max_price",
            Self::Spot => "spot_policy",
            Self::Backends => "backends",
            Self::Regions => "regions",
            Self::InstanceTypes => "instance_types",
            Self::Reuse => "creation_policy",
        }
    }
}

impl Requirements {
    /// The same with everything that `constraint` stands for taken from `other`.
    fn with_from(mut self, constraint: Constraint, other: &Self) -> Self {
        let other = other.clone();
        let gpu = other.gpu.clone().unwrap_or_default();
        match constraint {
            Constraint::Cpu => self.cpu = other.cpu,
            Constraint::Arch => (self.arch, self.arch_unwritten) = (other.arch, other.arch_unwritten),
            Constraint::Memory => self.memory = other.memory,
            Constraint::Disk => self.disk = other.disk,
            Constraint::MaxPrice => self.max_price = other.max_price,
            Constraint::Spot => self.spot = other.spot,
            Constraint::Backends => self.backends = other.backends,
            Constraint::Regions => self.regions = other.regions,
            Constraint::InstanceTypes => self.instance_types = other.instance_types,
            Constraint::Reuse => self.reuse_only = other.reuse_only,
            // Taking "no GPU condition" into "no GPU condition" leaves it one.
            _ if self.gpu.is_none() && other.gpu.is_none() => {}
            Constraint::GpuCount => self.gpu.get_or_insert_default().count = gpu.count,
            Constraint::GpuVendor => self.gpu.get_or_insert_default().vendor = gpu.vendor,
            Constraint::GpuName => self.gpu.get_or_insert_default().names = gpu.names,
            Constraint::GpuMemory => self.gpu.get_or_insert_default().memory = gpu.memory,
            Constraint::GpuTotalMemory => self.gpu.get_or_insert_default().total_memory = gpu.total_memory,
            Constraint::ComputeCapability => {
                self.gpu.get_or_insert_default().compute_capability = gpu.compute_capability;
            }
        }
        self
    }

    /// The same without one constraint.
    #[must_use]
    pub fn without(&self, constraint: Constraint) -> Self {
        self.clone().with_from(constraint, &Self::default())
    }

    /// One constraint and nothing else.
    #[must_use]
    pub fn only(&self, constraint: Constraint) -> Self {
        Self::default().with_from(constraint, self)
    }

    /// Whether a constraint says anything.
    #[must_use]
    pub fn has(&self, constraint: Constraint) -> bool {
        let gpu = self.gpu.as_ref();
        match constraint {
            Constraint::Cpu => self.cpu != IntRange::default(),
            Constraint::Arch => self.arch.is_some(),
            Constraint::Memory => self.memory.min.is_some() || self.memory.max.is_some(),
            Constraint::GpuCount => gpu.is_some_and(|gpu| gpu.count != IntRange::default()),
            Constraint::GpuVendor => gpu.is_some_and(|gpu| gpu.vendor.is_some()),
            Constraint::GpuName => gpu.is_some_and(|gpu| gpu.names.is_some()),
            Constraint::GpuMemory => gpu.is_some_and(|gpu| gpu.memory.is_some()),
            Constraint::GpuTotalMemory => gpu.is_some_and(|gpu| gpu.total_memory.is_some()),
            Constraint::ComputeCapability => gpu.is_some_and(|gpu| gpu.compute_capability.is_some()),
            Constraint::Disk => self.disk.is_some(),
            Constraint::MaxPrice => self.max_price.is_some(),
            Constraint::Spot => self.spot.is_some(),
            Constraint::Backends => self.backends.is_some(),
            Constraint::Regions => self.regions.is_some(),
            Constraint::InstanceTypes => self.instance_types.is_some(),
            Constraint::Reuse => self.reuse_only,
        }
    }
}

/// A set of constraints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Constraints(u16);

impl Constraints {
    /// How many sets there are.
    pub(super) const SETS: usize = 1 << Constraint::ALL.len();

    pub(super) const fn one(constraint: Constraint) -> Self {
        Self(1 << constraint as u16)
    }

    /// The set of this number.
    pub(super) const fn of_index(index: usize) -> Self {
        Self(index as u16)
    }

    /// The number of the set, below [`Self::SETS`].
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub(super) const fn has(self, constraint: Constraint) -> bool {
        Self::one(constraint).is_within(self)
    }

    pub(super) const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Its members, in the order of [`Constraint::ALL`].
    pub(super) fn iter(self) -> impl Iterator<Item = Constraint> {
        Constraint::ALL.into_iter().filter(move |&constraint| self.has(constraint))
    }
}

impl FromIterator<Constraint> for Constraints {
    fn from_iter<I: IntoIterator<Item = Constraint>>(constraints: I) -> Self {
        constraints.into_iter().map(Self::one).fold(Self::default(), Self::with)
    }
}
