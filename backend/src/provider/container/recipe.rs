//! What an instance is made of on an engine. Pure.
//!
//! A volume stands for the instance: it is made first, carries what was asked for, and is removed last. A network and a
//! container follow when a job begins. All three have the same name and carry the instance's tag.

use std::collections::HashMap;

use berth_shared::api::{Allocation, InstanceId, Isolation, PlanNote};
use bollard::models::{
    ContainerCreateBody, DeviceMapping, DeviceRequest, HostConfig, Mount, MountType, NetworkCreateRequest,
    VolumeCreateRequest,
};

use super::engine::{Facts, Kind};
use crate::supervisor::{
    container::{GUARD, PROGRAM},
    spec::{CreateRequest, JobSpec},
};

/// Label: the instance's identifier.
pub(super) const INSTANCE: &str = "dev.berth.instance";

/// Label: the installation that made it.
pub(super) const INSTALLATION: &str = "dev.berth.installation";

/// Label: what was asked for, JSON.
pub(super) const REQUEST: &str = "dev.berth.request";

/// Label: the job's identifier.
pub(super) const JOB: &str = "dev.berth.job";

/// What the labels of the run's tags begin with.
const TAG: &str = "dev.berth.tag.";

/// Where the working directory is.
const WORKFLOW: &str = "/workflow";

/// The most processes and threads of one environment: far above honest use, far below what hurts the machine.
const PIDS: i64 = 8192;

/// The name of everything that belongs to an instance.
pub(super) fn name(id: InstanceId) -> String {
    format!("berth-{id}")
}

fn labels(installation: &str, id: InstanceId) -> HashMap<String, String> {
    [(INSTANCE, id.to_string()), (INSTALLATION, installation.to_owned())]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// The volume that stands for the instance.
pub(super) fn volume(installation: &str, request: &CreateRequest) -> VolumeCreateRequest {
    let mut labels = labels(installation, request.id);
    labels.insert(REQUEST.to_owned(), serde_json::to_string(request).unwrap_or_default());
    VolumeCreateRequest {
        name: Some(name(request.id)),
        labels: Some(labels),
        ..VolumeCreateRequest::default()
    }
}

/// Its network: its own, so that environments do not reach each other.
pub(super) fn network(installation: &str, id: InstanceId, kind: Kind) -> NetworkCreateRequest {
    // A bridge's name of its own: rules for one that is going must not be taken for those of the next one, and the server's door
    // knows it again.
    let bridge: String = format!("{BRIDGE}{}", id.0.simple()).chars().take(BRIDGE_LENGTH).collect();
    let mut options = HashMap::from([("com.docker.network.bridge.name".to_owned(), bridge)]);
    if kind == Kind::Podman {
        // Docker keeps its bridges apart by itself.
        options.insert("isolate".to_owned(), "true".to_owned());
    }
    NetworkCreateRequest {
        name: name(id),
        driver: Some("bridge".to_owned()),
        options: Some(options),
        labels: Some(labels(installation, id)),
        ..NetworkCreateRequest::default()
    }
}

/// What the name of each bridge begins with.
const BRIDGE: &str = "bt";

/// Characters of a bridge's name: as many as the kernel allows.
const BRIDGE_LENGTH: usize = 15;

/// Whether an interface of this name is the bridge of an environment's network, whichever installation's.
#[must_use]
pub fn is_bridge(name: &str) -> bool {
    name.len() == BRIDGE_LENGTH
        && name.strip_prefix(BRIDGE).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Its container.
pub(super) fn container(
    installation: &str,
    facts: &Facts,
    request: &CreateRequest,
    job: &JobSpec,
    image: &str,
    mut mounts: Vec<Mount>,
) -> ContainerCreateBody {
    let allocation = request.planned.allocation.clone().unwrap_or_default();
    let mut labels = labels(installation, request.id);
    labels.insert(JOB.to_owned(), job.id.to_string());
    labels.extend(job.container.tags.iter().map(|(name, value)| (format!("{TAG}{name}"), value.clone())));
    let (devices, device_requests) = gpus(&allocation, facts.kind);
    // What is mounted in its place is the working directory then; the volume stands for the instance either way.
    if !mounts.iter().any(|mount| mount.target.as_deref() == Some(WORKFLOW)) {
        mounts.push(Mount {
            typ: Some(MountType::VOLUME),
            source: Some(name(request.id)),
            target: Some(WORKFLOW.to_owned()),
            ..Mount::default()
        });
    }
    let can = |limit: &str| facts.limits.iter().any(|name| name == limit);
    let memory = (allocation.memory_bytes > 0 && can("memory")).then(|| whole(allocation.memory_bytes));
    let host = HostConfig {
        memory,
        // No swap on top: a limit is a limit.
        memory_swap: memory,
        nano_cpus: (allocation.cpus > 0.0 && can("cpu")).then(|| (allocation.cpus * 1e9).round() as i64),
        pids_limit: can("pids").then_some(PIDS),
        shm_size: job.shm_bytes.map(whole),
        network_mode: Some(name(request.id)),
        mounts: Some(mounts),
        privileged: job.container.privileged.then_some(true),
        // What may do all that its machine may is not to be kept from becoming root.
        security_opt: (!job.container.privileged).then(|| vec!["no-new-privileges".to_owned()]),
        devices,
        device_requests,
        ..HostConfig::default()
    };
    ContainerCreateBody {
        image: Some(image.to_owned()),
        hostname: Some(host_name(&job.run_name)),
        // The supervisor is root; the job's programs are the image's own user's.
        user: Some("0:0".to_owned()),
        entrypoint: Some(vec![PROGRAM.to_owned(), GUARD.to_owned()]),
        cmd: Some(Vec::new()),
        working_dir: Some("/".to_owned()),
        labels: Some(labels),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    }
}

fn whole(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// At most 63 characters, as names of hosts are.
fn host_name(run: &str) -> String {
    run.chars().take(63).collect()
}

/// GPUs: AMD's by their device files, NVIDIA's by their numbers: by a request to Docker's runtime, by the names of the container device interface where
/// Podman is.
fn gpus(allocation: &Allocation, kind: Kind) -> (Option<Vec<DeviceMapping>>, Option<Vec<DeviceRequest>>) {
    if !allocation.devices.is_empty() {
        let device = |path: &String| DeviceMapping {
            path_on_host: Some(path.clone()),
            path_in_container: Some(path.clone()),
            cgroup_permissions: Some("rwm".to_owned()),
        };
        return (Some(allocation.devices.iter().map(device).collect()), None);
    }
    if allocation.gpus.is_empty() {
        return (None, None);
    }
    let numbers = allocation.gpus.iter().map(u32::to_string);
    match kind {
        Kind::Docker => {
            let request = DeviceRequest {
                driver: Some("nvidia".to_owned()),
                device_ids: Some(numbers.collect()),
                capabilities: Some(vec![vec!["gpu".to_owned()]]),
                ..DeviceRequest::default()
            };
            (None, Some(vec![request]))
        }
        Kind::Podman => {
            let device = |number: String| {
                let name = format!("nvidia.com/gpu={number}");
                DeviceMapping {
                    path_on_host: Some(name.clone()),
                    path_in_container: Some(name),
                    cgroup_permissions: None,
                }
            };
            (Some(numbers.map(device).collect()), None)
        }
    }
}

/// What this engine does not limit, a note each.
#[must_use]
pub fn unlimited(facts: &Facts) -> Vec<PlanNote> {
    [
        ("memory", "resources.memory", "memory"),
        ("cpu", "resources.cpu", "CPU time"),
        ("pids", "", "the number of processes"),
    ]
    .into_iter()
    .filter(|(limit, ..)| !facts.limits.iter().any(|name| name == limit))
    .map(|(_, path, what)| PlanNote {
        code: "limit-not-enforced".to_owned(),
        path: path.to_owned(),
        message: format!("{what} is not limited: {} says that it cannot here", facts.kind),
    })
    .collect()
}

/// How an environment on this engine is kept apart.
pub(super) fn isolation(facts: &Facts, allocation: &Allocation) -> Isolation {
    let mut missing: Vec<String> = unlimited(facts).into_iter().map(|note| note.message).collect();
    if !allocation.gpus.is_empty() && allocation.devices.is_empty() && facts.kind == Kind::Podman {
        missing.push("GPUs are given by the names of the container device interface".to_owned());
    }
    if !facts.keeps_networks_apart() {
        missing.push(
            "environments may reach each other over the network: Podman before version 5 forgets to keep networks apart when \
             one of them goes"
                .to_owned(),
        );
    }
    if facts.rootless {
        missing.push(
            "what listens at the addresses of the engine's machine is reached, a server of Berth among it: the engine runs without \
             root, and what comes from its networks looks like the machine's own"
                .to_owned(),
        );
    }
    missing
        .push("disk space is not limited; the log says when more is taken up than was asked for".to_owned());
    Isolation {
        namespaces: ["pid", "mount", "uts", "ipc", "network"].map(ToOwned::to_owned).into(),
        limits: facts.limits.clone(),
        cgroup: facts.cgroup.clone(),
        missing,
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{
        api::{JobId, PlannedOffer},
        catalog::{Availability, Offer, PriceBasis},
    };

    use super::*;
    use crate::supervisor::spec::ContainerSpec;

    fn engine(kind: Kind) -> Facts {
        Facts {
            kind,
            version: "5".to_owned(),
            arch: "amd64".to_owned(),
            cgroup: None,
            limits: Vec::new(),
            cpus: 4.0,
            memory_bytes: 8 << 30,
            root: None,
            rootless: false,
        }
    }

    fn request() -> CreateRequest {
        let offer = Offer {
            backend: "local".to_owned(),
            region: "local".to_owned(),
            instance_type: "share".to_owned(),
            cpus: 2.0,
            memory_gib: 4.0,
            arch: None,
            gpu: None,
            disk_gib: None,
            spot: false,
            price: 0.0,
            basis: PriceBasis::Own,
            as_of: None,
            availability: Availability::Available,
        };
        let planned = PlannedOffer {
            offer,
            allocation: Some(Allocation::default()),
            notes: Vec::new(),
            observed_at: None,
            difference: None,
        };
        CreateRequest { id: InstanceId(uuid::Uuid::from_u128(1)), name: "fox".to_owned(), planned }
    }

    fn job(privileged: bool) -> JobSpec {
        JobSpec {
            id: JobId(uuid::Uuid::from_u128(2)),
            turn: 1,
            run_name: "fox".to_owned(),
            home_dir: "/root".to_owned(),
            working_dir: None,
            shell: None,
            python: None,
            env: Default::default(),
            setup: Vec::new(),
            init: Vec::new(),
            shm_bytes: None,
            container: ContainerSpec { privileged, ..ContainerSpec::default() },
            code: None,
            git: None,
            welcome: Vec::new(),
        }
    }

    #[test]
    fn a_container_is_privileged_where_that_is_asked_for_and_nowhere_else() {
        for kind in [Kind::Docker, Kind::Podman] {
            let made = |privileged| {
                let body =
                    container("here", &engine(kind), &request(), &job(privileged), "image", Vec::new());
                let host = body.host_config.expect("what its machine gives it");
                (host.privileged, host.security_opt)
            };
            assert_eq!(made(true), (Some(true), None));
            assert_eq!(made(false), (None, Some(vec!["no-new-privileges".to_owned()])));
        }
    }
}
