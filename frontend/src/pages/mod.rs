//! A page for each address.

mod account;
mod explore;
mod gallery;
mod keep;
pub mod launch;
mod limits;
mod login;
mod lookout;
mod needs_server;
mod not_found;
mod people;
mod reference;
pub(crate) mod run;
mod runs;
mod settings;
mod spend;
mod team;
mod title;

pub use account::{Account, ToKeys};
pub use explore::Explore;
pub use gallery::Gallery;
pub(crate) use launch::Help;
pub use launch::{Launch, provide_incoming};
pub use limits::LimitsPage;
pub use login::Login;
pub use needs_server::NeedsServer;
pub use not_found::NotFound;
pub use people::People;
pub use reference::{Reference, ReferenceProblems};
pub use run::RunPage;
pub use runs::Runs;
pub use settings::{AuditLog, Notifications, ProjectPage, Secrets, ToSettings, Webhooks};
pub use spend::SpendPage;
pub use team::Team;
