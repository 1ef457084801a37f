//! `berth attach`: an environment as an SSH host of this machine, with its ports and its log; with `--local` a terminal in an
//! environment of this machine, also without a server.

mod config_file;
mod forward;
mod local;
mod remote;

use std::{path::PathBuf, process::ExitCode};

use berth_shared::api::TerminalId;
use clap_complete::ArgValueCompleter;

pub(super) use remote::address;

use super::{
    client::{Access, complete_runs},
    data_dir::DataDir,
    failure::finish,
};

/// Arguments of `berth attach`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the run; with `--local` also the identifier of its instance.
    #[arg(value_name = "RUN", add = ArgValueCompleter::new(complete_runs))]
    run: String,

    /// Use this private key; else those that `ssh` finds by itself.
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    identity: Option<PathBuf>,

    /// Do not print the log.
    #[arg(long)]
    no_logs: bool,

    /// Open a terminal in a run's environment on this machine; works while the server is down. `--data-dir` means it, too.
    #[arg(long)]
    local: bool,

    /// With `--local`: join this terminal instead of opening a new one.
    #[arg(long, value_name = "ID", requires = "local")]
    terminal: Option<TerminalId>,

    #[command(flatten)]
    data_dir: DataDir,

    #[command(flatten)]
    access: Access,
}

/// Attaches until the person detaches or the run ends.
pub fn run(args: &Args) -> ExitCode {
    if args.local || args.data_dir.given().is_some() {
        let Args { run, terminal, data_dir, .. } = args;
        return local::run(&local::Asked { target: run, terminal: *terminal, data_dir });
    }
    let asked = remote::Asked { run: &args.run, identity: args.identity.as_deref(), logs: !args.no_logs };
    finish(remote::attach(&asked, &args.access))
}
