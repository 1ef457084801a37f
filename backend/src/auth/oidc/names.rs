//! From what a provider says to the name of an account.

use super::super::people::NAME;

/// How many names are tried when the ones before are somebody's.
const TRIED: usize = 50;

/// The name that a claim gives: of an e-mail address what stands before the `@`, in lower case, with a `-` for each run of what no
/// name may have, without `-`, `_` and `.` at its ends, and no longer than a name may be. `None` when nothing is left.
pub(super) fn of_claim(claim: &str) -> Option<String> {
    let claim = claim.trim();
    let local = claim.split_once('@').map_or(claim, |(local, _)| local);
    let mut name = String::new();
    for c in local.chars().flat_map(char::to_lowercase) {
        let fits = c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_');
        match (fits, name.ends_with('-')) {
            (true, _) => name.push(c),
            (false, false) => name.push('-'),
            (false, true) => {}
        }
    }
    let name = shortened(name.trim_start_matches(['-', '_', '.']), NAME);
    (!name.is_empty()).then(|| name.to_owned())
}

/// The name itself, then `name-2`, `name-3` and so on, for when it is somebody's: an account is nobody's merely because the names are
/// equal.
pub(super) fn candidates(name: &str) -> Vec<String> {
    let numbered = (2..=TRIED).map(|number| {
        let end = format!("-{number}");
        format!("{}{end}", shortened(name, NAME - end.len()))
    });
    std::iter::once(name.to_owned()).chain(numbered).collect()
}

/// The first `most` bytes of a name, which is ASCII, without what may not stand at its end.
fn shortened(name: &str, most: usize) -> &str {
    name.get(..most).unwrap_or(name).trim_end_matches(['-', '_', '.'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::auth::is_name;

    #[test]
    fn a_claim_becomes_a_name_by_rules() {
        for (claim, name) in [
            ("ann", Some("ann")),
            ("Ann.Lee", Some("ann.lee")),
            (" ann@example.org ", Some("ann")),
            ("Ann Lee", Some("ann-lee")),
            ("DOMAIN\\ann", Some("domain-ann")),
            ("a -- b", Some("a-b")),
            ("-_.ann._-", Some("ann")),
            ("jürgen", Some("j-rgen")),
            ("Åsa", Some("sa")),
            ("7of9", Some("7of9")),
            ("@example.org", None),
            ("山田", None),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(of_claim(claim).as_deref(), name, "{claim}");
        }
    }

    #[test]
    fn a_long_claim_is_shortened_and_ends_as_a_name_may() {
        assert_eq!(of_claim(&"a".repeat(100)), Some("a".repeat(40)));
        let claim = format!("{}-{}", "a".repeat(39), "b");
        assert_eq!(of_claim(&claim), Some("a".repeat(39)));
    }

    #[test]
    fn whose_name_is_taken_is_numbered() {
        let names = candidates("ann");
        assert_eq!(names[..3], ["ann", "ann-2", "ann-3"]);
        assert_eq!(names.len(), TRIED);
        assert_eq!(candidates(&"a".repeat(40))[1], format!("{}-2", "a".repeat(38)));
    }

    proptest! {
        #[test]
        fn whatever_a_provider_says_gives_names_that_somebody_can_have(claim in any::<String>()) {
            for name in of_claim(&claim).iter().flat_map(|name| candidates(name)) {
                prop_assert!(is_name(&name), "{name}");
            }
        }

        #[test]
        fn a_name_that_is_one_already_stays(name in "[a-z0-9]([a-z0-9._-]{0,38}[a-z0-9])?") {
            prop_assume!(!name.contains("--"));
            prop_assert_eq!(of_claim(&name), Some(name));
        }
    }
}
