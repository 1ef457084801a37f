//! Names of runs.

use berth_texts::t;

/// The longest name.
const LONGEST: usize = 41;

/// What is wrong with a name for a run, in words; `None` when it will do or is empty (then the server makes
/// one up). The rule is `^[a-z][a-z0-9-]{1,40}$`, as for [`berth_shared::api::Run::name`].
#[must_use]
pub fn complaint(name: &str) -> Option<&'static str> {
    let mut characters = name.chars();
    let first = characters.next()?;
    if !first.is_ascii_lowercase() {
        return Some(t!("begins with a small letter"));
    }
    if !characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Some(t!("small letters, digits and - only"));
    }
    match name.len() {
        1 => Some(t!("at least 2 characters")),
        length if length > LONGEST => Some(t!("at most 41 characters")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_name_is_left_to_the_server() {
        assert_eq!(complaint(""), None);
    }

    #[test]
    fn names_that_the_server_takes_pass() {
        for name in ["ab", "calm-otter-3", "a-", &"a".repeat(41)] {
            assert_eq!(complaint(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(complaint("a"), Some("at least 2 characters"));
        assert_eq!(complaint(&"a".repeat(42)), Some("at most 41 characters"));
        assert_eq!(complaint("Calm"), Some("begins with a small letter"));
        assert_eq!(complaint("3calm"), Some("begins with a small letter"));
        assert_eq!(complaint("-calm"), Some("begins with a small letter"));
        assert_eq!(complaint("calm otter"), Some("small letters, digits and - only"));
        assert_eq!(complaint("calm_otter"), Some("small letters, digits and - only"));
        assert_eq!(complaint("cälm"), Some("small letters, digits and - only"));
    }
}
