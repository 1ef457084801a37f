//! npm packages, as locked.

use crate::shell::{Problem, Steps, command, root, run};

/// Installs the packages of `folder` when its lock file says other than what is there.
pub(super) fn ensure(steps: &mut Steps, folder: &str) -> Result<(), Problem> {
    let dir = root().join(folder);
    let locked = read(&dir.join("package-lock.json"))?;
    // A copy of the lock file that was installed, written last: an interrupted installation has none.
    let stamp = dir.join("node_modules/.berth-installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == locked) {
        return Ok(());
    }
    steps.step(&format!("npm packages of {folder}"), || {
        run(command("npm").current_dir(&dir).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
        std::fs::write(&stamp, &locked)
            .map_err(|error| Problem::new(format!("cannot write {}: {error}", stamp.display())))
    })
}

fn read(path: &std::path::Path) -> Result<String, Problem> {
    std::fs::read_to_string(path)
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))
}
