//! A page for each address.

mod explore;
mod keys;
pub mod launch;
mod login;
mod needs_server;
mod not_found;
mod reference;
mod run;
mod runs;
mod team;
mod title;

pub use explore::Explore;
pub use keys::Keys;
pub use launch::{Launch, provide_incoming};
pub use login::Login;
pub use needs_server::NeedsServer;
pub use not_found::NotFound;
pub use reference::{Reference, ReferenceProblems};
pub use run::RunPage;
pub use runs::Runs;
pub use team::Team;
