//! Builds the dashboard and the server.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    setup::{self, path_with_tools},
    shell::{Problem, Steps, cargo, command, root, run, target_dir},
    texts,
};

/// How much care the compiler takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Built soon, fast enough to use.
    Quick,
    /// Built with care; the dashboard is inside the binary.
    Release,
}

/// Builds both, the dashboard with `texts` in place of English ones if any; gives the path of the server's binary.
pub(crate) fn all(steps: &mut Steps, profile: Profile, texts: Option<&Path>) -> Result<PathBuf, Problem> {
    dashboard(steps, profile, texts)?;
    server(steps, profile)
}

/// Builds the dashboard into `frontend/dist`.
pub(crate) fn dashboard(steps: &mut Steps, profile: Profile, texts: Option<&Path>) -> Result<(), Problem> {
    let args: &[&str] = match profile {
        Profile::Quick => QUICK,
        Profile::Release => &["--release", "--cargo-profile", "wasm-release"],
    };
    steps.step("dashboard (wasm32)", || {
        run(with_texts(&mut trunk("build")?, texts).args(["--dist", "dist"]).args(args))
    })?;
    if profile == Profile::Release {
        steps.step("compress the dashboard", || compress(&path_with_tools()?))?;
    }
    Ok(())
}

/// Builds the dashboard once more, quickly and in a language that nobody speaks: whatever stays English in it could not be
/// translated. Gives the folder.
pub(crate) fn disguised_dashboard(steps: &mut Steps) -> Result<PathBuf, Problem> {
    let dist = target_dir().join(format!("dashboard-{}", texts::PRETENDED));
    steps.step("dashboard in another language", || {
        let texts = texts::pretend()?;
        run(with_texts(&mut trunk("build")?, Some(&texts)).arg("--dist").arg(&dist).args(QUICK))
    })?;
    Ok(dist)
}

fn with_texts<'a>(trunk: &'a mut Command, texts: Option<&Path>) -> &'a mut Command {
    match texts {
        Some(texts) => trunk.env("BERTH_TEXTS", texts),
        None => trunk,
    }
}

/// Holds the dashboard that was built against what it may weigh: `frontend/budgets.json`.
pub(crate) fn weigh(steps: &mut Steps, profile: Profile) -> Result<(), Problem> {
    let profile = match profile {
        Profile::Quick => "quick",
        Profile::Release => "release",
    };
    steps.step("weight of the dashboard", || {
        run(command("node")
            .env("PATH", path_with_tools()?)
            .arg(root().join("frontend/js/weigh.mjs"))
            .arg(root().join("frontend/dist"))
            .arg(profile))
    })
}

/// Trunk as it is, for work on the dashboard: `serve` builds and reloads with each change.
pub(crate) fn trunk_as_it_is(steps: &mut Steps, what: &str, args: &[String]) -> Result<(), Problem> {
    setup::for_build(steps)?;
    let profile: &[&str] = if matches!(what, "build" | "serve" | "watch") { QUICK } else { &[] };
    run(trunk(what)?.args(profile).args(args))
}

const QUICK: &[&str] = &["--cargo-profile", "quick"];

/// A command of Trunk in `frontend/`, with the tools that it needs.
fn trunk(what: &str) -> Result<Command, Problem> {
    // What Trunk takes for wasm-bindgen cuts the wasm into parts and calls the real one.
    let ours = root().join("frontend/js/tools");
    let path = std::env::join_paths(std::iter::once(ours).chain(std::env::split_paths(&path_with_tools()?)))
        .map_err(|error| Problem::new(format!("PATH cannot be extended: {error}")))?;
    let mut trunk = command("trunk");
    trunk
        .env("PATH", path)
        .current_dir(root().join("frontend"))
        // The colour switch of other tools; Trunk takes any other value than true or false for a mistake.
        .env_remove("NO_COLOR")
        .args([what, "--offline"]);
    Ok(trunk)
}

/// Builds the program that goes into containers, statically linked, and puts it where the server's build finds it.
pub(crate) fn agent(steps: &mut Steps) -> Result<(), Problem> {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let flags = format!("target.{triple}.rustflags=[\"-C\", \"target-feature=+crt-static\"]");
    steps.step("program for containers", || {
        run(cargo()
            .args(["build", "--package", "berth-supervisor", "--bin", "berth-agent", "--profile", "agent"])
            .args(["--target", &triple, "--config", &flags]))?;
        let built = target_dir().join(&triple).join("agent/berth-agent");
        let embed = target_dir().join("embed");
        let place = embed.join("berth-agent");
        let read = |path: &PathBuf| {
            std::fs::read(path)
                .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))
        };
        let bytes = read(&built)?;
        // A file that is touched makes the server build anew.
        if !read(&place).is_ok_and(|there| there == bytes) {
            std::fs::create_dir_all(&embed)
                .and_then(|()| std::fs::write(&place, bytes))
                .map_err(|error| Problem::new(format!("cannot write {}: {error}", place.display())))?;
        }
        Ok(())
    })
}

/// Builds the server with what goes into it but the dashboard; gives the path of its binary.
pub(crate) fn server(steps: &mut Steps, profile: Profile) -> Result<PathBuf, Problem> {
    agent(steps)?;
    let (args, folder): (&[&str], _) = match profile {
        Profile::Quick => (&[], "debug"),
        Profile::Release => (&["--release"], "release"),
    };
    steps
        .step("server", || run(cargo().args(["build", "--package", "berth", "--bin", "berth"]).args(args)))?;
    Ok(target_dir().join(folder).join("berth"))
}

/// Puts `.br` and `.gz` beside each file that gains by it.
fn compress(path: &std::ffi::OsStr) -> Result<(), Problem> {
    run(command("node")
        .env("PATH", path)
        .arg(root().join("frontend/js/compress.mjs"))
        .arg(root().join("frontend/dist")))
}
