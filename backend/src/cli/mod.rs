//! The command line: a file for each subcommand, with its `Args` and its `run`.
//!
//! Exit status: 0 fine, 1 the answer is no, 2 wrong usage (clap's own), 3 the server cannot be reached.

mod accounts;
pub mod attach;
pub mod catalog;
pub mod data_dir;
mod database;
pub mod explain;
pub mod login_link;
pub mod offers;
pub mod profile;
pub mod schema;
pub mod serve;
pub mod token;
pub mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rand::{
    SeedableRng,
    rngs::{StdRng, SysError, SysRng},
};

/// Launches dev environments from the browser.
#[derive(Debug, Parser)]
#[command(name = "berth", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server: dashboard, API and orchestrator.
    Serve(serve::Args),
    /// Opens a terminal in a run's environment on this machine; works while the server is down.
    Attach(attach::Args),
    /// Shows the cloud offers that fit a configuration, cheapest first.
    Offers(offers::Args),
    /// The catalogue of offers: shows it, takes in newer prices.
    Catalog(catalog::Args),
    /// Checks configurations and says what is wrong with them.
    Validate(validate::Args),
    /// Prints a JSON Schema of configurations, for editors.
    Schema(schema::Args),
    /// Explains a rule that `validate` reports.
    Explain(explain::Args),
    /// Prints a new address that signs in once.
    LoginLink(login_link::Args),
    /// API tokens, for scripts.
    Token(token::Args),
}

/// Reads the arguments and carries out what they ask for.
///
/// No thread and no runtime exists yet when a subcommand begins: each starts what it needs, so that those
/// which fork or unshare may do so.
#[must_use]
pub fn main() -> ExitCode {
    if let Some(status) = crate::supervisor::dispatch() {
        return status;
    }
    match Cli::parse().command {
        Command::Attach(args) => attach::run(&args),
        Command::Offers(args) => offers::run(args),
        Command::Catalog(args) => catalog::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Validate(args) => validate::run(args),
        Command::Schema(args) => schema::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::LoginLink(args) => login_link::run(&args),
        Command::Token(args) => token::run(&args),
    }
}

/// Says on standard error why a command could not do its work, causes included.
pub(crate) fn complain(error: &(dyn std::error::Error + 'static)) {
    eprintln!("error: {}", crate::http::chain(error));
}

/// A generator for secrets and identifiers, seeded by the system.
fn random() -> Result<StdRng, SysError> {
    StdRng::try_from_rng(&mut SysRng)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn every_command_and_flag_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
