//! Writing anew what a dialect refuses or reads as something else, as little of it as will do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    fields::{self, Fields},
    keys, spell,
};
use crate::{
    config::{check_in, coerce},
    diagnostics::{ByteRange, Diagnostic, Severity},
    schema::{self, Dialect},
    yaml::{self, Node},
};

/// How often a text is read again; what one reading brings to light, the next mends.
const ROUNDS: usize = 50;

/// How often one field is written anew: the second time after others have changed.
const TRIES: usize = 2;

/// The text changed until the dialect reads it as `goal`. `None` where that cannot be done part by part.
pub(super) fn towards(text: &str, goal: &Fields, dialect: Dialect) -> Option<String> {
    let mut text = text.to_owned();
    let mut respelt = BTreeSet::new();
    let mut tries = BTreeMap::new();
    for _ in 0..ROUNDS {
        let (errors, fields) = read(&text, dialect);
        if let Some(fields) = fields {
            let wrong: Vec<_> =
                goal.iter().filter(|(path, value)| fields.get(*path) != Some(value)).collect();
            if wrong.is_empty() {
                return Some(text);
            }
            for (path, _) in wrong {
                text = written_anew(&text, path, goal, dialect, &mut tries)?;
            }
            continue;
        }
        // Single values first, then fields as a whole.
        if let Some(next) = with_values(&text, &errors, goal, dialect, &mut respelt) {
            text = next;
            continue;
        }
        let wrong: BTreeSet<_> =
            errors.iter().map(|error| fields::field_of(&error.path).to_owned()).collect();
        for path in wrong {
            text = written_anew(&text, &path, goal, dialect, &mut tries)?;
        }
    }
    None
}

/// All of the goal as a text of its own.
pub(super) fn anew(goal: &Fields, dialect: Dialect) -> String {
    let unwritten = read("type: dev-environment\nide: vscode\n", dialect).1.unwrap_or_default();
    let mut out = "type: dev-environment\n".to_owned();
    let line = |path: &str, indent: &str| {
        let value = goal.get(path).filter(|value| path == "ide" || unwritten.get(path) != Some(value))?;
        let name = path.rsplit('.').next()?;
        // Without an IDE is without the key.
        let said = path != "ide" || !value.is_null();
        said.then(|| format!("{indent}{name}: {}\n", spell::value(path, value, dialect)))
    };
    for field in schema::keys("", dialect) {
        if field.name() == "resources" {
            let inner: String =
                schema::keys("resources", dialect).filter_map(|field| line(field.path, "  ")).collect();
            if !inner.is_empty() {
                out.push_str("resources:\n");
                out.push_str(&inner);
            }
        } else {
            out.extend(line(field.path, ""));
        }
    }
    out
}

/// The errors of a text, or its fields.
fn read(text: &str, dialect: Dialect) -> (Vec<Diagnostic>, Option<Fields>) {
    let checked = check_in(text, dialect, None);
    let fields = checked.configuration.as_ref().map(fields::of);
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    (checked.diagnostics.into_iter().filter(is_error).collect(), fields)
}

/// Whether the dialect reads the text as `goal`.
pub(super) fn is_reached(text: &str, goal: &Fields, dialect: Dialect) -> bool {
    read(text, dialect).1.is_some_and(|fields| fields == *goal)
}

/// The text with each refused scalar spelt as the dialect takes it; each once.
fn with_values(
    text: &str,
    errors: &[Diagnostic],
    goal: &Fields,
    dialect: Dialect,
    respelt: &mut BTreeSet<String>,
) -> Option<String> {
    let document = yaml::load(text).ok()?;
    let keys: BTreeSet<ByteRange> = document.iter().flat_map(keys_of).collect();
    let mut edits = BTreeMap::new();
    for error in errors {
        let range = ByteRange::new(error.range.start.offset, error.range.end.offset);
        // What is missing is shown at a key, and a block has line breaks where another scalar may have none.
        let block = text.get(range.start..range.end)?.starts_with(['|', '>']);
        if keys.contains(&range) || block || range.start >= range.end {
            continue;
        }
        let scalar = |node: &&Node| node.range == range && node.text.is_some();
        let Some(node) = document.iter().find(scalar) else { continue };
        let Some(spelt) = spelling(node, &error.path, goal, dialect) else { continue };
        if respelt.insert(error.path.clone()) {
            edits.insert(range, spelt);
        }
    }
    let mut after = text.to_owned();
    for (range, spelt) in edits.iter().rev() {
        after.replace_range(range.start..range.end, spelt);
    }
    (!edits.is_empty() && yaml::load(&after).is_ok()).then_some(after)
}

/// Where the keys of a mapping are written.
fn keys_of(node: &Node) -> impl Iterator<Item = ByteRange> {
    let entries = match &node.value {
        yaml::Value::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|entry| entry.key_range)
}

/// A scalar as it is to be spelt.
fn spelling(node: &Node, path: &str, goal: &Fields, dialect: Dialect) -> Option<String> {
    let spelt = match fields::at(goal, path) {
        Some(value) if fields::field_of(path) != "env" || value.is_string() => {
            spell::value(path, value, dialect)
        }
        // A variable in a list, which becomes a mapping.
        _ if path.starts_with("env[") => {
            let text = coerce::text(&node.value)?;
            yaml::quoted(text.strip_suffix('\n').unwrap_or(&text))
        }
        _ => return None,
    };
    Some(spell::in_flow(spelt))
}

/// The text with one field as the goal has it.
fn written_anew(
    text: &str,
    path: &str,
    goal: &Fields,
    dialect: Dialect,
    tries: &mut BTreeMap<String, usize>,
) -> Option<String> {
    let tried = tries.entry(path.to_owned()).or_default();
    *tried += 1;
    if *tried > TRIES {
        return None;
    }
    let is_right = |text: &String| {
        let (errors, fields) = read(text, dialect);
        match fields {
            Some(fields) => fields.get(path) == goal.get(path),
            None => {
                !errors.is_empty()
                    && errors
                        .iter()
                        .all(|error| !error.path.is_empty() && fields::field_of(&error.path) != path)
            }
        }
    };
    ways(text, path, goal, dialect).into_iter().find(is_right)
}

/// The ways to write a field, the one that keeps most first.
fn ways(text: &str, path: &str, goal: &Fields, dialect: Dialect) -> Vec<String> {
    let set = |value: &str| keys::set(text, path, value);
    let mut ways = Vec::new();
    match goal.get(path) {
        None if path == "resources" => {
            let inner = goal.iter().filter_map(|(path, value)| {
                let name = path.strip_prefix("resources.")?;
                let value = spell::in_flow(spell::value(path, value, dialect));
                Some(format!("{name}: {value}"))
            });
            ways.extend(set(&format!("{{{}}}", inner.collect::<Vec<_>>().join(", "))));
        }
        None if path == "type" => ways.extend(set("dev-environment")),
        None => {}
        Some(Value::Null) => {
            ways.extend(keys::remove(text, path));
            ways.extend(set("null"));
        }
        Some(value) => {
            if path == "resources.gpu" {
                ways.extend(counted(text, value, dialect));
            }
            ways.extend(set(&spell::value(path, value, dialect)));
        }
    }
    ways
}

/// GPUs whose number is what was left unsaid: it is said, and all else stays.
fn counted(text: &str, gpu: &Value, dialect: Dialect) -> Option<String> {
    let count = gpu.get("count")?;
    let document = yaml::load(text).ok()?;
    let entry = keys::entry(&document, "resources.gpu")?;
    let said = spell::value("resources.cpu", count, dialect);
    match &document.node(entry.value).value {
        yaml::Value::Str(written) => {
            keys::set(text, "resources.gpu", &spell::plain(format!("{written}:{said}")))
        }
        yaml::Value::Map(_) => keys::set(text, "resources.gpu.count", &said),
        _ => None,
    }
}
