//! Changes of the text that the page itself proposes, and where a field stands in it.

use berth_shared::{
    config::{IntRange, SizeRange},
    diagnostics::{ByteRange, LineIndex, Range, TextEdit},
    matcher::{Constraint, GpuRequirements, Relaxation, Requirements},
    yaml::{self, Document, MapEntry, Value},
};

/// Where the value of a field is written, such as that of `resources.gpu`; of a field that is not written, where
/// its nearest parent is. `None` when nothing of it is there, or the text cannot be read.
#[must_use]
pub fn place(text: &str, path: &str) -> Option<Range> {
    let document = yaml::load(text).ok()?;
    let (entry, _) = find(&document, path)?;
    let range =
        if entry.value_range.start < entry.value_range.end { entry.value_range } else { entry.key_range };
    Some(LineIndex::new(text).range(range))
}

/// The deepest written entry on the way to `path`, and whether that is `path` itself.
fn find<'a>(document: &'a Document, path: &str) -> Option<(&'a MapEntry, bool)> {
    let mut node = document.root?;
    let mut found = None;
    for name in path.split('.') {
        let Value::Map(entries) = &document.node(node).value else { break };
        let entry = entries.iter().rev().find(|entry| {
            !entry.merged && matches!(&document.node(entry.key).value, Value::Str(key) if key == name)
        });
        match entry {
            Some(entry) => {
                found = Some(entry);
                node = entry.value;
            }
            None => return found.map(|entry| (entry, false)),
        }
    }
    found.map(|entry| (entry, true))
}

/// One proposed change, for people and for the editor.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The key and what stays: `max_price: `.
    pub key: String,
    /// What goes; empty when the key is new.
    pub before: String,
    /// What comes; empty when the line goes.
    pub after: String,
    /// The change.
    pub edit: TextEdit,
}

/// A relaxation as a change of the text; `None` where it cannot be written as a change of one line.
#[must_use]
pub fn proposal(text: &str, relaxation: &Relaxation) -> Option<Proposal> {
    let (path, value) = rewritten(relaxation.constraint, &relaxation.requirements, relaxation.drops)?;
    let document = yaml::load(text).ok()?;
    let index = LineIndex::new(text);
    let key = path.rsplit('.').next().unwrap_or(path);
    match (find(&document, path), value) {
        (Some((entry, true)), Some(value)) => {
            let range = entry.value_range;
            // A value of several lines would leave its rest behind or shift what follows.
            let before = text.get(range.start..range.end).filter(|before| !before.contains('\n'))?;
            Some(Proposal {
                key: format!("{key}: "),
                before: before.to_owned(),
                edit: TextEdit { range: index.range(range), new_text: value.clone() },
                after: value,
            })
        }
        (Some((entry, true)), None) => {
            let line = index.position(entry.key_range.start).line;
            let last = index.position(entry.value_range.end.max(entry.key_range.end)).line;
            let lines = ByteRange::new(index.line_start(line), index.line_start(last + 1));
            // Flow style: others stand on the same line.
            let alone = index
                .line(line)
                .trim_start()
                .starts_with(text.get(entry.key_range.start..entry.key_range.end)?);
            alone.then(|| Proposal {
                key: String::new(),
                before: index.line(line).trim().to_owned(),
                after: String::new(),
                edit: TextEdit { range: index.range(lines), new_text: String::new() },
            })
        }
        (found, Some(value)) => {
            insertion(text, &document, &index, path, found.map(|(entry, _)| entry), &value)
        }
        (_, None) => None,
    }
}

/// A new line for a field that is not written.
fn insertion(
    text: &str,
    document: &Document,
    index: &LineIndex<'_>,
    path: &str,
    parent: Option<&MapEntry>,
    value: &str,
) -> Option<Proposal> {
    let (section, key) = path.rsplit_once('.').map_or((None, path), |(section, key)| (Some(section), key));
    let (at, new_text) = match (section, parent) {
        (Some(section), Some(parent)) => {
            // Below the section's own line, indented as its first key is.
            let Value::Map(entries) = &document.node(parent.value).value else { return None };
            let first = entries.first().map(|entry| index.position(entry.key_range.start))?;
            let head = index.position(parent.key_range.start).line;
            let indent = index.line(first.line).get(..first.column)?;
            if section.contains('.') || first.line == head || !indent.trim().is_empty() {
                return None;
            }
            (index.line_start(head + 1), format!("{indent}{key}: {value}\n"))
        }
        (section, _) => {
            let begin = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let lines = match section {
                Some(section) => format!("{begin}{section}:\n  {key}: {value}\n"),
                None => format!("{begin}{key}: {value}\n"),
            };
            (text.len(), lines)
        }
    };
    Some(Proposal {
        key: format!("{key}: "),
        before: String::new(),
        after: value.to_owned(),
        edit: TextEdit { range: index.range(ByteRange::new(at, at)), new_text },
    })
}

/// Which field has to change to satisfy `requirements`, and its new value; no value = the field goes.
fn rewritten(
    constraint: Constraint,
    requirements: &Requirements,
    drops: bool,
) -> Option<(&'static str, Option<String>)> {
    let list = |names: &Option<Vec<String>>| names.as_ref().map(|names| format!("[{}]", names.join(", ")));
    Some(match constraint {
        Constraint::Cpu if drops => ("resources.cpu", Some("1..".to_owned())),
        Constraint::Cpu => ("resources.cpu", Some(counts(requirements.cpu)?)),
        Constraint::Memory if drops => ("resources.memory", Some("0.5GB..".to_owned())),
        Constraint::Memory => ("resources.memory", Some(sizes(requirements.memory)?)),
        Constraint::Disk if drops => ("resources.disk", Some("null".to_owned())),
        Constraint::Disk => ("resources.disk", Some(sizes(requirements.disk?)?)),
        Constraint::MaxPrice => ("max_price", requirements.max_price.map(|price| price.to_string())),
        Constraint::Spot => ("spot_policy", Some("auto".to_owned())),
        Constraint::Backends => ("backends", list(&requirements.backends)),
        Constraint::Regions => ("regions", list(&requirements.regions)),
        Constraint::InstanceTypes => ("instance_types", list(&requirements.instance_types)),
        Constraint::Reuse => ("creation_policy", Some("reuse-or-create".to_owned())),
        Constraint::GpuCount
        | Constraint::GpuName
        | Constraint::GpuMemory
        | Constraint::GpuTotalMemory
        | Constraint::ComputeCapability => ("resources.gpu", Some(gpu(requirements.gpu.as_ref()?)?)),
    })
}

/// `A100,H100:40GB..80GB:2`; `None` where the short form cannot say it.
fn gpu(required: &GpuRequirements) -> Option<String> {
    if required.total_memory.is_some() || required.compute_capability.is_some() {
        return None;
    }
    let mut parts = Vec::new();
    if let Some(names) = &required.names {
        // The short form reads a comma as "or" and a colon as the end of the name.
        let plain =
            |name: &String| name.starts_with(char::is_alphabetic) && !name.contains([',', ':', ' ', '#']);
        if names.is_empty() || !names.iter().all(plain) {
            return None;
        }
        parts.push(names.join(","));
    }
    if let Some(memory) = required.memory {
        parts.extend(sizes(memory));
    }
    match required.count {
        IntRange { min: Some(1), max: Some(1) } if !parts.is_empty() => {}
        count => parts.push(counts(count).unwrap_or_else(|| "0..".to_owned())),
    }
    let text = parts.join(":");
    // YAML 1.1 reads digits around a colon as a number to the base of 60.
    let numeric = text.chars().all(|c| c.is_ascii_digit() || c == ':');
    Some(if numeric && text.contains(':') { format!("\"{text}\"") } else { text })
}

fn counts(range: IntRange) -> Option<String> {
    match (range.min, range.max) {
        (Some(min), Some(max)) if min == max => Some(min.to_string()),
        (None, None) => None,
        (min, max) => {
            let side = |bound: Option<i64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
            Some(format!("{}..{}", side(min), side(max)))
        }
    }
}

fn sizes(range: SizeRange) -> Option<String> {
    let size = |gb: f64| format!("{gb}GB");
    match (range.min, range.max) {
        (Some(min), Some(max)) if min == max => Some(size(min)),
        (None, None) => None,
        (min, max) => {
            Some(format!("{}..{}", min.map(size).unwrap_or_default(), max.map(size).unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests;
