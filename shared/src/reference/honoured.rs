//! What becomes of each key of dstack 0.22.

use std::fmt::Write as _;

use super::NOTE;
use crate::honour::{Honour, Place, ROWS};

/// The page.
pub(super) fn page() -> String {
    let mut page = format!(
        "{NOTE}\n# What becomes of the keys of dstack 0.22\n\nA plan says before the launch what of these comes to nothing where the run \
         would be. What both releases have is done as dstack 0.18 does it.\n\n| key |"
    );
    for place in Place::ALL {
        _ = write!(page, " {} |", place.title());
    }
    page.push_str(" what happens |\n|---|---|---|---|---|\n");
    for (path, honours, how) in ROWS {
        _ = write!(page, "| `{path}` |");
        for honour in honours {
            let word = match honour {
                Honour::Done => "yes",
                Honour::Void => "nothing to do",
                Honour::Left => "no, and told",
                Honour::Allowed => "where allowed",
                Honour::Refused => "not launched",
            };
            _ = write!(page, " {word} |");
        }
        _ = writeln!(page, " {how} |");
    }
    page
}
