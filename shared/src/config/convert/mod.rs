//! A configuration of one dialect as the text of one of the other: comments and layout stay, and what has no
//! counterpart is told and kept as a comment.
//!
//! The text is changed step by step: keys get their other names, then whatever the other dialect refuses or reads as
//! something else is written so that it reads as [`translate`] says. The result is read back before it is given out.

mod changes;
mod fields;
mod hunks;
mod keys;
mod part;
mod spell;
#[cfg(test)]
mod tests;
mod towards;
mod translate;

pub use changes::Changed;
pub(super) use part::convert_keys;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::{check_in, place, rewrite::spot};
use crate::{
    diagnostics::{LineIndex, Range, Severity, TextEdit},
    schema::{self, Dialect, RENAMED},
    yaml,
};
use fields::Fields;
use translate::{Goal, Loss, translate};

/// A configuration in another dialect.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Converted {
    /// The text as it is now.
    pub text: String,
    /// What makes it of the text before, in order; the edits do not overlap.
    pub edits: Vec<TextEdit>,
    /// What is written otherwise.
    pub changed: Vec<Changed>,
    /// What the other dialect has no words for.
    pub lost: Vec<Lost>,
}

/// Something that the other dialect has no words for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The field, such as `volumes` or `ports[2]`.
    pub path: String,
    /// Where it stands in the text before; for what was not written, the start of the text.
    pub range: Range,
    /// Why, and what stands there instead: one sentence without a full stop.
    pub message: String,
}

/// Why a text cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// It is not valid in the dialect that it is to be read in.
    #[error("it is no valid configuration of dstack {}: {errors} error{}", .from.name(), if *.errors == 1 { "" } else { "s" })]
    Invalid {
        /// The dialect.
        from: Dialect,
        /// How many errors there are.
        errors: usize,
    },
    /// The other dialect does not read what was written of it, such as a text that grew too long.
    #[error("it cannot be written so that dstack {} reads the same", .to.name())]
    Unwritable {
        /// The dialect.
        to: Dialect,
    },
}

/// The text of a configuration in another dialect, which means the same but for what [`Converted::lost`] tells of. A
/// first line that names the dialect names the other one then. In the same dialect, the text stays as it is.
///
/// # Errors
/// When the text is not valid in `from`, or nothing that is written is read as the same in `to`.
pub fn convert(text: &str, from: Dialect, to: Dialect) -> Result<Converted, ConvertError> {
    let checked = check_in(text, from, None);
    let errors = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let configuration = checked.configuration.filter(|_| errors == 0);
    let Some(configuration) = configuration else { return Err(ConvertError::Invalid { from, errors }) };
    if from == to {
        return Ok(Converted { text: text.to_owned(), ..Converted::default() });
    }
    let source = fields::of(&configuration);
    let goal = translate(&configuration, to);
    let after = renamed(text, &source, &goal, to)
        .and_then(|text| towards::towards(&text, &goal.fields, to))
        .unwrap_or_else(|| from_scratch(text, &goal, to));
    if !towards::is_reached(&after, &goal.fields, to) {
        return Err(ConvertError::Unwritable { to });
    }
    let whole: Vec<&str> =
        goal.losses.iter().filter(|loss| loss.whole).map(|loss| loss.path.as_str()).collect();
    let (edits, changed) = (hunks::edits(text, &after), changes::changes(text, &after, &whole));
    let mut lost: Vec<Lost> = goal.losses.into_iter().map(|loss| lost(text, loss)).collect();
    crate::order::sort_by_key(&mut lost, |lost| lost.range.start.offset);
    Ok(Converted { text: after, edits, changed, lost })
}

/// The text with the keys of the other dialect, and with what is lost as comments.
fn renamed(text: &str, source: &Fields, goal: &Goal, to: Dialect) -> Option<String> {
    let mut text = keys::pin(text, to);
    for loss in &goal.losses {
        if loss.whole {
            let why = format!("not in dstack {}", to.name());
            if keys::is_written(&text, &loss.path) {
                text = keys::comment_out(&text, &loss.path, &why)?;
            }
        }
    }
    let mut shown = Vec::new();
    for loss in goal.losses.iter().filter(|loss| !loss.whole) {
        let field = fields::field_of(&loss.path);
        if !shown.contains(&field) {
            shown.push(field);
            let why = format!("not so in dstack {}", to.name());
            text = keys::remember(&text, field, &why).unwrap_or(text);
        }
    }
    for (older, newer) in RENAMED {
        let (old, new) = if to == Dialect::V0_22 { (older, newer) } else { (newer, older) };
        let value = goal.fields.get(new).filter(|value| !value.is_null());
        let is_said = source.get(old).is_some_and(|value| !value.is_null()) && keys::is_written(&text, old);
        if let Some(value) = value.filter(|_| is_said && !keys::is_written(&text, new)) {
            text = translated(&text, old, new, value, to)?;
        }
    }
    // What is left says nothing, or is said by another key now.
    let document = yaml::load(&text).ok()?;
    let unknown = |name: &&str| schema::keys("", to).all(|field| field.name() != *name);
    let left: Vec<String> = keys::names(&document).into_iter().filter(unknown).map(str::to_owned).collect();
    for name in left {
        if keys::is_written(&text, &name) {
            text = keys::remove(&text, &name)?;
        }
    }
    Some(text)
}

/// A key under its other name, what is written below it kept where it can be.
fn translated(text: &str, old: &str, new: &str, value: &Value, to: Dialect) -> Option<String> {
    let spelt = spell::value(new, value, to);
    let whole = || keys::rename(text, old, new, Some(&spelt));
    match (old, value) {
        // The same words, and a comment beside them.
        ("termination_idle_time", _) | ("idle_duration", Value::Number(_)) if new != "termination_policy" => {
            keys::rename(text, old, new, None)
        }
        ("termination_policy", _) if value.as_i64() == Some(-1) => keys::rename(text, old, new, Some("off")),
        ("retry_policy" | "retry", Value::Object(_)) => {
            let renamed = keys::rename(text, old, new, None)?;
            let (was, is) = if new == "retry" { ("retry", "on_events") } else { ("on_events", "retry") };
            let inner = spell::value("", &value[is], to);
            let below = keys::rename(&renamed, &format!("{new}.{was}"), is, None)
                .and_then(|text| keys::set(&text, &format!("{new}.{is}"), &inner))
                .or_else(|| keys::set(&renamed, &format!("{new}.{is}"), &inner));
            below.or_else(whole)
        }
        _ => whole(),
    }
}

/// The configuration written anew below the comments that there were, and below it what is not so any more.
fn from_scratch(text: &str, goal: &Goal, to: Dialect) -> String {
    let pinned = keys::pin(text, to);
    let comments = pinned.lines().map(str::trim).filter(|line| line.starts_with('#'));
    let mut out: String = comments.map(|line| format!("{line}\n")).collect();
    out.push_str(&towards::anew(&goal.fields, to));
    let why = format!("not so in dstack {}", to.name());
    let fields: BTreeSet<_> = goal.losses.iter().map(|loss| fields::field_of(&loss.path)).collect();
    let old = fields.into_iter().filter_map(|field| keys::as_comment(text, field, &why));
    out.extend(old);
    out
}

fn lost(text: &str, loss: Loss) -> Lost {
    let exact = || {
        let document = yaml::load(text).ok()?;
        let (key, _) = spot(&document, fields::field_of(&loss.path)).filter(|_| loss.whole)?;
        Some(LineIndex::new(text).range(key))
    };
    let range = exact().or_else(|| place(text, fields::field_of(&loss.path))).unwrap_or_default();
    Lost { path: loss.path, range, message: loss.message }
}
