//! Which dialect a text is in.

use serde::Serialize;

use super::check_in;
use crate::{diagnostics::Severity, schema::Dialect};

/// The dialect that a text is read in, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The dialect.
    pub dialect: Dialect,
    /// What spoke for it.
    pub why: Why,
}

/// What speaks for a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The first line says so.
    Pinned,
    /// It is valid in no other.
    OnlyValid,
    /// It is valid in all, and this one is chosen where that is so.
    Default,
    /// It is valid in none, and has fewer errors in this one.
    FewerErrors,
    /// It is valid in none, with as many errors in each: it stays what it was, or is what is chosen.
    Held,
}

/// Tells which dialect a text is in.
///
/// `default` is taken for what all take. `held` is what the same text was read in before its last change, if it was: what
/// is being typed stays in it unless something speaks for another one, so that no dialect comes and goes with each key.
#[must_use]
pub fn tell(text: &str, default: Dialect, held: Option<Dialect>) -> Told {
    if let Some(dialect) = pinned(text) {
        return Told { dialect, why: Why::Pinned };
    }
    let errors = Dialect::ALL.map(|dialect| {
        let checked = check_in(text, dialect, None);
        (checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).count(), dialect)
    });
    let fewest = errors.iter().map(|(count, _)| *count).min().unwrap_or_default();
    let mut best = errors.iter().filter(|(count, _)| *count == fewest).map(|(_, dialect)| *dialect);
    match (best.next(), best.next(), fewest) {
        (Some(dialect), None, 0) => Told { dialect, why: Why::OnlyValid },
        (Some(dialect), None, _) => Told { dialect, why: Why::FewerErrors },
        (_, _, 0) => Told { dialect: default, why: Why::Default },
        _ => Told { dialect: held.unwrap_or(default), why: Why::Held },
    }
}

/// The dialect that a comment in the first line names: `# dstack: 0.22`.
#[must_use]
pub fn pinned(text: &str) -> Option<Dialect> {
    let line = text.lines().next()?.strip_prefix('#')?.trim();
    Dialect::of(line.strip_prefix("dstack:")?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Dialect = Dialect::V0_18;
    const NEW: Dialect = Dialect::V0_22;

    fn told(text: &str) -> (Dialect, Why) {
        let told = tell(text, OLD, None);
        (told.dialect, told.why)
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
            assert_eq!(told(text), (dialect, Why::OnlyValid), "{text}");
        }
    }

    #[test]
    fn what_all_take_is_read_in_the_default() {
        let text = "type: dev-environment\nide: vscode\n";
        assert_eq!(told(text), (OLD, Why::Default));
        assert_eq!(tell(text, NEW, Some(OLD)).dialect, NEW);
    }

    #[test]
    fn what_none_takes_is_read_in_the_one_with_fewer_errors_and_else_stays() {
        let newer = "type: dev-environment\nname: x\nide: vscode\nidle_duration: 5m\nresurces: {}\n";
        assert_eq!(told(newer), (NEW, Why::FewerErrors));
        // One key of each.
        let mixed = "type: dev-environment\nname: x\nide: vscode\npool_name: team\n";
        assert_eq!(told(mixed), (OLD, Why::Held));
        assert_eq!(tell(mixed, OLD, Some(NEW)), Told { dialect: NEW, why: Why::Held });
    }

    #[test]
    fn the_first_line_pins_a_dialect() {
        let text = "# dstack: 0.22\ntype: dev-environment\nide: vscode\n";
        assert_eq!(told(text), (NEW, Why::Pinned));
        assert_eq!(told(&text.replace("0.22", "0.18")), (OLD, Why::Pinned));
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
                let told = tell(&text[..end], OLD, held);
                held = Some(told.dialect);
                if seen.last() != Some(&told.dialect) {
                    seen.push(told.dialect);
                }
            }
            assert!(seen.len() <= changes + 1, "{text}: {seen:?}");
        }
    }
}
