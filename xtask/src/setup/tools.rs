//! Trunk, the wasm-bindgen command of the very version that the lock file names, and what cuts a wasm into parts.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::tools_dir;
use crate::shell::{Problem, Steps, command, root, run, which};

const TRUNK: &str = "0.21.14";
const DENY: &str = "0.20.2";
const SPLIT: &str = "0.2.4";

/// Installs the tools that are missing.
pub(super) fn ensure(steps: &mut Steps) -> Result<(), Problem> {
    let dir = tools_dir()?;
    let wasm_bindgen = locked_version("wasm-bindgen")?;
    // The command's own lock file may name releases that the registry at hand does not have yet.
    install(
        steps,
        &dir,
        &Tool { name: "wasm-bindgen-cli", version: &wasm_bindgen, args: &["--no-default-features"] },
    )?;
    // Trunk would only use TLS to download tools; they are here already.
    let args = ["--locked", "--no-default-features"];
    install(steps, &dir, &Tool { name: "trunk", version: TRUNK, args: &args })?;
    let args = ["--locked", "--features", "build-binary"];
    install(steps, &dir, &Tool { name: "wasm_split_cli_support", version: SPLIT, args: &args })?;
    let _ = std::fs::remove_dir_all(dir.join("target"));
    Ok(())
}

/// Installs cargo-deny when it is missing; gives the program.
pub(crate) fn ensure_deny(steps: &mut Steps) -> Result<PathBuf, Problem> {
    if let Some(program) = find_deny()? {
        return Ok(program);
    }
    let dir = tools_dir()?;
    // It fetches nothing here, so it needs no TLS.
    install(
        steps,
        &dir,
        &Tool { name: "cargo-deny", version: DENY, args: &["--locked", "--no-default-features"] },
    )?;
    let _ = std::fs::remove_dir_all(dir.join("target"));
    Ok(deny_at(&dir))
}

/// The cargo-deny that is there: ours, or the machine's own.
pub(crate) fn find_deny() -> Result<Option<PathBuf>, Problem> {
    let own = Some(deny_at(&tools_dir()?)).filter(|program| program.exists());
    Ok(own.or_else(|| which(&["cargo-deny"])))
}

fn deny_at(dir: &Path) -> PathBuf {
    dir.join(format!("cargo-deny-{DENY}/bin/cargo-deny"))
}

/// PATH with the tools in front of what is there.
pub(crate) fn path_with_tools() -> Result<OsString, Problem> {
    let dir = tools_dir()?;
    let wasm_bindgen = locked_version("wasm-bindgen")?;
    let ours = [
        dir.join(format!("wasm_split_cli_support-{SPLIT}/bin")),
        dir.join(format!("trunk-{TRUNK}/bin")),
        dir.join(format!("wasm-bindgen-cli-{wasm_bindgen}/bin")),
        root().join("frontend/js/node_modules/.bin"),
    ];
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(ours.into_iter().chain(std::env::split_paths(&path)))
        .map_err(|error| Problem::new(format!("PATH cannot be extended: {error}")))
}

struct Tool<'a> {
    name: &'a str,
    version: &'a str,
    args: &'a [&'a str],
}

fn install(steps: &mut Steps, dir: &Path, tool: &Tool<'_>) -> Result<(), Problem> {
    let place = dir.join(format!("{}-{}", tool.name, tool.version));
    if place.is_dir() {
        return Ok(());
    }
    steps.step(&format!("{} {} (once)", tool.name, tool.version), || {
        // Made beside its place and moved there when it is whole: an interrupted one is never taken for it.
        let half: PathBuf = dir.join(format!(".{}-{}-{}", tool.name, tool.version, std::process::id()));
        run(command("cargo")
            .args(["install", tool.name, "--version", tool.version, "--debug", "--root"])
            .arg(&half)
            .args(tool.args)
            // One target folder for both, since they share most of what they are made of.
            .env("CARGO_TARGET_DIR", dir.join("target"))
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            // Reading and rewriting a module is slow without; Trunk itself has nothing to compute.
            .args(["--config", "profile.dev.package.walrus.opt-level=2"])
            .args(["--config", "profile.dev.package.wasm_split_cli_support.opt-level=2"])
            .args(["--config", "profile.dev.package.wasm-bindgen-cli-support.opt-level=1"]))?;
        std::fs::rename(&half, &place)
            .map_err(|error| Problem::new(format!("cannot move {} into place: {error}", place.display())))
    })
}

/// The version of `name` in Cargo.lock.
fn locked_version(name: &str) -> Result<String, Problem> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock"))
        .map_err(|error| Problem::new(format!("cannot read Cargo.lock: {error}")))?;
    let mut lines = lock.lines();
    let heading = format!("name = \"{name}\"");
    lines.find(|line| *line == heading);
    lines
        .next()
        .and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .map(str::to_string)
        .ok_or_else(|| Problem::new(format!("Cargo.lock names no version of `{name}`")))
}
