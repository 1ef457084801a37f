//! Whether a machine's sizes are what was asked for. All bounds are inclusive.

use super::{Constraint, GpuRequirements, Requirements};
use crate::config::{Arch, IntRange, SizeRange, Vendor};

/// A machine's sizes, wherever they come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes<'a> {
    pub(super) cpus: f64,
    /// `None` = not known.
    pub(super) arch: Option<Arch>,
    pub(super) memory_gib: f64,
    pub(super) gpu: Option<GpuSizes<'a>>,
    pub(super) disk_gib: Option<f64>,
}

/// Its GPUs'.
#[derive(Clone, Copy, Debug)]
pub(super) struct GpuSizes<'a> {
    pub(super) name: &'a str,
    /// `None` = not known.
    pub(super) vendor: Option<Vendor>,
    pub(super) count: u32,
    pub(super) memory_gib: f64,
    /// `None` = has none, or it is not known.
    pub(super) capability: Option<(u32, u32)>,
}

impl Sizes<'_> {
    /// GPUs; 0 without.
    pub(super) fn gpu_count(&self) -> f64 {
        self.gpu.map_or(0.0, |gpu| f64::from(gpu.count))
    }

    /// GiB of each GPU; 0 without.
    pub(super) fn gpu_memory(&self) -> f64 {
        self.gpu.map_or(0.0, |gpu| gpu.memory_gib)
    }

    /// GiB of all GPUs; 0 without.
    pub(super) fn gpu_total_memory(&self) -> f64 {
        self.gpu_count() * self.gpu_memory()
    }

    /// Whether CPU, memory, GPUs and disk are as required.
    pub(super) fn fit(&self, requirements: &Requirements) -> bool {
        SIZES.into_iter().all(|constraint| self.meets(requirements, constraint))
    }

    /// Whether the machine is as one constraint wants it; those that are not about its sizes want nothing here.
    pub(super) fn meets(&self, requirements: &Requirements, constraint: Constraint) -> bool {
        let gpu = |met: &dyn Fn(&GpuRequirements) -> bool| requirements.gpu.as_ref().is_none_or(met);
        match constraint {
            Constraint::Cpu => in_counts(self.cpus, requirements.cpu),
            Constraint::Arch => requirements
                .arch
                .is_none_or(|wanted| self.arch.map_or(requirements.arch_unwritten, |arch| arch == wanted)),
            Constraint::Memory => in_sizes(self.memory_gib, requirements.memory),
            Constraint::Disk => fits_disk(self.disk_gib, requirements.disk),
            Constraint::GpuCount => gpu(&|gpu| in_counts(self.gpu_count(), gpu.count)),
            Constraint::GpuMemory => {
                gpu(&|gpu| gpu.memory.is_none_or(|range| in_sizes(self.gpu_memory(), range)))
            }
            Constraint::GpuTotalMemory => {
                gpu(&|gpu| gpu.total_memory.is_none_or(|range| in_sizes(self.gpu_total_memory(), range)))
            }
            Constraint::ComputeCapability => gpu(&|gpu| {
                gpu.compute_capability.is_none_or(|least| {
                    self.gpu
                        .and_then(|gpu| gpu.capability)
                        .is_some_and(|(major, minor)| (i64::from(major), i64::from(minor)) >= least)
                })
            }),
            Constraint::GpuVendor => gpu(&|gpu| {
                gpu.vendor.is_none_or(|wanted| self.gpu.is_some_and(|gpu| gpu.vendor == Some(wanted)))
            }),
            Constraint::GpuName => gpu(&|gpu| {
                gpu.names.as_ref().is_none_or(|names| {
                    self.gpu.is_some_and(|gpu| names.iter().any(|name| name.eq_ignore_ascii_case(gpu.name)))
                })
            }),
            Constraint::MaxPrice
            | Constraint::Spot
            | Constraint::Backends
            | Constraint::Regions
            | Constraint::InstanceTypes
            | Constraint::Reuse => true,
        }
    }

    /// What of the machine a constraint is about, where that is a number.
    pub(super) fn number(&self, constraint: Constraint) -> Option<f64> {
        match constraint {
            Constraint::Cpu => Some(self.cpus),
            Constraint::Memory => Some(self.memory_gib),
            Constraint::Disk => self.disk_gib,
            Constraint::GpuCount => Some(self.gpu_count()),
            Constraint::GpuMemory => Some(self.gpu_memory()),
            Constraint::GpuTotalMemory => Some(self.gpu_total_memory()),
            _ => None,
        }
    }
}

/// The constraints that are about a machine's sizes, those first that leave least.
const SIZES: [Constraint; 10] = [
    Constraint::GpuCount,
    Constraint::GpuName,
    Constraint::GpuVendor,
    Constraint::GpuMemory,
    Constraint::GpuTotalMemory,
    Constraint::Arch,
    Constraint::Cpu,
    Constraint::Memory,
    Constraint::Disk,
    Constraint::ComputeCapability,
];

/// A machine without a disk size gets the one that is asked for.
fn fits_disk(disk_gib: Option<f64>, required: Option<SizeRange>) -> bool {
    disk_gib.is_none_or(|disk| required.is_none_or(|range| in_sizes(disk, range)))
}

fn in_counts(value: f64, range: IntRange) -> bool {
    let bounds = SizeRange { min: range.min.map(|v| v as f64), max: range.max.map(|v| v as f64) };
    in_sizes(value, bounds)
}

/// A bound that is no number bounds nothing.
pub(super) fn in_sizes(value: f64, range: SizeRange) -> bool {
    !range.min.is_some_and(|min| value < min) && !range.max.is_some_and(|max| value > max)
}

/// The disk in GB that a launch gets: the machine's own; else the least that was asked for; else 100,
/// or less when at most that was asked for.
#[must_use]
pub fn launch_disk_gb(own: Option<f64>, required: Option<SizeRange>) -> f64 {
    const USUAL: f64 = 100.0;
    let required = required.unwrap_or_default();
    own.or(required.min).unwrap_or_else(|| required.max.map_or(USUAL, |max| USUAL.min(max)))
}
