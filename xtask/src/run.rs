//! `cargo xtask run`: from a clean clone to a page.

use std::process::ExitCode;

use crate::{
    build::{self, Profile},
    setup,
    shell::{Problem, Steps, command},
};

/// Sets up, builds, starts the server with `args`, and ends as it ends.
pub(crate) fn run(steps: &mut Steps, profile: Profile, args: &[String]) -> Result<ExitCode, Problem> {
    setup::for_build(steps)?;
    let binary = build::all(steps, profile, None)?;
    steps.summary();
    // On a terminal Ctrl+C reaches the server too; it ends by itself and so does this.
    let status = command(&binary)
        .arg("serve")
        .args(args)
        .status()
        .map_err(|error| Problem::new(format!("the server could not be started: {error}")))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(status.code().map_or(1, |c| c as u8))
    })
}
