//! Scalars to values, by their tag.

use super::super::composer::{Index, Kind};
use super::super::error::YamlError;
use super::super::resolver::Tag;
use super::super::tree::Value;
use super::{Construct, Constructor, Timestamp, base64, described, number};

/// How many mappings deep a scalar may be hidden behind `=` keys; Python's stack allows fewer still.
const DEEPEST_DEFAULT: usize = 1000;

impl Constructor {
    /// The value of a node whose tag wants a scalar, with its text and whether that is plain.
    pub(super) fn scalar(&mut self, index: Index) -> Construct<(Value, String, bool)> {
        let holder = self.scalar_node(index)?;
        let Kind::Scalar { text, plain } = &self.graph[holder].kind else {
            return Err(self.not_a_scalar(holder));
        };
        let value = match self.graph[index].tag {
            Tag::Null => Value::Null,
            Tag::Bool => Value::Bool(boolean(text).ok_or_else(|| self.unreadable(index, text, "a boolean"))?),
            Tag::Int => number::int(text).map_err(|problem| match problem {
                number::Problem::Malformed => self.unreadable(index, text, "an integer"),
                number::Problem::TooLong => self
                    .error(index, format!("this integer has more than {} digits", number::LONGEST_INTEGER)),
            })?,
            Tag::Float => {
                Value::Float(number::float(text).ok_or_else(|| self.unreadable(index, text, "a number"))?)
            }
            Tag::Binary => Value::Binary(base64::decode(text).map_err(|problem| self.error(index, problem))?),
            Tag::Timestamp => {
                // PyYAML looks at the node itself here, not behind a `=` key.
                let valid = holder == index && Timestamp::parse(text).is_some_and(|t| t.exists());
                if !valid {
                    return Err(self
                        .unreadable(index, text, "a date")
                        .help("put it in quotes if it is text"));
                }
                Value::Timestamp(text.clone())
            }
            _ => Value::Str(text.clone()),
        };
        let plain = *plain;
        let text = match &mut self.graph[holder].kind {
            Kind::Scalar { text, .. } if !self.has_defaults => std::mem::take(text),
            Kind::Scalar { text, .. } => text.clone(),
            _ => String::new(),
        };
        Ok((value, text, plain))
    }

    /// The scalar that a node stands for: itself, or the default value (key `=`) of a mapping.
    fn scalar_node(&mut self, index: Index) -> Construct<Index> {
        let mut at = index;
        for _ in 0..DEEPEST_DEFAULT {
            let (looked_at, found) = match &self.graph[at].kind {
                Kind::Scalar { .. } => return Ok(at),
                Kind::Sequence(_) => return Err(self.not_a_scalar(at)),
                Kind::Mapping(entries) => {
                    let position =
                        entries.iter().position(|entry| self.graph[entry.key.node].tag == Tag::Value);
                    match position {
                        None => return Err(self.not_a_scalar(at)),
                        Some(position) => (position, entries[position].value.node),
                    }
                }
            };
            self.spend(looked_at, index)?;
            at = found;
        }
        Err(self.error(index, "this mapping's default value (`=`) leads to no value"))
    }

    fn not_a_scalar(&self, index: Index) -> YamlError {
        let found = described(&self.graph[index].kind);
        self.error(index, format!("expected a single value, found {found}"))
    }

    fn unreadable(&self, index: Index, text: &str, wanted: &str) -> YamlError {
        let mut shown: String = text.chars().take(40).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        self.error(index, format!("`{shown}` is not {wanted}"))
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}
