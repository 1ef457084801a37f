//! What values mean, where it is not plain: notes at the end of a line of the editor.

use serde::Serialize;

use super::{
    Configuration, EnvValue, Newer, Reading, check_and_hint, coerce,
    meaning::{ASKED, meaning, port},
};
use crate::{
    config::SpotPolicy,
    diagnostics::{ByteRange, LineIndex, Range},
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
pub fn hints(text: &str, reading: impl Into<Reading>) -> Vec<InlineHint> {
    check_and_hint(text, reading, None).1
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
        for name in ["idle_duration", "inactivity_duration", "stop_duration"] {
            self.field(root, name, name);
        }
        if let Some((policy, _)) = entry(doc, root, "utilization_policy") {
            self.field(policy, "time_window", "utilization_policy.time_window");
        }
        for name in ["retry_policy", "retry"] {
            let Some((retry, _)) = entry(doc, root, name) else { continue };
            match written(doc, retry, "duration") {
                Some(_) => self.field(retry, "duration", &format!("{name}.duration")),
                None => self.field(root, name, name),
            }
        }
        self.texts(root);
        self.ports(root);
        self.env(root);
    }

    /// Texts that are written as something else: `image: yes` is the text `True`.
    fn texts(&mut self, root: NodeId) {
        let c = self.configuration;
        let newer = |get: fn(&Newer) -> Option<&String>| c.newer.as_deref().and_then(get);
        for (name, read) in [
            ("name", newer(|newer| newer.name.as_ref())),
            ("user", newer(|newer| newer.user.as_ref())),
            ("working_dir", newer(|newer| newer.working_dir.as_ref())),
            ("reservation", newer(|newer| newer.reservation.as_ref())),
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
