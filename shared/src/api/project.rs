//! Projects: what a team has together, apart from what other teams have.

/// The project that is there from the start.
pub const DEFAULT_PROJECT: &str = "main";

/// The longest name of a project, characters: it is a part of the host name of a preview.
pub const PROJECT_NAME_LIMIT: usize = 20;

/// The project of what an older version has written down.
pub(super) fn default_project() -> String {
    DEFAULT_PROJECT.to_owned()
}

/// Whether a text can be a project's name: 2 to 20 lower-case letters, digits and `-`, beginning with a letter, ending with none of `-`,
/// and no two `-` in a row.
#[must_use]
pub fn is_project_name(name: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (2..=PROJECT_NAME_LIMIT).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(known)
        && !name.ends_with('-')
        && !name.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projects_name_can_be_a_part_of_a_host_name() {
        for name in [DEFAULT_PROJECT, "vision", "nlp-2", "a1"] {
            assert!(is_project_name(name), "{name}");
        }
        let long = "a".repeat(PROJECT_NAME_LIMIT + 1);
        for name in ["", "a", "1a", "-a", "a-", "a--b", "Ann", "a b", "a.b", "ä1", &long] {
            assert!(!is_project_name(name), "{name}");
        }
    }
}
