//! Builds anew when a migration has changed, or the dashboard that goes into the program.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
    // Builds with debug assertions read the dashboard from disk at run time instead.
    if std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_none() {
        println!("cargo::rerun-if-changed=../frontend/dist");
    }
}
