//! What a place of a configuration means.

use serde::Serialize;

use super::{
    Facts,
    complete::machine,
    cursor::Step,
    outline::{Kind, Outline, Spot, Style},
    words,
};
use crate::{
    config::{Configuration, Normalised, TEXT_LIMIT, check_in, meaning},
    diagnostics::{ByteRange, LineIndex, Range},
    schema::{Dialect, Field},
};

/// What a key or a value means.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hover {
    /// The key or the value that it is about.
    pub range: Range,
    /// Where it stands, such as `resources.gpu` or `ports[1]`.
    pub path: String,
    /// The key.
    pub title: String,
    /// The type in words, such as `duration`.
    pub r#type: &'static str,
    /// Whether the key must be there.
    pub required: bool,
    /// What holds when it is not written, as YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<&'static str>,
    /// All values there are, where they can be listed.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub values: &'static [&'static str],
    /// What it means, in one or two sentences; literals in backticks.
    pub doc: String,
    /// A value, as YAML.
    pub example: &'static str,
    /// What this value was read as, in words; `None` when it is not written or the text has errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
    /// What the catalogue knows about the names in this value, a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
}

/// What stands at `offset` (bytes; the character boundary before it) of `text`, which is read as a dialect of dstack;
/// `None` where nothing has a meaning of its own. `facts` add what the catalogue knows.
#[must_use]
pub fn hover(text: &str, offset: usize, dialect: Dialect, facts: Option<&Facts>) -> Option<Hover> {
    if text.len() > TEXT_LIMIT {
        return None;
    }
    let outline = Outline::new(text, offset);
    let (ix, range, on_value) = match outline.spot {
        Spot::Key(ix) => (ix, outline.nodes[ix].key?, false),
        Spot::Value(ix) if matches!(outline.nodes[ix].kind, Kind::Scalar(style) if style != Style::Block) => {
            (ix, outline.nodes[ix].range, true)
        }
        _ => return None,
    };
    let path = outline.path(ix);
    // A key of another dialect is known by name.
    let field =
        path.field(dialect).or_else(|| Dialect::ALL.into_iter().find_map(|other| path.field(other)))?;
    let configuration = check_in(text, dialect, None).configuration;
    let index = LineIndex::new(text);
    let keys = path.0.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(*key),
        Step::Item(_) => None,
    });
    let read_as = configuration.as_ref().and_then(|c| read_as(c, &path.0, &path.to_string()));
    let mut notes = Vec::new();
    if let Some(facts) = facts
        && (on_value || !outline.children(ix).any(|(_, child)| child.key.is_some()))
    {
        tell(&outline, ix, field, on_value.then(|| outline.bare(range)), facts, &mut notes);
    }
    Some(Hover {
        range: index.range(ByteRange::new(range.start, range.end)),
        path: path.to_string(),
        title: keys.unwrap_or_default().to_owned(),
        r#type: field.kind.words(),
        required: field.required,
        default: field.default,
        values: field.values,
        doc: match field.only_in_words() {
            Some(only) => format!("{} {only}", field.doc),
            None => field.doc.to_owned(),
        },
        example: field.example,
        read_as,
        facts: notes,
    })
}

/// What a value was read as: its meaning in words, or the value as it came out.
fn read_as(configuration: &Configuration, steps: &[Step<'_>], path: &str) -> Option<String> {
    if let Some(words) = meaning(configuration, path) {
        return Some(words);
    }
    let mut value = &match Normalised::of(configuration) {
        Some(normalised) => serde_json::to_value(normalised),
        None => serde_json::to_value(configuration),
    }
    .ok()?;
    for step in steps {
        value = match step {
            // A list of variables becomes a mapping.
            Step::Item(_) if value.is_object() => return None,
            Step::Key(key) => value.get(key)?,
            Step::Item(index) => value.get(index)?,
        };
    }
    match value {
        serde_json::Value::Null => Some("nothing".to_owned()),
        serde_json::Value::Object(_) | serde_json::Value::Array(_) => None,
        // A password is not repeated.
        _ if path.ends_with("password") || path.starts_with("env") => None,
        serde_json::Value::String(text) if text.len() > 200 => None,
        other => Some(format!("`{other}`")),
    }
}

/// What the catalogue knows about a value, or about all values of a key.
fn tell(
    outline: &Outline<'_>,
    ix: usize,
    field: &Field,
    value: Option<&str>,
    facts: &Facts,
    notes: &mut Vec<String>,
) {
    let nodes = &outline.nodes;
    let written: Vec<&str> = match value {
        Some(value) => vec![value],
        None if matches!(nodes[ix].kind, Kind::Scalar(_)) => vec![outline.bare(nodes[ix].range)],
        None => outline
            .children(ix)
            .filter(|(_, child)| matches!(child.kind, Kind::Scalar(_)))
            .map(|(_, child)| outline.bare(child.range))
            .collect(),
    };
    for name in written.into_iter().take(4) {
        match field.path {
            "resources.gpu" | "resources.gpu.name" => {
                for part in name.split([':', ',']) {
                    if let Some(gpu) = facts.gpu(part.trim()) {
                        let memory = words::sizes(&gpu.memory);
                        notes.push(format!("{}: {memory}; {}.", gpu.name, words::stock_in_full(gpu.stock)));
                    }
                }
            }
            "backends" => {
                if let Some(stock) = facts.backend(name) {
                    notes.push(format!("{name}: {}.", words::stock_in_full(stock)));
                }
            }
            "regions" => {
                for (backend, _, stock) in facts.regions().filter(|(_, known, _)| *known == name) {
                    notes.push(format!("{name} of {backend}: {}.", words::stock_in_full(stock)));
                }
            }
            "instance_types" => {
                notes.extend(
                    facts.instance_type(name).iter().map(|kind| format!("{name}, {}", machine(kind))),
                );
            }
            _ => {}
        }
    }
}
