//! What a configuration means, in a few words for chips.

mod newer;

use super::{Arch, Configuration, EnvValue, IntRange, Resources, SizeRange, SpotPolicy, Written, memory};
use crate::config::{CreationPolicy, TerminationPolicy};

/// One thing that a configuration asks for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SummaryItem {
    /// The field it comes from: `resources.gpu`.
    pub path: String,
    /// What it is: `GPU`.
    pub label: String,
    /// What is asked: `1 × 40–80 GB`.
    pub value: String,
    /// Whether it may surprise.
    pub warning: bool,
}

/// What a configuration means, in the order in which people ask. Defaults that nobody wrote are left
/// out, but for CPU, RAM and disk where they bind.
#[must_use]
pub fn summary(configuration: &Configuration, written: &Written) -> Vec<SummaryItem> {
    let c = configuration;
    let r = &c.resources;
    let mut items = Vec::new();
    let mut add = |path: &str, label: &str, value: String| {
        items.push(SummaryItem { path: path.to_owned(), label: label.to_owned(), value, warning: false });
        items.len() - 1
    };
    let ide = match c.ide.as_deref() {
        Some("vscode") => "VS Code",
        Some("cursor") => "Cursor",
        Some("windsurf") => "Windsurf",
        Some("zed") => "Zed",
        Some(other) => other,
        None => "none, SSH alone",
    };
    add("ide", "IDE", ide.to_owned());
    if let Some(image) = c.image.as_deref().filter(|image| !image.is_empty()) {
        add("image", "Image", image.to_owned());
    } else if let Some(python) = &c.python {
        add("python", "Python", python.clone());
    }
    if written.cpu {
        add("resources.cpu", "CPU", cpu_words(r));
    }
    if written.memory {
        add("resources.memory", "RAM", size_range(r.memory));
    }
    if let Some(shm) = r.shm_size {
        add("resources.shm_size", "Shared memory", memory::words(shm));
    }
    let mut surprising = Vec::new();
    if let Some(gpu) = r.gpu.as_ref().filter(|gpu| !is_any(gpu)) {
        let i = add("resources.gpu", "GPU", gpu_words(gpu));
        if gpu.name.as_ref().is_some_and(Vec::is_empty) || gpu.count.min.is_some_and(|n| n > 16) {
            surprising.push(i);
        }
    }
    match r.disk {
        Some(disk) if written.disk => {
            let i = add("resources.disk", "Disk", size_range(disk.size));
            if disk.size.min.is_some() && disk.size.min == disk.size.max {
                surprising.push(i);
            }
        }
        None => _ = add("resources.disk", "Disk", "any".to_owned()),
        _ => {}
    }
    match c.spot_policy {
        Some(SpotPolicy::Spot) => _ = add("spot_policy", "Kind", "spot".to_owned()),
        Some(SpotPolicy::Auto) => _ = add("spot_policy", "Kind", "spot or on-demand".to_owned()),
        Some(SpotPolicy::OnDemand) | None => {}
    }
    if let Some(price) = c.max_price {
        add("max_price", "Price", format!("≤ ${price}/h"));
    }
    if let Some(seconds) = c.max_duration_seconds() {
        let i = add("max_duration", "Stops", format!("after {}", duration(seconds)));
        if seconds < 0 {
            surprising.push(i);
        }
    }
    let idle = |older| if c.newer.is_some() { "idle_duration" } else { older };
    match c.termination_policy {
        Some(TerminationPolicy::DontDestroy) => {
            add(idle("termination_policy"), "Instance", "kept when the run ends".to_owned());
        }
        _ => {
            if let Some(seconds) = c.termination_idle_time {
                add(
                    idle("termination_idle_time"),
                    "Instance",
                    format!("kept {} without a run", duration(seconds)),
                );
            }
        }
    }
    if c.creation_policy == Some(CreationPolicy::Reuse) {
        add("creation_policy", "Instances", "only those of the pool".to_owned());
    }
    for (path, label, list) in [
        ("backends", "Backends", &c.backends),
        ("regions", "Regions", &c.regions),
        ("instance_types", "Types", &c.instance_types),
    ] {
        if let Some(list) = list {
            let i = add(path, label, names(list));
            if list.is_empty() {
                surprising.push(i);
            }
        }
    }
    if !c.ports.is_empty() {
        let ports: Vec<_> = c.ports.iter().map(|port| port.container_port.to_string()).collect();
        add("ports", "Ports", names(&ports));
    }
    let asked = c.env.values().filter(|value| matches!(value, EnvValue::FromSubmitter { .. })).count();
    if asked > 0 {
        add(
            "env",
            "Asked at launch",
            format!("{asked} {}", if asked == 1 { "variable" } else { "variables" }),
        );
    }
    for i in surprising {
        items[i].warning = true;
    }
    items.extend(c.newer.as_deref().into_iter().flat_map(newer::summary));
    items
}

/// [`int_range`] of the vCPUs, with their architecture: `arm, 4 or more`.
pub(super) fn cpu_words(resources: &Resources) -> String {
    let count = int_range(resources.cpu);
    match resources.arch {
        Some(Arch::X86) => format!("x86, {count}"),
        Some(Arch::Arm) => format!("arm, {count}"),
        None => count,
    }
}

/// Whether any GPUs will do, and none as well: what dstack 0.22 takes for no GPU that is asked for.
fn is_any(gpu: &super::Gpu) -> bool {
    *gpu == super::Gpu { count: IntRange { min: Some(0), max: None }, ..super::Gpu::default() }
}

/// `4 or more`, `up to 8`, `4–8`, `exactly 4`.
pub(super) fn int_range(range: IntRange) -> String {
    match (range.min, range.max) {
        (Some(min), Some(max)) if min == max => format!("exactly {min}"),
        (Some(min), Some(max)) => format!("{min}–{max}"),
        (Some(min), None) => format!("{min} or more"),
        (None, Some(max)) => format!("up to {max}"),
        (None, None) => "any".to_owned(),
    }
}

/// As [`int_range`], with units: `40–80 GB`.
pub(super) fn size_range(range: SizeRange) -> String {
    match (range.min, range.max) {
        (Some(min), Some(max)) if min == max => format!("exactly {}", memory::words(min)),
        (Some(min), Some(max)) => span(min, max),
        (Some(min), None) => format!("{} or more", memory::words(min)),
        (None, Some(max)) => format!("up to {}", memory::words(max)),
        (None, None) => "any".to_owned(),
    }
}

fn span(min: f64, max: f64) -> String {
    let (low, high) = (memory::words(min), memory::words(max));
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((n, unit)), Some((m, other))) if unit == other => format!("{n}–{m} {unit}"),
        _ => format!("{low}–{high}"),
    }
}

/// `2 × A100 80 GB`, `1 × 40–80 GB`, `1–2 × any`.
pub(super) fn gpu_words(gpu: &super::Gpu) -> String {
    if is_any(gpu) {
        return "any, or none".to_owned();
    }
    let count = match (gpu.count.min, gpu.count.max) {
        (Some(min), Some(max)) if min == max => min.to_string(),
        (Some(min), Some(max)) => format!("{min}–{max}"),
        (Some(min), None) => format!("{min} or more"),
        (None, Some(max)) => format!("up to {max}"),
        (None, None) => "any number".to_owned(),
    };
    let mut what = Vec::new();
    what.extend(gpu.vendor.map(|vendor| vendor.name().to_owned()));
    match &gpu.name {
        Some(list) if list.is_empty() => what.push("none at all".to_owned()),
        Some(list) => what.push(list.join(" or ")),
        None => {}
    }
    if let Some(memory) = gpu.memory {
        // "exactly" says little of a GPU's memory: that is how they are made.
        what.push(size_range(memory).trim_start_matches("exactly ").to_owned());
    }
    if let Some(total) = gpu.total_memory {
        what.push(format!("{} together", size_range(total).trim_start_matches("exactly ")));
    }
    if let Some((major, minor)) = gpu.compute_capability {
        what.push(format!("capability {major}.{minor}+"));
    }
    if what.is_empty() { format!("{count} × any") } else { format!("{count} × {}", what.join(", ")) }
}

fn names(list: &[String]) -> String {
    match list {
        [] => "none".to_owned(),
        [a] => a.clone(),
        [a, b] => format!("{a}, {b}"),
        [a, b, rest @ ..] => format!("{a}, {b} +{}", rest.len()),
    }
}

/// Seconds as people say them: `8 h`, `1 h 30 min`, `2 days`.
pub(super) fn duration(seconds: i64) -> String {
    let n = seconds.unsigned_abs();
    let sign = if seconds < 0 { "−" } else { "" };
    let unit = |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let (big, small) = match n {
        0..60 => return format!("{sign}{n} s"),
        60..3600 => (format!("{} min", n / 60), (n % 60, "s")),
        3600..86_400 => (format!("{} h", n / 3600), (n % 3600 / 60, "min")),
        _ => (unit(n / 86_400, "day", "days"), (n % 86_400 / 3600, "h")),
    };
    match small {
        (0, _) => format!("{sign}{big}"),
        (rest, unit) => format!("{sign}{big} {rest} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_as_people_say_them() {
        for (seconds, said) in [
            (0, "0 s"),
            (90, "1 min 30 s"),
            (28_800, "8 h"),
            (5400, "1 h 30 min"),
            (172_800, "2 days"),
            (-60, "−1 min"),
        ] {
            assert_eq!(duration(seconds), said);
        }
        assert_eq!(duration(i64::MIN).chars().next(), Some('−'));
    }
}
