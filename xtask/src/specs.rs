//! Tests that Node runs: a process for each file, one after the other.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{Problem, run};

/// Runs each `….test.mjs` in `folder` by the command that `node` gives, without its last argument.
///
/// A browser, a server and what it starts wait for each other by the clock; on a machine that does much besides one of them may come too
/// late. So what fails is run once more when all have been run. If it passes then, it is said to be unsteady, and is no failure.
///
/// # Errors
/// The files that failed twice, and a folder that cannot be read.
pub(crate) fn run_all(folder: &Path, node: impl Fn() -> Command) -> Result<(), Problem> {
    let files = files(folder)?;
    let fails = |file: &PathBuf| {
        println!("--> {}", name(file));
        run(node().arg(file)).is_err()
    };
    let again: Vec<PathBuf> = files.into_iter().filter(&fails).collect();
    if again.is_empty() {
        return Ok(());
    }
    println!("==> once more: {}", names(&again));
    let (failed, unsteady): (Vec<PathBuf>, Vec<PathBuf>) = again.into_iter().partition(&fails);
    if !unsteady.is_empty() {
        println!("==> unsteady, to be mended: passed only when run again: {}", names(&unsteady));
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Problem::new(format!(
        "failed twice: {}; their own words are above, after “--> FILE”",
        names(&failed)
    )))
}

/// The files with tests, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let failed = |error: std::io::Error| Problem::new(format!("cannot read {}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if name(&path).ends_with(".test.mjs") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Problem::new(format!("there is no test in {}", folder.display())));
    }
    files.sort();
    Ok(files)
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn names(files: &[PathBuf]) -> String {
    files.iter().map(|file| name(file)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::atomic::AtomicUsize, sync::atomic::Ordering};

    use super::*;
    use crate::shell::{command, target_dir};

    /// A folder with these files, and a shell that runs them.
    fn folder(test: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = target_dir().join("tmp/specs").join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn what_fails_twice_is_named_and_what_fails_once_is_no_failure() {
        let once = "[ -e \"$0.ran\" ] || { touch \"$0.ran\"; exit 1; }";
        let files = [("a.test.mjs", once), ("b.test.mjs", "exit 3"), ("c.test.mjs", ""), ("d.mjs", "exit 1")];
        let ran = AtomicUsize::new(0);
        let shell = || {
            ran.fetch_add(1, Ordering::Relaxed);
            command("sh")
        };
        let error = run_all(&folder("twice", &files), shell).unwrap_err().to_string();
        assert!(error.starts_with("failed twice: b.test.mjs;"), "{error}");
        assert_eq!(ran.into_inner(), 5);
        run_all(&folder("once", &files[..1]), || command("sh")).unwrap();
    }

    #[test]
    fn a_folder_without_tests_is_a_mistake() {
        let error = run_all(&folder("none", &[("d.mjs", "")]), || command("sh")).unwrap_err().to_string();
        assert!(error.starts_with("there is no test in "), "{error}");
    }
}
