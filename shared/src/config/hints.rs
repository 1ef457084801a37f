//! Notes at the end of a line of the editor: what a value means.

use serde::Serialize;

use super::{
    Configuration, EnvValue, check,
    summary::{duration, gpu_words, int_range, size_range},
};
use crate::{
    config::{SpotPolicy, TEXT_LIMIT},
    diagnostics::{ByteRange, LineIndex, Range},
    yaml::{self, Document, NodeId, Value},
};

/// A note beside a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InlineHint {
    /// The value it is about; the note goes to the end of its last line.
    pub range: Range,
    /// Such as `→ exactly 500 GB`.
    pub text: String,
}

/// The notes for a text, in its order; none while it has errors.
#[must_use]
pub fn hints(text: &str) -> Vec<InlineHint> {
    if text.len() > TEXT_LIMIT {
        return Vec::new();
    }
    let (Ok(document), Some(configuration)) = (yaml::load(text), check(text).configuration) else {
        return Vec::new();
    };
    let index = LineIndex::new(text);
    let mut all = Vec::new();
    collect(&document, &configuration, &mut |range, note: String| {
        all.push(InlineHint { range: index.range(range), text: format!("→ {note}") });
    });
    all.sort_by_key(|hint| hint.range.start.offset);
    all
}

fn collect(doc: &Document, c: &Configuration, add: &mut impl FnMut(ByteRange, String)) {
    let Some(root) = doc.root else { return };
    let resources = entry(doc, root, "resources").map(|(node, _)| node);
    let resource =
        |name: &str| resources.and_then(|node| entry(doc, node, name)).filter(|(id, _)| is_scalar(doc, *id));
    if let Some((_, range)) = resource("cpu") {
        add(range, int_range(c.resources.cpu));
    }
    if let Some((_, range)) = resource("memory") {
        add(range, size_range(c.resources.memory));
    }
    if let (Some((_, range)), Some(gpu)) = (resource("gpu"), &c.resources.gpu) {
        add(range, gpu_words(gpu));
    }
    if let (Some((_, range)), Some(disk)) = (resource("disk"), c.resources.disk) {
        add(range, size_range(disk.size));
    }
    let root_entry = |name: &str| entry(doc, root, name);
    if let (Some((_, range)), Some(SpotPolicy::Auto)) = (root_entry("spot_policy"), c.spot_policy) {
        add(range, "both kinds".to_owned());
    }
    if let (Some((_, range)), Some(seconds)) = (root_entry("max_duration"), c.max_duration_seconds()) {
        add(range, duration(seconds));
    }
    if let (Some((_, range)), Some(seconds)) = (root_entry("termination_idle_time"), c.termination_idle_time)
    {
        add(range, duration(seconds));
    }
    if let Some((env, _)) = root_entry("env")
        && let Value::Seq(items) = &doc.node(env).value
    {
        for &(item, range) in items {
            if let Value::Str(name) = &doc.node(item).value
                && matches!(c.env.get(name), Some(EnvValue::FromSubmitter { .. }))
            {
                add(range, "asked for at launch".to_owned());
            }
        }
    }
}

/// The entry of a mapping that counts, and where its value is referred to; not what a merge brought in.
fn entry(doc: &Document, map: NodeId, name: &str) -> Option<(NodeId, ByteRange)> {
    let Value::Map(entries) = &doc.node(map).value else { return None };
    entries
        .iter()
        .rev()
        .find(|e| !e.merged && matches!(&doc.node(e.key).value, Value::Str(key) if key == name))
        .map(|e| (e.value, e.value_range))
        .filter(|(_, range)| range.start < range.end)
}

fn is_scalar(doc: &Document, node: NodeId) -> bool {
    doc.node(node).text.is_some()
}
