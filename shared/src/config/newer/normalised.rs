//! A configuration as dstack 0.22 writes it out.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{
    super::{Arch, Configuration, EnvValue, IntRange, PortMapping, RegistryAuth, SizeRange, Vendor},
    model::{
        BackendOptions, FileMapping, FleetReference, InstanceSelector, Limit, Mount, Newer, Repo, Retry,
        Schedule, UtilizationPolicy,
    },
};

/// Every key in dstack 0.22's order; what is null at the top is left out, and numbers that are not finite are null.
#[derive(Serialize)]
pub struct Normalised<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ide: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'c str>,
    init: &'c [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    inactivity_duration: Option<i64>,
    ports: &'c [PortMapping],
    r#type: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'c str>,
    privileged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    working_dir: Option<&'c str>,
    home_dir: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    registry_auth: Option<&'c RegistryAuth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    python: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nvcc: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    single_branch: Option<bool>,
    env: &'c BTreeMap<String, EnvValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shell: Option<&'c str>,
    resources: Resources<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i64>,
    volumes: &'c [Mount],
    #[serde(skip_serializing_if = "Option::is_none")]
    docker: Option<bool>,
    repos: &'c [Repo],
    files: &'c [FileMapping],
    dstack: bool,
    setup: &'c [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    backends: Option<&'c [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<&'c [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    availability_zones: Option<&'c [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_types: Option<&'c [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reservation: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spot_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<&'c Retry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_duration: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_duration: Option<Limit>,
    #[serde(skip_serializing_if = "is_not_finite")]
    max_price: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utilization_policy: Option<UtilizationPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    startup_order: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_criteria: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<&'c Schedule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fleets: Option<&'c [FleetReference]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instances: Option<&'c [InstanceSelector]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'c BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_options: Option<&'c [BackendOptions]>,
}

#[derive(Serialize)]
struct Resources<'c> {
    cpu: Cpu,
    memory: Sizes,
    #[serde(serialize_with = "finite")]
    shm_size: Option<f64>,
    gpu: Option<Gpu<'c>>,
    disk: Option<Disk>,
}

#[derive(Serialize)]
struct Cpu {
    arch: Option<Arch>,
    count: IntRange,
}

#[derive(Serialize)]
struct Sizes {
    #[serde(serialize_with = "finite")]
    min: Option<f64>,
    #[serde(serialize_with = "finite")]
    max: Option<f64>,
}

impl From<SizeRange> for Sizes {
    fn from(range: SizeRange) -> Self {
        Self { min: range.min, max: range.max }
    }
}

#[derive(Serialize)]
struct Gpu<'c> {
    vendor: Option<Vendor>,
    name: Option<&'c [String]>,
    count: IntRange,
    memory: Option<Sizes>,
    total_memory: Option<Sizes>,
    compute_capability: Option<(i64, i64)>,
}

#[derive(Serialize)]
struct Disk {
    size: Sizes,
}

#[expect(clippy::ref_option, reason = "serde's own form")]
fn finite<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    value.filter(|value| value.is_finite()).serialize(to)
}

#[expect(clippy::ref_option, reason = "serde's own form")]
fn is_not_finite(value: &Option<f64>) -> bool {
    value.is_none_or(|value| !value.is_finite())
}

impl<'c> Normalised<'c> {
    /// Of a configuration that was read as dstack 0.22 does; `None` of another.
    #[must_use]
    pub fn of(configuration: &'c Configuration) -> Option<Self> {
        let newer: &Newer = configuration.newer.as_deref()?;
        let resources = &configuration.resources;
        Some(Self {
            ide: configuration.ide.as_deref(),
            version: configuration.version.as_deref(),
            init: &configuration.init,
            inactivity_duration: newer.inactivity_duration,
            ports: &configuration.ports,
            r#type: &configuration.r#type,
            name: newer.name.as_deref(),
            image: configuration.image.as_deref(),
            user: newer.user.as_deref(),
            privileged: newer.privileged,
            working_dir: newer.working_dir.as_deref(),
            home_dir: &configuration.home_dir,
            registry_auth: configuration.registry_auth.as_ref(),
            python: configuration.python.as_deref(),
            nvcc: newer.nvcc,
            single_branch: newer.single_branch,
            env: &configuration.env,
            shell: newer.shell.as_deref(),
            resources: Resources {
                cpu: Cpu { arch: resources.arch, count: resources.cpu },
                memory: resources.memory.into(),
                shm_size: resources.shm_size,
                gpu: resources.gpu.as_ref().map(|gpu| Gpu {
                    vendor: gpu.vendor,
                    name: gpu.name.as_deref(),
                    count: gpu.count,
                    memory: gpu.memory.map(Into::into),
                    total_memory: gpu.total_memory.map(Into::into),
                    compute_capability: gpu.compute_capability,
                }),
                disk: resources.disk.map(|disk| Disk { size: disk.size.into() }),
            },
            priority: newer.priority,
            volumes: &newer.volumes,
            docker: newer.docker,
            repos: &newer.repos,
            files: &newer.files,
            dstack: newer.dstack,
            setup: &configuration.setup,
            backends: configuration.backends.as_deref(),
            regions: configuration.regions.as_deref(),
            availability_zones: newer.availability_zones.as_deref(),
            instance_types: configuration.instance_types.as_deref(),
            reservation: newer.reservation.as_deref(),
            spot_policy: configuration.spot_policy.map(super::SpotPolicy::name),
            retry: newer.retry.as_ref(),
            max_duration: newer.max_duration,
            stop_duration: newer.stop_duration,
            max_price: configuration.max_price,
            creation_policy: configuration.creation_policy.map(super::CreationPolicy::name),
            idle_duration: newer.idle_duration,
            utilization_policy: newer.utilization_policy,
            startup_order: newer.startup_order.as_deref(),
            stop_criteria: newer.stop_criteria.as_deref(),
            schedule: newer.schedule.as_ref(),
            fleets: newer.fleets.as_deref(),
            instances: newer.instances.as_deref(),
            tags: newer.tags.as_ref(),
            backend_options: newer.backend_options.as_deref(),
        })
    }
}
