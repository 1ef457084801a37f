//! Names of what belongs to a project, as tables have them that knew of no projects once.
//!
//! A name of the first project stands alone, as it always did; one of another is `PROJECT/NAME`. No such name has a `/` of its own; what
//! is asked for with one is a name in its project all the same, and no other project's.

use berth_shared::api::DEFAULT_PROJECT;

/// The name that a table has.
pub(crate) fn qualified(project: &str, name: &str) -> String {
    if project == DEFAULT_PROJECT && !name.contains('/') {
        name.to_owned()
    } else {
        format!("{project}/{name}")
    }
}

/// The project, and the name in it.
pub(crate) fn parts(qualified: &str) -> (&str, &str) {
    qualified.split_once('/').unwrap_or((DEFAULT_PROJECT, qualified))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_its_project() {
        assert_eq!(qualified("main", "vision/hub"), "main/vision/hub");
        assert_eq!(parts("main/vision/hub"), ("main", "vision/hub"));
        assert_eq!(parts(&qualified("vision", "main/hub")), ("vision", "main/hub"));
    }

    #[test]
    fn names_of_the_first_project_stay_as_they_were_and_all_come_back() {
        assert_eq!(qualified("main", "hub"), "hub");
        assert_eq!(qualified("vision", "hub"), "vision/hub");
        for (project, name) in [("main", "hub"), ("main", ""), ("vision", "hub"), ("vision", "")] {
            assert_eq!(parts(&qualified(project, name)), (project, name));
        }
    }
}
