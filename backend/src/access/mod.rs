//! What people work with in an environment, besides the page.

pub mod door;
pub mod ports;
pub mod ssh;

use berth_shared::{
    api::{Role, Run},
    policy::{self, Action, Whose},
};

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
