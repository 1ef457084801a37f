//! `cargo xtask deny`: what the project is made of, held against `deny.toml`.

use std::path::PathBuf;

use crate::{
    setup,
    shell::{Problem, Steps, command, run},
};

/// Checks it; installs cargo-deny where it is missing.
pub(crate) fn deny(steps: &mut Steps) -> Result<(), Problem> {
    let program = setup::ensure_deny(steps)?;
    check(steps, &program)?;
    steps.summary();
    Ok(())
}

/// The same where cargo-deny is installed, or has to be by `BERTH_REQUIRE_DENY`: to build it takes minutes.
pub(crate) fn if_there(steps: &mut Steps) -> Result<(), Problem> {
    let required = std::env::var_os("BERTH_REQUIRE_DENY").is_some();
    let program = if required { Some(setup::ensure_deny(steps)?) } else { setup::find_deny()? };
    let Some(program) = program else {
        println!(
            "skipped: licences, sources and banned crates: cargo-deny is not installed; `cargo xtask deny` does that"
        );
        return Ok(());
    };
    check(steps, &program)
}

fn check(steps: &mut Steps, program: &PathBuf) -> Result<(), Problem> {
    // Nothing is fetched: the registry's files are there, or nothing could be built.
    let checks = |which: &[&str]| {
        let quiet = ["--offline", "--log-level", "error", "check", "--hide-inclusion-graph"];
        run(command(program).args(quiet).args(which))
    };
    steps.step("licences, sources and banned crates", || checks(&["bans", "licenses", "sources"]))?;
    if !has_advisories() {
        println!(
            "skipped: known vulnerabilities: there is no database of advisories; `cargo deny fetch db` gets one"
        );
        return Ok(());
    }
    steps.step("known vulnerabilities", || checks(&["advisories"]))
}

/// Whether cargo-deny has a database where it keeps them.
fn has_advisories() -> bool {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let databases = cargo.and_then(|cargo| std::fs::read_dir(cargo.join("advisory-dbs")).ok());
    databases
        .is_some_and(|mut databases| databases.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir())))
}
