//! A configuration as a list of fields, each with its value, so that two of them can be compared field by field.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::config::Configuration;

/// The value of each field that a text may set: the keys at the top, and those of `resources` one by one.
pub(super) type Fields = BTreeMap<String, Value>;

/// What [`Configuration`] says in other words than dstack 0.22 does.
const IN_OTHER_WORDS: [&str; 5] =
    ["retry_policy", "pool_name", "instance_name", "termination_policy", "termination_idle_time"];

/// The fields of a configuration, in the words of the dialect that it was read in.
pub(super) fn of(configuration: &Configuration) -> Fields {
    let mut fields: Fields = object(configuration).into_iter().collect();
    if let Some(Value::Object(newer)) = fields.remove("newer") {
        IN_OTHER_WORDS.iter().for_each(|key| _ = fields.remove(*key));
        fields.extend(newer);
    }
    if let Some(Value::Object(mut resources)) = fields.remove("resources") {
        let arch = resources.remove("arch");
        if let (Some(arch), Some(Value::Object(cpu))) = (arch, resources.get_mut("cpu")) {
            cpu.insert("arch".to_owned(), arch);
        }
        fields.extend(resources.into_iter().map(|(key, value)| (format!("resources.{key}"), value)));
    }
    // "No GPU or more" is no condition: dstack 0.22 has it where dstack 0.18 has none.
    let any = configuration.resources.gpu.as_ref().is_some_and(|gpu| {
        let count = (gpu.count.min, gpu.count.max);
        let other = (&gpu.vendor, &gpu.name, &gpu.memory, &gpu.total_memory, &gpu.compute_capability);
        count == (Some(0), None) && matches!(other, (None, None, None, None, None))
    });
    if any {
        fields.insert("resources.gpu".to_owned(), Value::Null);
    }
    fields
}

/// A value as an object of JSON.
pub(super) fn object(value: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// The field that a path such as `resources.cpu.min`, `env.A` or `ports[2]` belongs to.
pub(super) fn field_of(path: &str) -> &str {
    let end = |from: usize| path[from..].find(['.', '[']).map_or(path.len(), |at| from + at);
    match path.strip_prefix("resources.") {
        Some(_) => &path[..end("resources.".len())],
        None => &path[..end(0)],
    }
}

/// What stands at a path; `None` where the path leads nowhere.
pub(super) fn at<'f>(fields: &'f Fields, path: &str) -> Option<&'f Value> {
    let field = field_of(path);
    let mut value = fields.get(field)?;
    let mut rest = &path[field.len()..];
    while !rest.is_empty() {
        if let Some((index, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            value = value.as_array()?.get(index.parse::<usize>().ok()?)?;
            rest = after;
            continue;
        }
        rest = rest.strip_prefix('.')?;
        // The names of variables may have dots in them.
        let leads = |key: &&String| {
            rest.strip_prefix(key.as_str())
                .is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']))
        };
        let key = value.as_object()?.keys().filter(leads).max_by_key(|key| key.len())?;
        value = &value[key.as_str()];
        rest = &rest[key.len()..];
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check, config::check_in, schema::Dialect};

    #[test]
    fn a_path_leads_to_its_field_and_to_what_stands_there() {
        for (path, field) in [
            ("resources.cpu.min", "resources.cpu"),
            ("resources", "resources"),
            ("env.A.key", "env"),
            ("ports[2].local_port", "ports"),
        ] {
            assert_eq!(field_of(path), field);
        }
        let text = "type: dev-environment\nide: vscode\nenv: {a.b: x, a: {key: Y}}\nports: [80]\n";
        let fields = of(&check(text).configuration.unwrap());
        assert_eq!(at(&fields, "env.a.b"), Some(&"x".into()));
        assert_eq!(at(&fields, "env.a.key"), Some(&"Y".into()));
        assert_eq!(at(&fields, "ports[0].container_port"), Some(&80.into()));
        assert_eq!(at(&fields, "resources.cpu.min"), Some(&2.into()));
        assert_eq!(at(&fields, "ports[1]"), None);
        assert_eq!(at(&fields, "env.c"), None);
    }

    #[test]
    fn what_is_not_written_is_the_same_in_both_dialects() {
        let text = "type: dev-environment\nide: vscode\n";
        let [old, new] =
            Dialect::ALL.map(|dialect| of(&check_in(text, dialect, None).configuration.unwrap()));
        assert!(old.iter().all(|(key, value)| new.get(key).is_none_or(|other| other == value)));
        assert!(new.contains_key("fleets") && !new.contains_key("pool_name"));
    }
}
