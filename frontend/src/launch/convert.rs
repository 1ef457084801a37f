//! The text for the other release of dstack, and what is said about it afterwards.

use berth_shared::{
    config::{self, Checked, Lost, Reading, check_in},
    diagnostics::{Severity, TextEdit},
    schema::Dialect,
};
use berth_texts::{t, tf};

/// A text that is converted.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// Which release it is for now.
    pub to: Dialect,
    /// As it was.
    pub before: String,
    /// As it is.
    pub after: String,
    /// What makes the one of the other, in order.
    pub edits: Vec<TextEdit>,
    /// What the release has no words for, in the order of the text before.
    pub lost: Vec<Lost>,
}

/// The release that a text of this one can be converted to.
#[must_use]
pub fn other(dialect: Dialect) -> Dialect {
    Dialect::ALL.into_iter().find(|other| *other != dialect).unwrap_or(dialect)
}

/// Why a text cannot be converted as it is, without a full stop; `None` where it can.
#[must_use]
pub fn refusal(checked: &Checked) -> Option<String> {
    let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    match errors {
        0 => checked.configuration.is_none().then(|| t!("There is no configuration yet").to_owned()),
        1 => Some(t!("Mend the error first: only a valid text can be converted").to_owned()),
        errors => Some(tf!("Mend the {errors} errors first: only a valid text can be converted")),
    }
}

/// A text of `from` for the other release. Where nothing else would have it read as that one, its first line says so.
///
/// # Errors
/// Why not, in words without a full stop.
pub fn conversion(text: &str, from: Dialect) -> Result<Conversion, String> {
    let to = other(from);
    let converted = config::convert(text, from, to).map_err(|error| error.to_string())?;
    let (mut after, mut edits) = (converted.text, converted.edits);
    if check_in(&after, Reading::auto(Dialect::default()), None).told.dialect != to
        && let (Some(pinned), Some(pin)) = (config::pin(&after, Some(to)), config::pin(text, Some(to)))
    {
        // Both stand at the very start, before whatever else is written there.
        after.insert_str(pinned.range.start.offset, &pinned.new_text);
        edits.insert(0, pin);
    }
    Ok(Conversion { to, before: text.to_owned(), after, edits, lost: converted.lost })
}

impl Conversion {
    /// What was done, in a sentence or two.
    #[must_use]
    pub fn headline(&self) -> String {
        let to = self.to.name();
        match self.lost.len() {
            0 => tf!("Converted to dstack {to}; nothing was lost."),
            1 => tf!(
                "Converted to dstack {to}; one thing was lost. Comments in the text keep what was written."
            ),
            count => tf!(
                "Converted to dstack {to}; {count} things were lost. Comments in the text keep what was written."
            ),
        }
    }
}

/// What was lost and why, as a sentence with its literals between backticks.
#[must_use]
pub fn sentence(lost: &Lost) -> String {
    format!("`{}`: {}.", lost.path, lost.message)
}

/// Where it stood in the text before, in words; `None` for what was not written.
#[must_use]
pub fn place(lost: &Lost) -> Option<String> {
    let written = lost.range.start != lost.range.end;
    written.then(|| tf!("was in line {}", lost.range.start.line + 1))
}

#[cfg(test)]
mod tests {
    use berth_shared::diagnostics::apply_edits;

    use super::*;

    const NEWER: &str =
        "type: dev-environment\nname: notebook\nide: cursor\nvolumes:\n  - data:/data\nidle_duration: 1h\n";

    #[test]
    fn a_text_becomes_one_of_the_other_release_by_its_edits() {
        let conversion = conversion(NEWER, Dialect::V0_22).unwrap();
        assert_eq!((conversion.to, &*conversion.before), (Dialect::V0_18, NEWER));
        assert_eq!(apply_edits(NEWER, &conversion.edits).as_ref(), Some(&conversion.after));
        assert!(!conversion.after.starts_with("# dstack"), "it is read as 0.18 by itself");
        let paths: Vec<&str> = conversion.lost.iter().map(|lost| lost.path.as_str()).collect();
        assert_eq!(paths, ["name", "ide", "volumes"]);
        assert_eq!(sentence(&conversion.lost[0]), "`name`: dstack 0.18 has no `name`.");
        assert_eq!(place(&conversion.lost[1]).as_deref(), Some("was in line 3"));
        assert_eq!(
            conversion.headline(),
            "Converted to dstack 0.18; 3 things were lost. Comments in the text keep what was written."
        );
    }

    #[test]
    fn a_text_of_both_releases_says_in_its_first_line_which_it_is() {
        let both = "# mine\ntype: dev-environment\nide: vscode\n";
        let conversion = conversion(both, Dialect::V0_18).unwrap();
        assert_eq!(conversion.after, format!("# dstack: 0.22\n{both}"));
        assert_eq!(apply_edits(both, &conversion.edits).as_ref(), Some(&conversion.after));
        assert_eq!(conversion.headline(), "Converted to dstack 0.22; nothing was lost.");
        // What was said there is said otherwise, once.
        let back = super::conversion(&conversion.after, Dialect::V0_22).unwrap();
        assert_eq!(back.after, format!("# dstack: 0.18\n{both}"));
    }

    #[test]
    fn each_conversion_is_read_as_what_it_is_for() {
        let texts = [
            (NEWER, Dialect::V0_22),
            ("type: dev-environment\nide: vscode\ntermination_idle_time: 1h\n", Dialect::V0_18),
            ("type: dev-environment\nide: vscode\nresources:\n  gpu: A100:80GB\n", Dialect::V0_18),
            ("# dstack: 0.18\ntype: dev-environment\nide: vscode\npool_name: team\n", Dialect::V0_18),
        ];
        for (text, from) in texts {
            let conversion = conversion(text, from).unwrap();
            let told = check_in(&conversion.after, Reading::auto(Dialect::default()), None).told;
            assert_eq!(told.dialect, conversion.to, "{}", conversion.after);
            assert_eq!(apply_edits(text, &conversion.edits).as_ref(), Some(&conversion.after));
        }
    }

    #[test]
    fn what_is_wrong_with_a_text_is_mended_first() {
        let refused = |text: &str| refusal(&check_in(text, Dialect::V0_18, None));
        assert_eq!(refused("type: dev-environment\nide: vscode\n"), None);
        assert_eq!(
            refused("type: dev-environment\nide: vscode\nport: 1\n").as_deref(),
            Some("Mend the error first: only a valid text can be converted")
        );
        assert_eq!(
            refused("type: dev-environment\nide: vscode\nport: 1\nimag: x\n").as_deref(),
            Some("Mend the 2 errors first: only a valid text can be converted")
        );
        assert!(conversion("type: moon\n", Dialect::V0_18).is_err());
    }
}
