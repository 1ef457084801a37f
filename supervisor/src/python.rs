//! The machine's Pythons, and an environment of one's own on top of one.

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

/// A Python of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// `3.12`
    pub version: String,
    /// The program itself, links resolved.
    pub program: PathBuf,
}

impl Python {
    /// The folder that it is installed in: what lies beside its `bin`.
    #[must_use]
    pub fn prefix(&self) -> &Path {
        self.program.parent().and_then(Path::parent).unwrap_or(&self.program)
    }
}

/// Looks for `python3.X` in the folders of `path` (as in `PATH`) and in pyenv's versions below `home`. pyenv's own
/// shims are passed over: they depend on a home directory that an environment does not have.
#[must_use]
pub fn find(version: &str, path: &str, home: Option<&Path>) -> Option<Python> {
    let plain = version.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !plain {
        return None;
    }
    let name = format!("python{version}");
    let mut folders: Vec<PathBuf> = path
        .split(':')
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute() && !folder.ends_with("shims"))
        .collect();
    if let Some(home) = home {
        let mut versions: Vec<PathBuf> = fs::read_dir(home.join(".pyenv/versions"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .collect();
        // The newest patch release of several.
        versions.sort_by_key(|folder| {
            let name = folder.parent().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
            let parts: Vec<u32> =
                name.unwrap_or_default().split('.').map_while(|part| part.parse().ok()).collect();
            std::cmp::Reverse(parts)
        });
        folders.append(&mut versions);
    }
    folders.into_iter().map(|folder| folder.join(&name)).find_map(|program| {
        let program = fs::canonicalize(program).ok()?;
        let metadata = fs::metadata(&program).ok()?;
        let runs = metadata.is_file() && metadata.permissions().mode() & 0o111 != 0;
        runs.then(|| Python { version: version.to_owned(), program })
    })
}

/// Makes a Python environment in the folder `dir`, which will be seen at `seen_at`: `python` and `pip` in its `bin`,
/// what is installed goes into it, and what the machine has is there too. (What makes a folder such an environment is
/// the file `pyvenv.cfg`: PEP 405.)
///
/// # Errors
/// When it cannot be written.
pub fn make_environment(python: &Python, dir: &Path, seen_at: &Path) -> io::Result<()> {
    let bin = dir.join("bin");
    fs::create_dir_all(&bin)?;
    fs::create_dir_all(dir.join(format!("lib/python{}/site-packages", python.version)))?;
    let home = python.program.parent().unwrap_or(Path::new("/usr/bin"));
    fs::write(
        dir.join("pyvenv.cfg"),
        format!(
            "home = {}\ninclude-system-site-packages = true\nversion = {}\n",
            home.display(),
            python.version
        ),
    )?;
    for name in ["python", "python3", &format!("python{}", python.version)] {
        replace(&bin.join(name), |path| symlink(&python.program, path))?;
    }
    for name in ["pip", "pip3"] {
        replace(&bin.join(name), |path| {
            fs::write(
                path,
                format!("#!/bin/sh\nexec '{}' -m pip \"$@\"\n", seen_at.join("bin/python").display()),
            )?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        })?;
    }
    Ok(())
}

fn replace(path: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    make(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_is_a_path_is_not_looked_for() {
        assert_eq!(find("3/../../bin/sh", "/usr/bin:/bin", None), None);
        assert_eq!(find("", "/usr/bin:/bin", None), None);
        assert_eq!(find("3.999", "/usr/bin:/bin", Some(Path::new("/nonexistent"))), None);
    }
}
