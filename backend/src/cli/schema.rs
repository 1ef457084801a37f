//! `berth schema`

use std::process::ExitCode;

use berth_shared::schema::json::{File, json_schema};

/// Arguments of `berth schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Describe `.dstack/profiles.yml` instead of `.dstack.yml`.
    #[arg(long)]
    profiles: bool,
}

/// Prints a JSON Schema, for editors.
pub fn run(args: &Args) -> ExitCode {
    let file = if args.profiles { File::Profiles } else { File::Configuration };
    print!("{}", json_schema(file));
    ExitCode::SUCCESS
}
