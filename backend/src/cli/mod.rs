//! The command line: a file for each subcommand, with its `Args` and its `run`.
//!
//! Exit status: 0 fine, 1 the answer is no, 2 wrong usage (clap's own), 3 the server cannot be reached.

mod accounts;
mod ask;
pub mod attach;
pub mod audit;
pub mod catalog;
mod client;
pub mod completion;
pub mod convert;
pub mod data_dir;
mod database;
mod demo;
pub mod events;
pub mod explain;
mod failure;
mod flags;
mod follow;
pub mod git;
pub mod key;
pub mod limits;
pub mod login;
pub mod login_link;
pub mod logout;
pub mod logs;
pub mod offers;
mod oidc;
pub mod people;
pub mod pool;
pub mod profile;
pub mod project;
pub mod ps;
mod rotate_key;
pub mod run;
mod saved;
pub mod schema;
pub mod secret;
pub mod serve;
pub mod simulated_cloud;
pub mod spend;
pub mod stop;
mod terminal;
mod tls;
pub mod token;
pub mod validate;
pub mod webhook;
mod words;

use std::{io, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand};
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
    Serve(Box<serve::Args>),
    /// Remembers a server and how to get in.
    Login(login::Args),
    /// Forgets a server.
    Logout(logout::Args),
    /// Says which server commands go to, and as whom.
    Whoami(logout::WhoamiArgs),
    /// Launches a configuration: shows the plan, asks, and follows the run.
    Run(Box<run::Args>),
    /// Lists runs.
    Ps(ps::Args),
    /// Prints what a run's programs wrote.
    Logs(logs::Args),
    /// Asks for the end of runs.
    Stop(stop::Args),
    /// Prints what happened to runs and instances.
    Events(events::Args),
    /// Pools of instances, which wait for runs.
    Pool(pool::Args),
    /// Makes a run an SSH host of this machine, with its ports and its log; with `--local` opens a terminal without the server.
    Attach(attach::Args),
    /// Shows the cloud offers that fit a configuration, cheapest first.
    Offers(offers::Args),
    /// The catalogue of offers: shows it, takes in newer prices.
    Catalog(catalog::Args),
    /// Checks configurations and says what is wrong with them.
    Validate(validate::Args),
    /// Rewrites a configuration for another release of dstack; says what that one has no words for.
    Convert(convert::Args),
    /// Prints a JSON Schema of configurations, for editors.
    Schema(schema::Args),
    /// Explains a rule that `validate` reports.
    Explain(explain::Args),
    /// Prints a new address that signs in once.
    LoginLink(login_link::Args),
    /// API tokens, for scripts.
    Token(token::Args),
    /// People who have an account, and what they may do.
    People(people::Args),
    /// Shows and makes projects, and decides who is in them.
    Project(project::Args),
    /// Who did what, from where and when; exports and verifies the log.
    Audit(Box<audit::Args>),
    /// How much the project and each person may have and spend, and where they stand.
    Limits(limits::Args),
    /// What was spent, by person, backend, GPU or run.
    Spend(spend::Args),
    /// SSH keys of your account.
    Key(key::Args),
    /// Secrets that configurations name: passwords of registries, tokens.
    Secret(secret::Args),
    /// Sets, lists and removes what runs are let in by when they clone private repositories.
    Git(git::Args),
    /// Addresses that are told of what happens: signed, and again until it arrives.
    Webhook(webhook::Args),
    /// Keeps simulated clouds for other processes, for tests.
    #[command(hide = true)]
    SimulatedCloud(simulated_cloud::Args),
    /// Prints a script that makes a shell complete commands, flags and names of runs.
    Completion(completion::Args),
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
    // A shell that asks for completions gets them, and nothing else happens.
    clap_complete::CompleteEnv::with_factory(Cli::command).var(completion::VARIABLE).complete();
    match Cli::parse().command {
        Command::Login(args) => login::run(&args),
        Command::Logout(args) => logout::run(&args),
        Command::Whoami(args) => logout::whoami(&args),
        Command::Run(args) => run::run(&args),
        Command::Ps(args) => ps::run(&args),
        Command::Logs(args) => logs::run(&args),
        Command::Stop(args) => stop::run(&args),
        Command::Events(args) => events::run(&args),
        Command::Pool(args) => pool::run(&args),
        Command::Completion(args) => completion::run(&args),
        Command::Attach(args) => attach::run(&args),
        Command::Offers(args) => offers::run(args),
        Command::Catalog(args) => catalog::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Validate(args) => validate::run(args),
        Command::Convert(args) => convert::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::LoginLink(args) => login_link::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Key(args) => key::run(&args),
        Command::Limits(args) => limits::run(&args),
        Command::Spend(args) => spend::run(&args),
        Command::People(args) => people::run(&args),
        Command::Project(args) => project::run(&args),
        Command::Secret(args) => secret::run(&args),
        Command::Git(args) => git::run(&args),
        Command::Webhook(args) => webhook::run(&args),
        Command::Token(args) => token::run(&args),
        Command::SimulatedCloud(args) => simulated_cloud::run(&args),
    }
}

/// Says on standard error why a command could not do its work, causes included.
pub(crate) fn complain(error: &(dyn std::error::Error + 'static)) {
    eprintln!("error: {}", crate::http::chain(error));
}

/// Works on a runtime of several threads until all is done, and says why it could not be.
fn to_the_end<E: std::error::Error + 'static>(
    work: impl Future<Output = Result<(), E>>,
    no_runtime: fn(io::Error) -> E,
) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(no_runtime);
    match runtime.and_then(|runtime| runtime.block_on(work)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// A generator for secrets and identifiers, seeded by the system.
fn random() -> Result<StdRng, SysError> {
    StdRng::try_from_rng(&mut SysRng)
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    #[test]
    fn every_command_and_flag_is_well_formed() {
        super::Cli::command().debug_assert();
    }

    /// Commands that `docs/cli.md` is about, subcommands after a blank.
    fn described() -> Vec<(String, Command)> {
        let cli = super::Cli::command();
        let mut found = Vec::new();
        for name in [
            "login",
            "logout",
            "whoami",
            "run",
            "ps",
            "logs",
            "events",
            "stop",
            "pool",
            "key",
            "people",
            "project",
            "git",
            "audit",
            "webhook",
            "limits",
            "spend",
            "token",
            "login-link",
            "attach",
            "convert",
            "completion",
        ] {
            let command = cli.find_subcommand(name).expect("a command").clone();
            found.extend(
                command.get_subcommands().map(|sub| (format!("{name} {}", sub.get_name()), sub.clone())),
            );
            found.push((name.to_owned(), command));
        }
        found
    }

    #[test]
    fn the_page_about_the_command_line_names_every_command_and_every_flag() {
        let page = include_str!("../../../docs/cli.md");
        for (name, command) in described() {
            let last = name.rsplit(' ').next().unwrap_or_default();
            assert!(page.contains(last), "docs/cli.md does not say `berth {name}`");
            for flag in command.get_arguments().filter_map(|argument| argument.get_long()) {
                let said = page.contains(&format!("--{flag}"));
                assert!(said || flag == "help" || flag == "name", "docs/cli.md: `berth {name} --{flag}`");
            }
        }
    }
}
