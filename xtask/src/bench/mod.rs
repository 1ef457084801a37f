//! `cargo xtask bench …`: measures beside other tools, in one run, and writes a page of `docs/benchmarks`.

mod check;
mod environments;
mod gateway;
mod load;
mod offers;
mod terminal;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    build::{self, Profile},
    setup,
    shell::{Problem, Steps, cargo, command, output, root, run, target_dir},
};

pub(crate) use check::check;
pub(crate) use environments::environments;
pub(crate) use gateway::gateway;
pub(crate) use load::load;
pub(crate) use offers::offers;
pub(crate) use terminal::terminal;

/// One measurement, as each side prints it.
#[derive(Debug, Deserialize)]
struct Measured {
    tool: String,
    /// What was worked on.
    document: String,
    median_us: f64,
    #[serde(default)]
    p95_us: f64,
    /// How many offers were found, where that is the question.
    total: Option<u64>,
}

/// What the sides have measured.
#[derive(Default)]
struct Measurements(Vec<Measured>);

impl Measurements {
    /// Runs one side, which prints a measurement a line.
    fn take(&mut self, steps: &mut Steps, name: &str, side: &mut Command) -> Result<(), Problem> {
        steps.step(name, || {
            for line in output(side)?.lines() {
                println!("    {line}");
                self.0.push(
                    serde_json::from_str::<Measured>(line)
                        .map_err(|error| Problem::new(format!("`{line}` is no measurement: {error}")))?,
                );
            }
            Ok(())
        })
    }
}

/// The server as it is released, with the dashboard that is there.
fn release_server(steps: &mut Steps) -> Result<PathBuf, Problem> {
    if root().join("frontend/dist/index.html").is_file() {
        build::server(steps, Profile::Release)
    } else {
        setup::for_build(steps)?;
        build::all(steps, Profile::Release, None)
    }
}

/// A program of `berth-tests` that measures this server.
fn measurer(steps: &mut Steps, program: &str, server: &Path) -> Result<Command, Problem> {
    steps.step("what measures", || {
        run(cargo().args(["build", "--release", "--package", "berth-tests", "--bin", program]))
    })?;
    let mut side = command(target_dir().join("release").join(program));
    side.env("BERTH", server);
    Ok(side)
}

/// What it says: a figure a line, as JSON.
fn figures<T: DeserializeOwned>(
    steps: &mut Steps,
    name: &str,
    side: &mut Command,
) -> Result<Vec<T>, Problem> {
    steps.step(name, || {
        let lines = output(side)?;
        let figures: Result<Vec<T>, _> = lines.lines().map(serde_json::from_str).collect();
        figures
            .map_err(|error| Problem::new(format!("what measures says something else than figures: {error}")))
    })
}

/// Builds the native side and gives one of its programs.
fn native(steps: &mut Steps, program: &str) -> Result<PathBuf, Problem> {
    let folder = target_dir().join("bench/native");
    steps.step("the native side", || {
        run(cargo()
            .args(["build", "--release", "--manifest-path", "tests/bench/Cargo.toml", "--target-dir"])
            .arg(&folder))
    })?;
    Ok(folder.join("release").join(program))
}

fn write_page(name: &str, text: &str) -> Result<(), Problem> {
    let page = root().join("docs/benchmarks").join(name);
    let written =
        std::fs::create_dir_all(root().join("docs/benchmarks")).and_then(|()| std::fs::write(&page, text));
    written.map_err(|error| Problem::new(format!("cannot write {}: {error}", page.display())))?;
    println!("wrote {}", page.display());
    Ok(())
}

fn duration(us: f64) -> String {
    match us {
        us if us < 1000.0 => format!("{us:.1} µs"),
        us if us < 100_000.0 => format!("{:.2} ms", us / 1000.0),
        us => format!("{:.0} ms", us / 1000.0),
    }
}

/// The machine in general words: nobody else has this very one.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let virtual_machine =
        std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|cpu| cpu.contains("hypervisor"));
    let kind = if virtual_machine { "a shared virtual machine" } else { "a machine" };
    format!("{cores} cores of {kind}, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}
