//! Values as YAML on one line, as people write them.

use serde_json::Value;

use crate::{
    config::{Vendor, emit::number},
    schema::Dialect,
    yaml,
};

/// The longest key that needs no `?` before it, in characters: YAML's own limit is 1,024.
const LONGEST_KEY: usize = 1000;

/// Keys that people write before the others of an object.
const FIRST: [&str; 7] = ["vendor", "name", "min", "username", "retry", "on_events", "local_port"];

/// A value of a field as YAML. It may stand on a line of its own; between brackets, [`in_flow`] says how.
pub(super) fn value(path: &str, value: &Value, dialect: Dialect) -> String {
    let short = match path {
        "resources.cpu" => cpu(value),
        "resources.gpu.count" => cpu(value),
        "resources.memory" | "resources.gpu.memory" | "resources.gpu.total_memory" => sizes(value),
        "resources.disk" => value.get("size").and_then(sizes),
        "resources.gpu" => gpu(value, dialect),
        "max_duration" | "idle_duration" | "termination_idle_time" => duration(value),
        "retry.duration" | "retry_policy.duration" => duration(value),
        "ports" => all(value, port),
        _ if path.starts_with("ports[") => port(value),
        "fleets" | "instances" => all(value, name_alone),
        _ => None,
    };
    short.unwrap_or_else(|| any(path, value, dialect))
}

/// A value as it may stand between brackets.
pub(super) fn in_flow(value: String) -> String {
    let bare = !value.starts_with(['[', '{', '"']);
    if bare && value.contains([',', '[', ']', '{', '}', ':', '#']) { yaml::quoted(&value) } else { value }
}

fn any(path: &str, value: &Value, dialect: Dialect) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => value.to_string(),
        Value::Number(n) => match n.as_f64().filter(|_| n.is_f64()) {
            Some(float) => number(float),
            None => n.to_string(),
        },
        Value::String(text) => yaml::scalar(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| any("", item, dialect)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(entries) => {
            // What is null is as if it were not there.
            let mut entries: Vec<_> = entries.iter().filter(|(_, value)| !value.is_null()).collect();
            let first = |key: &str| FIRST.contains(&key);
            crate::order::sort_by_key(&mut entries, |(key, _)| !first(key));
            let entries = entries.into_iter().map(|(key, inner)| {
                let inner = in_flow(self::value(&format!("{path}.{key}"), inner, dialect));
                let mark = if key.chars().count() > LONGEST_KEY { "? " } else { "" };
                format!("{mark}{}: {inner}", yaml::scalar(key))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn all(list: &Value, item: impl Fn(&Value) -> Option<String>) -> Option<String> {
    let items: Option<Vec<_>> = list.as_array()?.iter().map(item).collect();
    Some(format!("[{}]", items?.join(", ")))
}

/// A text as it is, where that is what YAML reads it as.
pub(super) fn plain(text: String) -> String {
    let simple =
        text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b',' | b':' | b'_' | b'-'));
    let same = |document: yaml::Document| {
        document.root.is_some_and(|root| document.node(root).value == yaml::Value::Str(text.clone()))
    };
    if simple && yaml::load(&text).is_ok_and(same) { text } else { yaml::quoted(&text) }
}

fn range(range: &Value, bound: impl Fn(&Value) -> Option<String>) -> Option<String> {
    let bound = |key: &str| match &range[key] {
        Value::Null => Some(None),
        value => bound(value).map(Some),
    };
    match (bound("min")?, bound("max")?) {
        (None, None) => None,
        (Some(min), Some(max)) if min == max => Some(min),
        (min, max) => Some(format!("{}..{}", min.unwrap_or_default(), max.unwrap_or_default())),
    }
}

/// A range of whole numbers without a sign.
fn count(value: &Value) -> Option<String> {
    range(value, |n| n.as_u64().map(|n| n.to_string()))
}

fn sizes(value: &Value) -> Option<String> {
    range(value, |size| {
        let gb = size.as_f64().filter(|gb| *gb == 0.0 || (1e-3..1e9).contains(gb))?;
        Some(format!("{gb}GB"))
    })
    .map(plain)
}

fn cpu(value: &Value) -> Option<String> {
    let count = count(value)?;
    match value.get("arch").and_then(Value::as_str) {
        Some(arch) => Some(plain(format!("{arch}:{count}"))),
        // A number where it is one.
        None if count.bytes().all(|b| b.is_ascii_digit()) => Some(count),
        None => Some(plain(count)),
    }
}

/// `A100,H100:80GB:2`, where that says it all.
fn gpu(value: &Value, dialect: Dialect) -> Option<String> {
    let set = |key: &str| value.get(key).is_some_and(|value| !value.is_null());
    if !value.is_object() || set("total_memory") || set("compute_capability") {
        return None;
    }
    let mut parts = Vec::new();
    if set("vendor") {
        parts.push(value["vendor"].as_str()?.to_owned());
    }
    if set("name") {
        let names: Option<Vec<_>> = value["name"].as_array()?.iter().map(Value::as_str).collect();
        let names = names?;
        let is_name = |name: &&str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        let of_vendor = dialect == Dialect::V0_22 && names.len() == 1 && Vendor::of_token(names[0]).is_some();
        if names.is_empty() || !names.iter().all(is_name) || of_vendor {
            return None;
        }
        parts.push(names.join(","));
    }
    if set("memory") {
        parts.push(range(&value["memory"], |gb| {
            Some(format!("{}GB", gb.as_f64().filter(|gb| (1e-3..1e9).contains(gb))?))
        })?);
    }
    let count = count(&value["count"])?;
    if parts.is_empty() && count.bytes().all(|b| b.is_ascii_digit()) {
        return Some(count);
    }
    parts.push(count);
    Some(plain(parts.join(":")))
}

/// `90`, `5m`, `4h`, `"off"`.
fn duration(value: &Value) -> Option<String> {
    let seconds = match value {
        Value::String(text) if text == "off" => return Some("\"off\"".to_owned()),
        // dstack 0.18 has seconds as text.
        Value::String(text) => text.parse::<i64>().ok()?,
        value => value.as_i64()?,
    };
    let units = [(86400, "d"), (3600, "h"), (60, "m")];
    let unit = units.into_iter().find(|(unit, _)| seconds > 0 && seconds % unit == 0);
    Some(unit.map_or_else(|| seconds.to_string(), |(unit, name)| format!("{}{name}", seconds / unit)))
}

fn port(value: &Value) -> Option<String> {
    let inside = value["container_port"].as_u64()?;
    Some(match value["local_port"].as_u64() {
        Some(local) if local == inside => inside.to_string(),
        Some(local) => format!("\"{local}:{inside}\""),
        None => format!("\"*:{inside}\""),
    })
}

/// The name of a fleet or an instance, where that says it all.
fn name_alone(value: &Value) -> Option<String> {
    let entries = value.as_object()?;
    let alone = entries.iter().all(|(key, value)| key == "name" || value.is_null());
    let name = entries.get("name")?.as_str()?;
    (alone && !name.is_empty() && !name.contains('/')).then(|| yaml::scalar(name))
}
