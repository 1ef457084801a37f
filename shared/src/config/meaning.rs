//! What the value of a field means, in words.

use super::{
    Configuration, EnvValue, Limit, Newer, PortMapping, SpotPolicy, memory,
    summary::{cpu_words, duration, gpu_words, int_range, size_range},
};

/// What the value of a field means, in words; `None` where the value says it itself, or is not written.
pub(crate) fn meaning(c: &Configuration, path: &str) -> Option<String> {
    let r = &c.resources;
    let gpu = r.gpu.as_ref();
    match path {
        "resources.cpu" => Some(cpu_words(r)),
        "resources.cpu.count" => Some(int_range(r.cpu)),
        "resources.memory" => Some(size_range(r.memory)),
        "resources.shm_size" => r.shm_size.map(memory::words),
        "resources.gpu" => gpu.map(gpu_words),
        "resources.gpu.name" => gpu.and_then(|gpu| gpu.name.as_ref()).map(|names| match &names[..] {
            [] => "none at all".to_owned(),
            names => names.join(" or "),
        }),
        "resources.gpu.count" => gpu.map(|gpu| int_range(gpu.count)),
        "resources.gpu.memory" => gpu.and_then(|gpu| gpu.memory).map(size_range),
        "resources.gpu.total_memory" => gpu.and_then(|gpu| gpu.total_memory).map(size_range),
        "resources.gpu.compute_capability" => gpu
            .and_then(|gpu| gpu.compute_capability)
            .map(|(major, minor)| format!("{major}.{minor} or more")),
        "resources.disk" | "resources.disk.size" => Some(match r.disk {
            Some(disk) => size_range(disk.size),
            None => "any".to_owned(),
        }),
        "spot_policy" => c.spot_policy.map(|policy| {
            match policy {
                SpotPolicy::Auto => "both kinds",
                SpotPolicy::Spot => "spot only",
                SpotPolicy::OnDemand => "on-demand only",
            }
            .to_owned()
        }),
        "max_duration" => c.max_duration.as_ref().map(|_| match c.max_duration_seconds() {
            Some(seconds) => duration(seconds),
            None => "no limit".to_owned(),
        }),
        "max_price" => c.max_price.map(|price| format!("at most ${price} an hour")),
        "termination_idle_time" => c.termination_idle_time.map(duration),
        "retry_policy" | "retry" => c.retry_policy.map(|policy| match (policy.retry, policy.duration) {
            (_, Some(seconds)) => format!("tries again for {}", duration(seconds)),
            (true, None) => "tries again without an end".to_owned(),
            (false, None) => "tries once".to_owned(),
        }),
        "retry_policy.duration" | "retry.duration" => {
            c.retry_policy.and_then(|policy| policy.duration).map(duration)
        }
        "backends" => empty(c.backends.as_deref()),
        "regions" => empty(c.regions.as_deref()),
        "instance_types" => empty(c.instance_types.as_deref()),
        "idle_duration" | "inactivity_duration" | "stop_duration" | "utilization_policy.time_window" => {
            c.newer.as_ref().and_then(|newer| length(newer, path))
        }
        _ => match path.strip_prefix("ports[").and_then(|rest| rest.strip_suffix(']')) {
            Some(index) => c.ports.get(index.parse::<usize>().ok()?).map(port),
            None => path.strip_prefix("env.").and_then(|name| match c.env.get(name)? {
                EnvValue::FromSubmitter { .. } => Some(ASKED.to_owned()),
                EnvValue::Literal(_) => None,
            }),
        },
    }
}

/// What a length of time of dstack 0.22 means.
fn length(newer: &Newer, path: &str) -> Option<String> {
    let limit = |seconds: Option<i64>| Some(seconds.map_or_else(|| "no limit".to_owned(), duration));
    match path {
        "idle_duration" => newer.idle_duration.map(|seconds| match seconds {
            ..0 => "kept for good".to_owned(),
            0.. => duration(seconds),
        }),
        "inactivity_duration" => limit(newer.inactivity_duration),
        "stop_duration" => newer.stop_duration.and_then(|stop| match stop {
            Limit::Seconds(seconds) => limit(Some(seconds)),
            Limit::Off(_) => limit(None),
        }),
        _ => newer.utilization_policy.map(|policy| duration(policy.time_window)),
    }
}

pub(super) const ASKED: &str = "asked for at launch";

fn empty(list: Option<&[String]>) -> Option<String> {
    list.filter(|list| list.is_empty()).map(|_| "none at all".to_owned())
}

pub(super) fn port(port: &PortMapping) -> String {
    let inside = port.container_port;
    match port.local_port {
        Some(local) if local == inside => format!("port {inside} on both sides"),
        Some(local) => format!("port {inside} at local port {local}"),
        None => format!("port {inside} at any free local port"),
    }
}
