//! `berth schema`

use std::process::ExitCode;

use berth_shared::schema::{
    Dialect,
    json::{File, json_schema},
};

/// Arguments of `berth schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Describe `.dstack/profiles.yml` instead of `.dstack.yml`.
    #[arg(long, conflicts_with = "dialect")]
    profiles: bool,
    /// The release of dstack whose configurations are described.
    #[arg(long, value_name = "RELEASE", value_parser = dialect, default_value = "0.18")]
    dialect: Dialect,
}

/// A dialect by its name.
fn dialect(name: &str) -> Result<Dialect, String> {
    Dialect::of(name).ok_or_else(|| {
        let known = Dialect::ALL.map(|dialect| format!("`{}`", dialect.name()));
        format!("write {}", known.join(" or "))
    })
}

/// Prints a JSON Schema, for editors.
pub fn run(args: &Args) -> ExitCode {
    let file = if args.profiles { File::Profiles } else { File::Configuration(args.dialect) };
    print!("{}", json_schema(file));
    ExitCode::SUCCESS
}
