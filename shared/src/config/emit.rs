//! A configuration as the text of one.

use std::fmt::Write as _;

use super::{Configuration, EnvValue, Gpu, IntRange, SizeRange};
use crate::yaml::{quoted, scalar};

/// The longest key that YAML reads without a `?` before it is 1,024 characters long.
const LONGEST_KEY: usize = 1000;

impl Configuration {
    /// The configuration as YAML 1.1 that [`super::check`] reads back as the same configuration. Keys stand
    /// in the order of the reference; what is not set is left out.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut out = String::new();
        let text = |out: &mut String, key: &str, value: &str| line(out, key, &scalar(value));
        text(&mut out, "type", &self.r#type);
        let optional = |out: &mut String, key: &str, value: &Option<String>| {
            if let Some(value) = value {
                text(out, key, value);
            }
        };
        optional(&mut out, "ide", &self.ide);
        optional(&mut out, "version", &self.version);
        list(&mut out, "init", Some(&self.init).filter(|list| !list.is_empty()));
        optional(&mut out, "image", &self.image);
        optional(&mut out, "entrypoint", &self.entrypoint);
        text(&mut out, "home_dir", &self.home_dir);
        if let Some(auth) = &self.registry_auth {
            out.push_str("registry_auth:\n");
            text(&mut out, "  username", &auth.username);
            text(&mut out, "  password", &auth.password);
        }
        optional(&mut out, "python", &self.python);
        self.env_to_yaml(&mut out);
        list(&mut out, "setup", Some(&self.setup).filter(|list| !list.is_empty()));
        self.resources_to_yaml(&mut out);
        if !self.ports.is_empty() {
            out.push_str("ports:\n");
        }
        for port in &self.ports {
            let local = port.local_port.map_or_else(|| "null".to_owned(), |port| port.to_string());
            line(&mut out, "  - local_port", &local);
            line(&mut out, "    container_port", &port.container_port.to_string());
        }
        list(&mut out, "backends", self.backends.as_ref());
        list(&mut out, "regions", self.regions.as_ref());
        list(&mut out, "instance_types", self.instance_types.as_ref());
        if let Some(policy) = self.spot_policy {
            line(&mut out, "spot_policy", policy.name());
        }
        if let Some(retry) = self.retry_policy {
            out.push_str("retry_policy:\n");
            line(&mut out, "  retry", &retry.retry.to_string());
            if let Some(duration) = retry.duration {
                line(&mut out, "  duration", &duration.to_string());
            }
        }
        if let Some(duration) = &self.max_duration {
            // Whole seconds need no quotes.
            let seconds = duration.parse::<i64>().is_ok_and(|n| n.to_string() == *duration);
            line(&mut out, "max_duration", &if seconds { duration.clone() } else { scalar(duration) });
        }
        if let Some(price) = self.max_price {
            line(&mut out, "max_price", &number(price));
        }
        optional(&mut out, "pool_name", &self.pool_name);
        optional(&mut out, "instance_name", &self.instance_name);
        if let Some(policy) = self.creation_policy {
            line(&mut out, "creation_policy", policy.name());
        }
        if let Some(policy) = self.termination_policy {
            line(&mut out, "termination_policy", policy.name());
        }
        if let Some(seconds) = self.termination_idle_time {
            line(&mut out, "termination_idle_time", &seconds.to_string());
        }
        out
    }

    fn env_to_yaml(&self, out: &mut String) {
        if !self.env.is_empty() {
            out.push_str("env:\n");
        }
        for (name, value) in &self.env {
            let value = match value {
                EnvValue::Literal(text) => scalar(text),
                EnvValue::FromSubmitter { key } => format!("{{key: {}}}", scalar(key)),
            };
            let name = scalar(name);
            if name.chars().count() > LONGEST_KEY {
                _ = writeln!(out, "  ? {name}\n  : {value}");
            } else {
                _ = writeln!(out, "  {name}: {value}");
            }
        }
    }

    fn resources_to_yaml(&self, out: &mut String) {
        let r = &self.resources;
        out.push_str("resources:\n");
        line(out, "  cpu", &ints(r.cpu));
        line(out, "  memory", &sizes(r.memory));
        if let Some(size) = r.shm_size {
            line(out, "  shm_size", &number(size));
        }
        if let Some(gpu) = &r.gpu {
            gpu_to_yaml(out, gpu);
        }
        match r.disk {
            None => line(out, "  disk", "null"),
            Some(disk) => line(out, "  disk", &format!("{{size: {}}}", sizes(disk.size))),
        }
    }
}

fn gpu_to_yaml(out: &mut String, gpu: &Gpu) {
    out.push_str("  gpu:\n");
    list(out, "    name", gpu.name.as_ref());
    line(out, "    count", &ints(gpu.count));
    for (key, range) in [("    memory", gpu.memory), ("    total_memory", gpu.total_memory)] {
        if let Some(range) = range {
            line(out, key, &sizes(range));
        }
    }
    if let Some((major, minor)) = gpu.compute_capability {
        line(out, "    compute_capability", &format!("[{major}, {minor}]"));
    }
}

fn line(out: &mut String, key: &str, value: &str) {
    _ = writeln!(out, "{key}: {value}");
}

fn list(out: &mut String, key: &str, items: Option<&Vec<String>>) {
    let Some(items) = items else { return };
    if items.is_empty() {
        return line(out, key, "[]");
    }
    _ = writeln!(out, "{key}:");
    let indent = " ".repeat(key.len() - key.trim_start().len() + 2);
    for item in items {
        _ = writeln!(out, "{indent}- {}", scalar(item));
    }
}

fn ints(range: IntRange) -> String {
    bounds(range.min.map(|n| n.to_string()), range.max.map(|n| n.to_string()))
}

fn sizes(range: SizeRange) -> String {
    bounds(range.min.map(number), range.max.map(number))
}

fn bounds(min: Option<String>, max: Option<String>) -> String {
    let named = |name: &str, bound: Option<String>| bound.map(|bound| format!("{name}: {bound}"));
    let both: Vec<_> = named("min", min).into_iter().chain(named("max", max)).collect();
    format!("{{{}}}", both.join(", "))
}

/// The shortest text that is read as this number; quoted where it would be no number to YAML 1.1 but is
/// read from text all the same (`1e300`, `inf`).
pub(super) fn number(n: f64) -> String {
    if n.is_nan() {
        return quoted("nan");
    }
    let text = format!("{n:?}");
    if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')) { text } else { quoted(&text) }
}
