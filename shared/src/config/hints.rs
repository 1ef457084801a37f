//! What a value means, where it is not plain: notes at the end of a line of the editor, and for hover.

use serde::Serialize;

use super::{
    Configuration, EnvValue, PortMapping, check_and_hint, coerce, memory,
    summary::{duration, gpu_words, int_range, size_range},
};
use crate::{
    config::SpotPolicy,
    diagnostics::{ByteRange, LineIndex, Range},
    schema::Dialect,
    yaml::{Document, NodeId, Value},
};

/// A note beside a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InlineHint {
    /// What it is about; the note goes to the end of its last line.
    pub range: Range,
    /// Such as `→ exactly 500 GB`.
    pub text: String,
}

/// The notes for a text, in its order; none while it has errors.
#[must_use]
pub fn hints(text: &str) -> Vec<InlineHint> {
    check_and_hint(text, Dialect::V0_18, None).1
}

/// The notes for a document that is read without errors.
pub(super) fn of_document(text: &str, document: &Document, configuration: &Configuration) -> Vec<InlineHint> {
    let index = LineIndex::new(text);
    let mut notes = Notes { doc: document, configuration, index: &index, all: Vec::new() };
    notes.collect();
    let mut all = notes.all;
    crate::order::sort_by_key(&mut all, |hint| hint.range.start.offset);
    all
}

/// What the value of a field means, in words; `None` where the value says it itself, or is not written.
pub(crate) fn meaning(c: &Configuration, path: &str) -> Option<String> {
    let r = &c.resources;
    let gpu = r.gpu.as_ref();
    match path {
        "resources.cpu" => Some(int_range(r.cpu)),
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
        "retry_policy" => c.retry_policy.map(|policy| match (policy.retry, policy.duration) {
            (_, Some(seconds)) => format!("tries again for {}", duration(seconds)),
            (true, None) => "tries again without an end".to_owned(),
            (false, None) => "tries once".to_owned(),
        }),
        "retry_policy.duration" => c.retry_policy.and_then(|policy| policy.duration).map(duration),
        "backends" => empty(c.backends.as_deref()),
        "regions" => empty(c.regions.as_deref()),
        "instance_types" => empty(c.instance_types.as_deref()),
        _ => match path.strip_prefix("ports[").and_then(|rest| rest.strip_suffix(']')) {
            Some(index) => c.ports.get(index.parse::<usize>().ok()?).map(port),
            None => path.strip_prefix("env.").and_then(|name| match c.env.get(name)? {
                EnvValue::FromSubmitter { .. } => Some(ASKED.to_owned()),
                EnvValue::Literal(_) => None,
            }),
        },
    }
}

const ASKED: &str = "asked for at launch";

fn empty(list: Option<&[String]>) -> Option<String> {
    list.filter(|list| list.is_empty()).map(|_| "none at all".to_owned())
}

fn port(port: &PortMapping) -> String {
    let inside = port.container_port;
    match port.local_port {
        Some(local) if local == inside => format!("port {inside} on both sides"),
        Some(local) => format!("port {inside} at local port {local}"),
        None => format!("port {inside} at any free local port"),
    }
}

struct Notes<'a> {
    doc: &'a Document,
    configuration: &'a Configuration,
    index: &'a LineIndex<'a>,
    all: Vec<InlineHint>,
}

impl Notes<'_> {
    fn add(&mut self, range: ByteRange, note: impl std::fmt::Display) {
        self.all.push(InlineHint { range: self.index.range(range), text: format!("→ {note}") });
    }

    /// Says what a field means, beside its value: beside its key, when the value is on the lines below.
    fn field(&mut self, parent: NodeId, name: &str, path: &str) {
        let Some(field) = written(self.doc, parent, name) else { return };
        if let Some(note) = meaning(self.configuration, path) {
            self.add(field.spot(self.index), note);
        }
    }

    fn collect(&mut self) {
        let (doc, c) = (self.doc, self.configuration);
        let Some(root) = doc.root else { return };
        if let Some((resources, _)) = entry(doc, root, "resources") {
            for name in ["cpu", "memory", "gpu", "disk"] {
                self.field(resources, name, &format!("resources.{name}"));
            }
            // With a unit it says itself what it is.
            if let Some(field) = written(doc, resources, "shm_size")
                && doc.node(field.value).text.as_deref().is_some_and(|t| !t.contains(char::is_alphabetic))
            {
                self.field(resources, "shm_size", "resources.shm_size");
            }
        }
        if c.spot_policy == Some(SpotPolicy::Auto) {
            self.field(root, "spot_policy", "spot_policy");
        }
        for name in ["max_duration", "termination_idle_time", "backends", "regions", "instance_types"] {
            self.field(root, name, name);
        }
        if let Some(retry) = entry(doc, root, "retry_policy").map(|(node, _)| node) {
            match written(doc, retry, "duration") {
                Some(_) => self.field(retry, "duration", "retry_policy.duration"),
                None => self.field(root, "retry_policy", "retry_policy"),
            }
        }
        self.texts(root);
        self.ports(root);
        self.env(root);
    }

    /// Texts that are written as something else: `image: yes` is the text `True`.
    fn texts(&mut self, root: NodeId) {
        let c = self.configuration;
        for (name, read) in [
            ("version", c.version.as_ref()),
            ("image", c.image.as_ref()),
            ("entrypoint", c.entrypoint.as_ref()),
            ("home_dir", Some(&c.home_dir)),
            ("python", c.python.as_ref()),
            ("pool_name", c.pool_name.as_ref()),
            ("instance_name", c.instance_name.as_ref()),
        ] {
            let field = written(self.doc, root, name);
            if let (Some(field), Some(read)) = (field, read)
                && self.doc.node(field.value).text.as_ref().is_some_and(|text| text != read)
                && !matches!(self.doc.node(field.value).value, Value::Str(_))
            {
                self.add(field.range, format!("the text {read}"));
            }
        }
    }

    /// Ports that lead to others.
    fn ports(&mut self, root: NodeId) {
        let Some((list, list_range)) = entry(self.doc, root, "ports") else { return };
        let Value::Seq(items) = &self.doc.node(list).value else { return };
        let ports = &self.configuration.ports;
        let mut beside: Vec<(ByteRange, String)> = Vec::new();
        for (&(item, range), mapping) in items.iter().zip(ports) {
            let plain = self.doc.node(item).text.as_deref() == Some(&mapping.container_port.to_string());
            // What the keys of an object say need not be said again.
            let object = matches!(self.doc.node(item).value, Value::Map(_));
            if !plain && !object {
                beside.push((range, port(mapping)));
            }
        }
        let lines = self.index.range(list_range);
        if lines.start.line == lines.end.line && !beside.is_empty() {
            let notes: Vec<_> = beside.into_iter().map(|(_, note)| note).collect();
            self.add(list_range, notes.join(", "));
        } else {
            for (range, note) in beside {
                self.add(range, note);
            }
        }
    }

    /// Variables that are asked for.
    fn env(&mut self, root: NodeId) {
        let (doc, c) = (self.doc, self.configuration);
        let Some((env, env_range)) = entry(doc, root, "env") else { return };
        let is_asked = |name: &str| matches!(c.env.get(name), Some(EnvValue::FromSubmitter { .. }));
        let mut asked: Vec<(&str, ByteRange)> = Vec::new();
        match &doc.node(env).value {
            Value::Seq(items) => {
                for &(item, range) in items {
                    if let Value::Str(name) = &doc.node(item).value
                        && is_asked(name)
                    {
                        asked.push((name, range));
                    }
                }
            }
            Value::Map(entries) => {
                for entry in entries.iter().filter(|entry| !entry.merged) {
                    if let Some(name) = coerce::text(&doc.node(entry.key).value)
                        && is_asked(&name)
                        && let Some(name) = c.env.get_key_value(&name).map(|(name, _)| name)
                    {
                        asked.push((name, entry.key_range));
                    }
                }
            }
            _ => {}
        }
        let lines = self.index.range(env_range);
        if lines.start.line == lines.end.line && asked.len() > 1 {
            let names: Vec<_> = asked.iter().map(|(name, _)| *name).collect();
            self.add(env_range, format!("{} {ASKED}", names.join(", ")));
        } else {
            for (_, range) in asked {
                self.add(range, ASKED);
            }
        }
    }
}

/// A field that is written.
struct Written {
    value: NodeId,
    key: ByteRange,
    range: ByteRange,
}

impl Written {
    /// The value; the key where the value takes several lines.
    fn spot(&self, index: &LineIndex<'_>) -> ByteRange {
        let lines = index.range(self.range);
        if lines.start.line == lines.end.line { self.range } else { self.key }
    }
}

fn written(doc: &Document, map: NodeId, name: &str) -> Option<Written> {
    let Value::Map(entries) = &doc.node(map).value else { return None };
    entries
        .iter()
        .rev()
        .find(|e| !e.merged && matches!(&doc.node(e.key).value, Value::Str(key) if key == name))
        .map(|e| Written { value: e.value, key: e.key_range, range: e.value_range })
        .filter(|field| field.range.start < field.range.end)
}

/// The entry of a mapping that counts, and where its value is referred to; not what a merge brought in.
pub(super) fn entry(doc: &Document, map: NodeId, name: &str) -> Option<(NodeId, ByteRange)> {
    written(doc, map, name).map(|field| (field.value, field.range))
}
