//! `cargo xtask lint`: formatting and clippy.

use crate::{
    setup,
    shell::{Problem, Steps, cargo, run},
};

/// Checks everything that a reviewer should not have to.
pub(crate) fn lint(steps: &mut Steps) -> Result<(), Problem> {
    setup::for_build(steps)?;
    steps.step("formatting", || run(cargo().args(["fmt", "--all", "--check"])))?;
    steps.step("clippy", || run(cargo().args(["clippy", "--all-targets", "--", "--deny", "warnings"])))?;
    steps.step("clippy for wasm32", || {
        run(cargo()
            .args(["clippy", "--package", "berth-frontend", "--target", "wasm32-unknown-unknown"])
            .args(["--", "--deny", "warnings"]))
    })?;
    steps.summary();
    Ok(())
}
