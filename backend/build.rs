//! Builds anew when a migration has changed, or the dashboard that goes into the program. Puts the program that goes into
//! containers where the code finds it.

use std::{env, fs, path::PathBuf};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    // `cargo xtask build` leaves it in the target folder, which is above wherever this package is built.
    let target = out.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file()).unwrap_or(&out);
    let agent = target.join("embed/berth-agent");
    // An empty one stands for none: the server says so when a container is asked for. It has to be there to be watched.
    let placed = match agent.is_file() {
        true => Ok(()),
        false => fs::create_dir_all(target.join("embed")).and_then(|()| fs::write(&agent, "")),
    };
    let copied = placed.and_then(|()| fs::copy(&agent, out.join("agent")));
    assert!(copied.is_ok(), "the program for containers cannot be copied: {copied:?}");
    println!("cargo::rerun-if-changed={}", agent.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
    // Where it is missing, the path that is compiled in is none that a dashboard built later is found under.
    let dashboard =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../frontend/dist");
    let made = fs::create_dir_all(dashboard);
    assert!(made.is_ok(), "the folder of the dashboard cannot be made: {made:?}");
    // Builds with debug assertions read the dashboard from disk at run time instead.
    if std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_none() {
        println!("cargo::rerun-if-changed=../frontend/dist");
    }
}
