//! `berth completion`

use std::process::ExitCode;

use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use super::failure::{Failure, finish};

/// The variable by which a shell asks the program itself for completions.
pub(super) const VARIABLE: &str = "BERTH_COMPLETE";

/// Arguments of `berth completion`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell to write for.
    #[arg(value_enum)]
    shell: Shell,
}

/// Shells that can be written for.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Prints a script that teaches a shell to complete commands, flags, their values and names of runs.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let completer: &dyn EnvCompleter = match args.shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    finish(async {
        completer
            .write_registration(VARIABLE, "berth", "berth", "berth", &mut std::io::stdout().lock())
            .map_err(Failure::Write)
    })
}
