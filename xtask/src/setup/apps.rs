//! What tests use of Python: for each use a virtual environment with the very versions that a file names.

use std::path::{Path, PathBuf};

use super::tools_dir;
use crate::shell::{Problem, Steps, command, output, root, run, which};

/// An environment of Python.
pub(crate) struct Apps {
    /// What it is for, in words.
    what: &'static str,
    /// Which versions it has, below the root.
    list: &'static str,
    /// What its folder is named after.
    named: &'static [&'static str],
    /// By what the tests know it.
    pub(crate) variable: &'static str,
}

/// All there are.
pub(crate) const ALL: [Apps; 2] = [
    Apps {
        what: "Jupyter and TensorBoard",
        list: "tests/previews/requirements.txt",
        named: &["jupyter_server", "tensorboard"],
        variable: "BERTH_APPS",
    },
    Apps {
        what: "schemathesis",
        list: "tests/api/requirements.txt",
        named: &["schemathesis"],
        variable: "BERTH_SCHEMATHESIS",
    },
];

/// Makes an environment when it is missing or of other versions; gives its folder. `None` with a line where it cannot be had, which
/// is for the tests to judge.
pub(crate) fn ensure(steps: &mut Steps, apps: &Apps) -> Result<Option<PathBuf>, Problem> {
    let Apps { what, named, .. } = apps;
    // The machine's own before one of a person: sandboxes, in which it runs, do not see people's home directories.
    let own = Some(PathBuf::from("/usr/bin/python3")).filter(|python| python.exists());
    let Some(python) = own.or_else(|| which(&["python3"])) else {
        println!("{what}: not used, there is no `python3`");
        return Ok(None);
    };
    let list = root().join(apps.list);
    let locked = std::fs::read_to_string(&list)
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", list.display())))?;
    // An environment belongs to the Python that made it.
    let wanted = format!("# {}\n{locked}", output(command(&python).arg("--version"))?);
    let place = tools_dir()?.join(name(&locked, named)?);
    // Written last: an interrupted installation has none.
    let stamp = place.join(".berth-installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Some(place));
    }
    let installed = steps.step(&format!("{what} (once)"), || {
        install(&python, &place, &list)?;
        std::fs::write(&stamp, &wanted)
            .map_err(|error| Problem::new(format!("cannot write {}: {error}", stamp.display())))
    });
    Ok(match installed {
        Ok(()) => Some(place),
        Err(problem) => {
            println!("{what}: not used, cannot be installed: {problem}");
            None
        }
    })
}

fn install(python: &Path, place: &Path, list: &Path) -> Result<(), Problem> {
    let parent = place.parent().unwrap_or(place);
    std::fs::create_dir_all(parent)
        .map_err(|error| Problem::new(format!("cannot make {}: {error}", parent.display())))?;
    // In Debian, `venv` is a package of its own: `python3-venv`.
    run(command(python).args(["-m", "venv", "--clear"]).arg(place))?;
    // What has to be compiled first is not worth it here, and would want a compiler for who knows what.
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"];
    run(command(place.join("bin/python")).args(quiet).arg("--requirement").arg(list))
}

/// `jupyter_server-2.21.1-tensorboard-2.21.0`
fn name(locked: &str, named: &[&str]) -> Result<String, Problem> {
    let part = |package: &str| {
        let version = locked.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
        let version = version.map(|version| format!("{package}-{}", version.trim()));
        version.ok_or_else(|| Problem::new(format!("requirements.txt names no version of `{package}`")))
    };
    let parts: Vec<String> = named.iter().map(|package| part(package)).collect::<Result<_, _>>()?;
    Ok(parts.join("-"))
}
