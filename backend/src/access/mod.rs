//! What people work with in an environment, besides the page.

pub mod door;
pub mod ports;
pub(crate) mod presence;
pub mod ssh;

use berth_shared::{
    api::{DEFAULT_PROJECT, Role, Run},
    policy::{self, Action, Whose},
};

/// A project and a run of it, by the name that SSH has for it ([`berth_shared::api::ssh_name_of`]).
pub(crate) fn parts(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or((DEFAULT_PROJECT, name))
}

/// Whether a person may work in a run.
///
/// # Errors
/// Why not, for people.
fn may_work_in(person: &str, role: Role, run: &Run) -> Result<(), String> {
    let whose = Whose::of(&run.owner, person);
    if policy::may(role, Action::Work, whose) {
        return Ok(());
    }
    Err(policy::refusal(role, Action::Work, whose))
}

#[cfg(test)]
mod tests {
    use berth_shared::api::ssh_name_of;

    use super::*;

    #[test]
    fn ssh_names_a_run_by_its_project_where_that_is_not_the_first() {
        for (project, run, name) in [("main", "sly-fox", "sly-fox"), ("vision", "sly-fox", "vision.sly-fox")]
        {
            assert_eq!(ssh_name_of(project, run), name);
            assert_eq!(parts(name), (project, run));
        }
    }
}
