//! ONE table of fields. Key checking and did-you-mean read it, and so do hover, completion, the JSON
//! Schema and the reference page: what is true of a field is said here and nowhere else.

mod fields;
pub mod json;
mod kind;
mod profiles;
mod suggest;

pub use fields::FIELDS;
pub use kind::Kind;
pub use profiles::{PROFILE_FIELDS, PROFILE_KEYS, profile_keys};
pub use suggest::{Guess, closest, guess};

use serde::{Deserialize, Serialize};

use crate::json::FromJson;

/// A release of dstack whose configurations are read here.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Dialect {
    /// dstack 0.18.2.
    #[default]
    #[serde(rename = "0.18")]
    V0_18,
    /// dstack 0.22.5.
    #[serde(rename = "0.22")]
    V0_22,
}

impl Dialect {
    /// All of them, the oldest first.
    pub const ALL: [Self; 2] = [Self::V0_18, Self::V0_22];

    /// `0.18` or `0.22`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V0_18 => "0.18",
            Self::V0_22 => "0.22",
        }
    }

    /// The dialect of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

/// One key of a configuration.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Where it stands: `resources.gpu.name`; `[]` for an item of a list, `*` for any key.
    pub path: &'static str,
    /// What it takes; [`Kind::words`] says it for people.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What holds when it is not written, as YAML; `None` when nothing does.
    pub default: Option<&'static str>,
    /// Whether `null` (or no value) is accepted.
    pub nullable: bool,
    /// What it means, in one or two sentences.
    pub doc: &'static str,
    /// A value, as YAML.
    pub example: &'static str,
    /// All values there are, when they can be listed.
    pub values: &'static [&'static str],
    /// Since when it is so.
    pub since: Dialect,
    /// Until when it is so; a key that changed has a row for each of its forms.
    pub until: Dialect,
}

impl Field {
    /// Whether the dialect has it, in this form.
    #[must_use]
    pub fn is_in(&self, dialect: Dialect) -> bool {
        (self.since..=self.until).contains(&dialect)
    }

    /// The one dialect that has such a key, where not all have; a key that merely takes something else is in all.
    #[must_use]
    pub fn only_in(&self) -> Option<Dialect> {
        let mut having = Dialect::ALL.into_iter().filter(|dialect| field(self.path, *dialect).is_some());
        having.next().filter(|_| having.next().is_none())
    }

    /// [`Self::only_in`] as a sentence: `Since dstack 0.22.`, `dstack 0.18 only.`
    #[must_use]
    pub fn only_in_words(&self) -> Option<String> {
        let dialect = self.only_in()?;
        let newest = Dialect::ALL.into_iter().max() == Some(dialect);
        let name = dialect.name();
        Some(if newest { format!("Since dstack {name}.") } else { format!("dstack {name} only.") })
    }

    /// Its last part: `name` of `resources.gpu.name`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }

    /// What it is a key of: `resources.gpu`; empty at the top.
    #[must_use]
    pub fn parent(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(parent, _)| parent)
    }

    /// The example inside of its parents, as a part of a configuration: `resources:\n  gpu: 24GB..`.
    #[must_use]
    pub fn example_yaml(&self) -> String {
        let mut out = String::new();
        let mut indent = String::new();
        let mut item = false;
        for part in self.path.split('.') {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&indent);
            if std::mem::take(&mut item) {
                out.push_str("- ");
                indent.push_str("  ");
            }
            let (name, list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
            item = list;
            out.push_str(if name == "*" { "NAME" } else { name });
            out.push(':');
            indent.push_str("  ");
        }
        out.push(' ');
        out.push_str(self.example);
        out
    }
}

/// The fields of a dialect, in the order of the reference.
pub fn fields(dialect: Dialect) -> impl Iterator<Item = &'static Field> + Clone {
    FIELDS.iter().filter(move |field| field.is_in(dialect))
}

/// The field of this path.
#[must_use]
pub fn field(path: &str, dialect: Dialect) -> Option<&'static Field> {
    fields(dialect).find(|field| field.path == path)
}

/// The keys of an object, by its path (empty at the top), in the order of the reference.
pub fn keys(parent: &str, dialect: Dialect) -> impl Iterator<Item = &'static Field> + Clone {
    fields(dialect).filter(move |field| field.parent() == parent)
}

/// The values that a field may take; empty when they cannot be listed.
#[must_use]
pub fn values(path: &str, dialect: Dialect) -> &'static [&'static str] {
    field(path, dialect).map_or(&[], |field| field.values)
}

/// The keys that came after dstack 0.18, at the top or in an object that it has: known by name there.
pub fn newer() -> impl Iterator<Item = &'static Field> + Clone {
    elsewhere(Dialect::V0_18)
}

/// The keys that a dialect does not have and another has, at the top or in an object that it has, too.
pub fn elsewhere(dialect: Dialect) -> impl Iterator<Item = &'static Field> + Clone {
    FIELDS.iter().filter(move |field| {
        let has = |path: &str| self::field(path, dialect).is_some();
        !has(field.path)
            && (field.parent().is_empty() || has(field.parent()))
            && field.parent() != "resources.cpu"
    })
}

/// Keys at the top of dstack 0.18, and those of 0.22 which say the same.
pub(crate) const RENAMED: [(&str, &str); 5] = [
    ("retry_policy", "retry"),
    ("pool_name", "fleets"),
    ("instance_name", "instances"),
    ("termination_idle_time", "idle_duration"),
    ("termination_policy", "idle_duration"),
];

/// What dstack 0.22 has in the place of a key at the top that 0.18 alone has.
#[must_use]
pub fn renamed(name: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(older, _)| *older == name).map(|(_, newer)| *newer)
}

/// Whether a configuration may name a backend: catalogues have some that a dialect does not know.
#[must_use]
pub fn is_backend(name: &str, dialect: Dialect) -> bool {
    values("backends", dialect).contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_stands_inside_of_its_parents() {
        for (path, yaml) in [
            ("ide", "ide: vscode"),
            ("resources.gpu.name", "resources:\n  gpu:\n    name: [A100, H100]"),
            ("env.*.key", "env:\n  NAME:\n    key: HF_TOKEN"),
            ("ports[].container_port", "ports:\n  - container_port: 80"),
        ] {
            assert_eq!(field(path, Dialect::V0_18).map(Field::example_yaml).as_deref(), Some(yaml));
        }
    }

    #[test]
    fn every_example_and_default_is_accepted() {
        for dialect in Dialect::ALL {
            for field in fields(dialect) {
                let mut values = vec![field.example_yaml()];
                values
                    .extend(field.default.map(|default| Field { example: default, ..*field }.example_yaml()));
                for text in values {
                    accepted(dialect, field, text);
                }
            }
        }
    }

    fn accepted(dialect: Dialect, field: &Field, mut text: String) {
        for (path, needed) in [("type", "type: dev-environment"), ("ide", "ide: vscode")] {
            if field.path != path {
                text = format!("{needed}\n{text}");
            }
        }
        // Beside what its object requires.
        let siblings =
            keys(field.parent(), dialect).filter(|other| other.required && other.path != field.path);
        for sibling in siblings.filter(|_| !field.parent().is_empty()) {
            if let Some((_, last)) = sibling.example_yaml().rsplit_once('\n') {
                text = format!("{text}\n{}", last.replace("- ", "  "));
            }
        }
        // Beside what makes one of several forms of its object.
        let companion = match field.path {
            "volumes[].path" => Some("volumes[].name"),
            "volumes[].optional" => Some("volumes[].instance_path"),
            "repos[].branch" | "repos[].hash" | "repos[].path" | "repos[].if_exists" => Some("repos[].url"),
            "instances[].instance" => Some("instances[].fleet"),
            path if path.starts_with("instances[].fleet") => Some("instances[].instance"),
            _ => None,
        };
        if let Some(example) = companion.and_then(|path| self::field(path, dialect)).map(Field::example_yaml)
            && let Some((_, last)) = example.rsplit_once('\n')
        {
            text = format!("{text}\n{}", last.replace("- ", "  "));
        }
        let checked = crate::config::check_in(&text, dialect, None);
        assert!(checked.is_valid(), "{}: {text}\n{:#?}", dialect.name(), checked.diagnostics);
    }

    #[test]
    fn paths_are_unique_and_every_parent_is_a_field() {
        for dialect in Dialect::ALL {
            let mut seen = std::collections::BTreeSet::new();
            for field in fields(dialect) {
                assert!(seen.insert(field.path), "{} twice", field.path);
                let parent = field.parent();
                let parent =
                    parent.strip_suffix("[]").or_else(|| parent.strip_suffix(".*")).unwrap_or(parent);
                assert!(parent.is_empty() || seen.contains(parent), "{} has no parent", field.path);
                assert!(field.doc.ends_with('.'), "{}", field.path);
                assert_eq!(field.kind.has_values(), !field.values.is_empty(), "{}", field.path);
            }
        }
    }
}
