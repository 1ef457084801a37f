//! The command line: a file for each subcommand, with its `Args` and its `run`.
//!
//! Exit status: 0 fine, 1 the answer is no, 2 wrong usage (clap's own), 3 the server cannot be reached.

pub mod serve;
pub mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Checks configurations and says what is wrong with them.
    Validate(validate::Args),
}

/// Reads the arguments and carries out what they ask for.
///
/// No thread and no runtime exists yet when a subcommand begins: each starts what it needs, so that those
/// which fork or unshare may do so.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(args),
        Command::Validate(args) => validate::run(args),
    }
}

/// Says on standard error why a command could not do its work, causes included.
pub(crate) fn complain(error: &dyn std::error::Error) {
    eprint!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
}
