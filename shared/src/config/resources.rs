//! What the machine must have.

use super::{
    context::{At, Cx, Path},
    disk, gpu, impossible, memory, range,
};
use crate::config::{Disk, IntRange, Resources, SizeRange, Written};

impl Default for Resources {
    /// What holds when nothing is written: 2 vCPUs, 8 GB of RAM, 100 GB of disk, each or more.
    fn default() -> Self {
        Self {
            arch: None,
            cpu: IntRange { min: Some(2), max: None },
            memory: SizeRange { min: Some(8.0), max: None },
            shm_size: None,
            gpu: None,
            disk: Some(Disk { size: SizeRange { min: Some(100.0), max: None } }),
        }
    }
}

/// The resources, and which of them are written.
pub(super) fn resources(cx: &mut Cx<'_>, at: At<'_>) -> Option<(Resources, Written)> {
    let fields = cx.object(at, "resources")?;
    let default = Resources::default();
    let path: &Path<'_> = at.path;
    let cpu = fields.default(cx, path, "cpu", default.cpu, range::ints);
    let memory = fields.default(cx, path, "memory", default.memory, range::sizes);
    let shm_size = fields.optional(cx, path, "shm_size", memory::size);
    let gpu = fields.optional(cx, path, "gpu", gpu::gpu);
    // `disk: null` lifts the default.
    let disk =
        if fields.has("disk") { fields.optional(cx, path, "disk", disk::disk) } else { Some(default.disk) };
    let written = Written { cpu: fields.has("cpu"), memory: fields.has("memory"), disk: fields.has("disk") };
    let resources =
        Resources { arch: None, cpu: cpu?, memory: memory?, shm_size: shm_size?, gpu: gpu?, disk: disk? };
    impossible::warn(cx, path, &fields, &resources);
    Some((resources, written))
}
