//! ONE table of fields. Key checking and did-you-mean read it, and so do hover, completion, the JSON
//! Schema and the reference page: what is true of a field is said here and nowhere else.

mod fields;
mod kind;
mod suggest;

pub use fields::FIELDS;
pub use kind::Kind;
pub use suggest::{Guess, closest, guess};

/// Which release of dstack a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// dstack 0.18.2, read here.
    V0_18,
    /// Came later, up to dstack 0.22; known by name, not read yet.
    V0_22,
}

impl Dialect {
    /// `0.18` or `0.22`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V0_18 => "0.18",
            Self::V0_22 => "0.22",
        }
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
    /// Since when it exists.
    pub dialect: Dialect,
}

impl Field {
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
}

/// The field of this path.
#[must_use]
pub fn field(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

/// The keys of an object, by its path (empty at the top), in the order of the reference.
pub fn keys(parent: &str) -> impl Iterator<Item = &'static Field> + Clone {
    FIELDS.iter().filter(move |field| field.parent() == parent)
}

/// The values that a field may take; empty when they cannot be listed.
#[must_use]
pub fn values(path: &str) -> &'static [&'static str] {
    field(path).map_or(&[], |field| field.values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_unique_and_every_parent_is_a_field() {
        let mut seen = std::collections::BTreeSet::new();
        for field in FIELDS {
            assert!(seen.insert(field.path), "{} twice", field.path);
            let parent = field.parent();
            let parent = parent.strip_suffix("[]").or_else(|| parent.strip_suffix(".*")).unwrap_or(parent);
            assert!(parent.is_empty() || seen.contains(parent), "{} has no parent", field.path);
            assert!(field.doc.ends_with('.'), "{}", field.path);
            assert_eq!(field.kind.has_values(), !field.values.is_empty(), "{}", field.path);
        }
    }
}
