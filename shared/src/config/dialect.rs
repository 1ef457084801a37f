//! Which dialect a text is in.

use serde::{Deserialize, Serialize};

use super::Checked;
use crate::{
    diagnostics::{Code, Diagnostic, Severity},
    schema::Dialect,
};

/// As which dialect a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As this one, whatever the text says.
    Of(Dialect),
    /// As the text itself tells, see [`Why`].
    Auto {
        /// Where it is valid in this one, it is read so; a project has its own.
        default: Dialect,
        /// What the same text was read in before its last change, if it was: what is being typed stays in it unless
        /// something speaks for another one, so that no dialect comes and goes with each key.
        held: Option<Dialect>,
    },
}

impl Default for Reading {
    fn default() -> Self {
        Self::auto(Dialect::default())
    }
}

impl From<Dialect> for Reading {
    fn from(dialect: Dialect) -> Self {
        Self::Of(dialect)
    }
}

impl Reading {
    /// As the text tells, and as `default` where it is valid in that.
    #[must_use]
    pub const fn auto(default: Dialect) -> Self {
        Self::Auto { default, held: None }
    }
}

/// The dialect that a text is read in, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The dialect.
    pub dialect: Dialect,
    /// What spoke for it.
    pub why: Why,
}

/// What speaks for a dialect; the first that holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It was asked for.
    #[default]
    Asked,
    /// The first line says so.
    Pinned,
    /// It is the default, and the text is valid in it.
    Default,
    /// The text is valid in no other.
    OnlyValid,
    /// The text is valid in none, and has fewer errors in this one.
    FewerErrors,
    /// The text is valid in none, with as many errors in each: it stays what it was, or is the default.
    Held,
}

/// Reads a text by `read` in the dialect that it is in.
pub(super) fn told(text: &str, reading: Reading, mut read: impl FnMut(Dialect) -> Checked) -> Checked {
    let mut read = |dialect, why| Checked { told: Told { dialect, why }, ..read(dialect) };
    let (default, held) = match reading {
        Reading::Of(dialect) => return read(dialect, Why::Asked),
        Reading::Auto { default, held } => (default, held),
    };
    if let Some(dialect) = pinned(text) {
        return read(dialect, Why::Pinned);
    }
    let first = read(default, Why::Default);
    if first.is_valid() {
        return first;
    }
    let others = Dialect::ALL.into_iter().filter(|dialect| *dialect != default);
    let mut all: Vec<Checked> = others.map(|dialect| read(dialect, Why::OnlyValid)).collect();
    if let Some(valid) = all.iter().position(Checked::is_valid) {
        return all.swap_remove(valid);
    }
    all.insert(0, first);
    let fewest = all.iter().map(errors).min().unwrap_or_default();
    all.retain(|checked| errors(checked) == fewest);
    let why = if all.len() == 1 { Why::FewerErrors } else { Why::Held };
    let stays = all.iter().position(|checked| Some(checked.told.dialect) == held).unwrap_or_default();
    let mut chosen = all.swap_remove(stays);
    chosen.told.why = why;
    chosen
}

/// How many errors a text has, each key of another dialect for itself.
fn errors(checked: &Checked) -> usize {
    let weight = |d: &Diagnostic| if d.code == Code::MixedDialects.name() { 1 + d.related.len() } else { 1 };
    checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).map(weight).sum()
}

/// The dialect that a comment in the first line names: `# dstack: 0.22`.
#[must_use]
pub fn pinned(text: &str) -> Option<Dialect> {
    let first = text.strip_prefix('\u{feff}').unwrap_or(text).lines().next()?;
    Dialect::of(first.strip_prefix('#')?.trim().strip_prefix("dstack:")?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Dialect = Dialect::V0_18;
    const NEW: Dialect = Dialect::V0_22;

    fn tell(text: &str, default: Dialect, held: Option<Dialect>) -> (Dialect, Why) {
        let Told { dialect, why } = crate::config::check_in(text, Reading::Auto { default, held }, None).told;
        (dialect, why)
    }

    fn told(text: &str) -> (Dialect, Why) {
        tell(text, OLD, None)
    }

    #[test]
    fn what_one_dialect_alone_takes_is_read_in_that() {
        for (text, dialect) in [
            ("type: dev-environment\nname: x\nide: vscode\n", NEW),
            ("type: dev-environment\nide: cursor\n", NEW),
            ("type: dev-environment\n", NEW),
            ("type: dev-environment\nide: vscode\npool_name: team\n", OLD),
            ("type: dev-environment\nide: vscode\npython: \"3.8\"\n", OLD),
        ] {
            assert_eq!(told(text).0, dialect, "{text}");
            let other = if dialect == OLD { NEW } else { OLD };
            assert_eq!(tell(text, other, Some(other)), (dialect, Why::OnlyValid), "{text}");
            assert_eq!(tell(text, dialect, Some(other)), (dialect, Why::Default), "{text}");
        }
    }

    #[test]
    fn what_all_take_is_read_in_the_default() {
        let text = "type: dev-environment\nide: vscode\n";
        assert_eq!(told(text), (OLD, Why::Default));
        assert_eq!(tell(text, NEW, Some(OLD)), (NEW, Why::Default));
    }

    #[test]
    fn what_none_takes_is_read_in_the_one_with_fewer_errors_and_else_stays() {
        let newer = "type: dev-environment\nname: x\nide: vscode\nidle_duration: 5m\nresurces: {}\n";
        assert_eq!(told(newer), (NEW, Why::FewerErrors));
        // One key of each.
        let mixed = "type: dev-environment\nname: x\nide: vscode\npool_name: team\n";
        assert_eq!(told(mixed), (OLD, Why::Held));
        assert_eq!(tell(mixed, OLD, Some(NEW)), (NEW, Why::Held));
    }

    #[test]
    fn the_first_line_pins_a_dialect() {
        let text = "# dstack: 0.22\ntype: dev-environment\nide: vscode\n";
        assert_eq!(told(text), (NEW, Why::Pinned));
        assert_eq!(told(&text.replace("0.22", "0.18")), (OLD, Why::Pinned));
        assert_eq!(pinned(&format!("\u{feff}{text}")), Some(NEW), "a byte order mark is no text");
        for other in ["# dstack: 0.19\n", "# dstack 0.22\n", "\n# dstack: 0.22\n", "x # dstack: 0.22\n"] {
            assert_eq!(pinned(other), None, "{other}");
        }
    }

    #[test]
    fn typing_a_file_from_nothing_changes_the_dialect_once_at_most_and_only_where_it_must() {
        for (text, changes) in [
            ("type: dev-environment\nide: vscode\npool_name: team\nretry_policy:\n  retry: true\n", 1),
            ("type: dev-environment\nname: x\nide: vscode\nidle_duration: 5m\nfleets: [a]\n", 0),
            ("type: dev-environment\nide: vscode\nresources:\n  gpu: 24GB\nmax_price: 2\n", 1),
        ] {
            let mut held = None;
            let mut seen = Vec::new();
            for (end, _) in text.char_indices().filter(|(end, _)| *end >= "type: dev-environment\n".len()) {
                let (dialect, _) = tell(&text[..end], OLD, held);
                held = Some(dialect);
                if seen.last() != Some(&dialect) {
                    seen.push(dialect);
                }
            }
            assert!(seen.len() <= changes + 1, "{text}: {seen:?}");
        }
    }
}
