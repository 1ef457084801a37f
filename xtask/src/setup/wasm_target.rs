//! The standard library for wasm32.
//!
//! `rustup target add` is all it takes on an ordinary machine. Where rustup cannot download, the library is
//! built from the sources that Debian packages, and put where rustup would have put it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::shell::{Problem, Steps, command, output, run, succeeds_within, which};

const TARGET: &str = "wasm32-unknown-unknown";

/// Debian suites that may carry the sources of this compiler, the likeliest first.
const SUITES: [&str; 5] = ["trixie-backports", "trixie", "forky", "sid", "bookworm"];

/// Installs the target when it is missing.
pub(super) fn ensure(steps: &mut Steps) -> Result<(), Problem> {
    let sysroot = PathBuf::from(output(command("rustc").args(["--print", "sysroot"]))?);
    if is_installed(&sysroot) {
        return Ok(());
    }
    steps.step("standard library for wasm32 (once)", || {
        let by_rustup = which(&["rustup"]).is_some()
            && succeeds_within(command("rustup").args(["target", "add", TARGET]), Duration::from_secs(180))
            && is_installed(&sysroot);
        if by_rustup { Ok(()) } else { from_source(&sysroot) }
    })
}

fn library(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn is_installed(sysroot: &Path) -> bool {
    fs::read_dir(library(sysroot)).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

fn from_source(sysroot: &Path) -> Result<(), Problem> {
    println!("rustup cannot download it here; building it from source");
    let scratch = std::env::temp_dir().join(format!("berth-wasm-target-{}", std::process::id()));
    let result = build(sysroot, &scratch);
    let _ = fs::remove_dir_all(&scratch);
    result.map_err(|problem| {
        Problem::new(format!(
            "{problem}\nthe standard library for {TARGET} is missing and could not be built: \
             install it with `rustup target add {TARGET}`"
        ))
    })
}

fn build(sysroot: &Path, scratch: &Path) -> Result<(), Problem> {
    let io = |what: &str| {
        let what = what.to_string();
        move |error: std::io::Error| Problem::new(format!("cannot {what}: {error}"))
    };
    fs::create_dir_all(scratch.join("probe/src")).map_err(io("make a scratch folder"))?;
    let link = sysroot.join("lib/rustlib/src/rust");
    let linked = if link.join("library").is_dir() {
        false
    } else {
        let sources = debian_sources(scratch)?;
        fs::create_dir_all(sysroot.join("lib/rustlib/src")).map_err(io("write into the toolchain"))?;
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&sources, &link).map_err(io("link the sources into the toolchain"))?;
        true
    };
    let built = probe(scratch);
    if linked {
        let _ = fs::remove_file(&link);
    }
    built?;

    let to = library(sysroot);
    fs::create_dir_all(&to).map_err(io("write into the toolchain"))?;
    let deps = scratch.join("target").join(TARGET).join("release/deps");
    for entry in fs::read_dir(&deps).map_err(io("read what was built"))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libberth_probe") {
            fs::copy(entry.path(), to.join(name)).map_err(io("copy the library into the toolchain"))?;
        }
    }
    Ok(())
}

/// Builds an empty crate with a standard library of its own.
fn probe(scratch: &Path) -> Result<(), Problem> {
    let dir = scratch.join("probe");
    let manifest =
        "[package]\nname = \"berth_probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";
    for (file, text) in [("Cargo.toml", manifest), ("src/lib.rs", "")] {
        fs::write(dir.join(file), text).map_err(|error| Problem::new(format!("cannot write: {error}")))?;
    }
    run(command("cargo")
        .current_dir(&dir)
        .env("RUSTC_BOOTSTRAP", "1")
        // Bitcode for link-time optimisation later; `test` below for wasm-bindgen's test runner.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        // Two crate sets in one target folder would leave two `core`s.
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .args(["build", "--release", "--target", TARGET])
        .arg("-Zbuild-std=std,panic_abort,panic_unwind,test"))
}

/// Debian's `rust-src` of exactly this compiler's version, unpacked; the apt set-up of the machine is not touched.
fn debian_sources(scratch: &Path) -> Result<PathBuf, Problem> {
    if which(&["apt-get"]).is_none() {
        return Err(Problem::new("this is not Debian: there is no `apt-get` to get the sources with"));
    }
    let version = rustc_version()?;
    let mirror = mirror()?;
    let list = scratch.join("sources.list");
    let state = scratch.join("lists");
    fs::create_dir_all(state.join("partial"))
        .map_err(|error| Problem::new(format!("cannot make a scratch folder: {error}")))?;
    let apt = |program: &str| -> Command {
        let mut apt = command(program);
        apt.current_dir(scratch)
            .arg(format!("-oDir::Etc::sourcelist={}", list.display()))
            .arg("-oDir::Etc::sourceparts=/dev/null")
            .arg(format!("-oDir::State::Lists={}", state.display()))
            .arg("-oAPT::Sandbox::User=root")
            .arg("-qq");
        apt
    };
    for suite in SUITES {
        fs::write(&list, format!("deb {mirror} {suite} main\n"))
            .map_err(|error| Problem::new(format!("cannot write: {error}")))?;
        if !succeeds_within(apt("apt-get").arg("update"), Duration::from_secs(120)) {
            continue;
        }
        let offered = output(apt("apt-cache").args(["madison", "rust-src"]))?;
        let wanted = format!("{version}+");
        let Some(package) = offered
            .lines()
            .filter_map(|line| line.split('|').nth(1))
            .map(str::trim)
            .find(|v| v.starts_with(&wanted))
        else {
            continue;
        };
        run(apt("apt-get").args(["download", &format!("rust-src={package}")]))?;
        let file = fs::read_dir(scratch)
            .ok()
            .and_then(|dir| {
                dir.flatten().map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "deb"))
            })
            .ok_or_else(|| Problem::new("apt-get downloaded nothing"))?;
        run(command("dpkg").arg("-x").arg(file).arg(scratch.join("sources")))?;
        return Ok(scratch.join(format!("sources/usr/src/rustc-{version}")));
    }
    Err(Problem::new(format!("no Debian suite at hand carries the sources of rustc {version}")))
}

fn rustc_version() -> Result<String, Problem> {
    let words = output(command("rustc").arg("--version"))?;
    words
        .split_whitespace()
        .nth(1)
        .map(str::to_string)
        .ok_or_else(|| Problem::new("`rustc --version` makes no sense"))
}

/// The Debian mirror that this machine's apt uses.
fn mirror() -> Result<String, Problem> {
    let targets =
        output(command("apt-get").args(["indextargets", "--format", "$(REPO_URI) $(RELEASE) $(ORIGIN)"]))?;
    targets
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .find(|uri| uri.trim_end_matches('/').ends_with("/debian"))
        .map(str::to_string)
        .ok_or_else(|| Problem::new("apt's configuration names no Debian mirror"))
}
