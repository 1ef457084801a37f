//! A page for each address.

mod account;
mod explore;
pub mod launch;
mod login;
mod needs_server;
mod not_found;
mod people;
mod reference;
mod run;
mod runs;
mod team;
mod title;

pub use account::{Account, ToKeys};
pub use explore::Explore;
pub use launch::{Launch, provide_incoming};
pub use login::Login;
pub use needs_server::NeedsServer;
pub use not_found::NotFound;
pub use people::People;
pub use reference::{Reference, ReferenceProblems};
pub use run::RunPage;
pub use runs::Runs;
pub use team::Team;
