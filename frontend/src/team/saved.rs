//! Filters that somebody has saved under a name.

use berth_texts::{t, tf};
use serde::{Deserialize, Serialize};

use crate::format::lowered;

/// How many one person may save here; more would fill the menu and not help anybody.
pub const MOST: usize = 30;

/// The longest name, characters.
pub const NAME: usize = 40;

/// A filter under its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// The query of the address, with its `?`.
    pub query: String,
}

/// The key in the browser's storage of what this person has saved.
#[must_use]
pub fn key(person: &str) -> String {
    format!("berth.team.filters.{person}")
}

/// Reads what was kept. What makes no sense, as after a change of this page, is nothing.
#[must_use]
pub fn read(kept: Option<&str>) -> Vec<Saved> {
    let mut all: Vec<Saved> = kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default();
    all.truncate(MOST);
    all
}

/// As it is kept; `None` = nothing is.
#[must_use]
pub fn write(all: &[Saved]) -> Option<String> {
    if all.is_empty() { None } else { serde_json::to_string(all).ok() }
}

/// Saves a filter. One of the same name gives way. By name, whatever its case.
///
/// # Errors
/// Why not, in a sentence.
pub fn save(all: &[Saved], name: &str, query: &str) -> Result<Vec<Saved>, String> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(t!("A filter is saved under a name.").to_owned());
    }
    if name.chars().count() > NAME {
        return Err(tf!("The name is too long: at most {NAME} characters."));
    }
    let mut saved = without(all, &name);
    if saved.len() >= MOST {
        return Err(tf!("There are {MOST} saved filters already; remove one first."));
    }
    saved.push(Saved { name, query: query.to_owned() });
    berth_shared::order::sort_by_key(&mut saved, |saved| lowered(&saved.name));
    Ok(saved)
}

/// All but the one of this name.
#[must_use]
pub fn without(all: &[Saved], name: &str) -> Vec<Saved> {
    all.iter().filter(|saved| lowered(&saved.name) != lowered(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_read_again_by_name() {
        let all = save(&[], "Mine", "?person=ann").and_then(|all| save(&all, " idle  ones ", "?status=idle"));
        let all = all.unwrap();
        assert_eq!(all.iter().map(|saved| saved.name.as_str()).collect::<Vec<_>>(), ["idle ones", "Mine"]);
        assert_eq!(read(write(&all).as_deref()), all);
        let other = save(&all, "mine", "?person=bob").unwrap();
        assert_eq!(other.len(), 2, "one of the same name gives way");
        assert_eq!(other[1].query, "?person=bob");
        assert_eq!(write(&without(&without(&other, "MINE"), "idle ones")), None);
    }

    #[test]
    fn a_filter_that_cannot_be_saved_says_why() {
        assert!(save(&[], "  ", "?q=x").unwrap_err().contains("under a name"));
        assert!(save(&[], &"x".repeat(NAME + 1), "?q=x").unwrap_err().contains("too long"));
        let full = (0..MOST).fold(Vec::new(), |all, n| save(&all, &format!("f{n}"), "?q=x").unwrap());
        assert!(save(&full, "one more", "?q=x").unwrap_err().contains("remove one first"));
        assert_eq!(save(&full, "f3", "?q=y").unwrap().len(), MOST);
    }

    #[test]
    fn what_makes_no_sense_in_the_storage_is_nothing() {
        for kept in [None, Some(""), Some("{}"), Some("[1,2]"), Some("[{\"name\":1}]")] {
            assert_eq!(read(kept), [], "{kept:?}");
        }
    }
}
