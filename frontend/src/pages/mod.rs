//! A page for each address.

pub mod launch;
mod login;
mod not_found;
mod reference;
mod run;
mod runs;
mod team;
mod title;

pub use launch::Launch;
pub use login::Login;
pub use not_found::NotFound;
pub use reference::{Reference, ReferenceProblems};
pub use run::RunPage;
pub use runs::Runs;
pub use team::Team;
