//! Programs that people really look at: Jupyter and TensorBoard, of the versions in `requirements.txt`.

mod jupyter;
mod kernel;
mod tab;
mod tensorboard;

use std::{path::PathBuf, process::Command};

use tempfile::TempDir;

/// A Python that has both, where a sandbox sees it: home directory and `/tmp` are its own.
struct Python(TempDir);

impl Python {
    /// Of what `cargo xtask test` installs. `None`, with a line, where it is not there; `BERTH_REQUIRE_APPS=1` makes that a failure.
    fn with_both() -> Option<Self> {
        let installed = std::env::var_os("BERTH_APPS").map(PathBuf::from);
        let Some(installed) = installed.filter(|folder| folder.join("bin/python").exists()) else {
            let why = "`BERTH_APPS` names no environment of Python with them; `cargo xtask test` installs one where it can";
            let required = std::env::var_os("BERTH_REQUIRE_APPS").is_some();
            assert!(!required, "Jupyter and TensorBoard are required: {why}");
            eprintln!("skipped: Jupyter and TensorBoard: {why}");
            return None;
        };
        let seen = tempfile::Builder::new().prefix("berth-apps-").tempdir_in("/var/tmp").expect("a folder");
        let copied = |how: &str| {
            let mut copy = Command::new("cp");
            copy.arg(how).arg(installed.join(".")).arg(seen.path());
            copy.output().expect("`cp` runs").status.success()
        };
        // Links, which take neither room nor time, where both are on one file system.
        assert!(copied("-al") || copied("-a"), "{} is copied", installed.display());
        Some(Self(seen))
    }

    fn command(&self) -> String {
        self.0.path().join("bin/python").display().to_string()
    }
}

/// The version of a package that is installed.
fn version(package: &str) -> &'static str {
    let lines = &mut include_str!("../requirements.txt").lines();
    lines.find_map(|line| line.strip_prefix(package)?.strip_prefix("==")).expect("it is in the list")
}
