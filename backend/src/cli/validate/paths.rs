//! From paths to what is checked.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use berth_shared::config::{Reading, TEXT_LIMIT};

use super::report::{Kind, Report};

/// Why there is nothing to say about a path.
#[derive(Debug, thiserror::Error)]
pub(super) enum PathError {
    #[error("cannot read `{path}`")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("no `*.dstack.yml` in `{path}`")]
    Nothing { path: String },
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads and checks what a path stands for.
pub(super) fn reports(
    path: &Path,
    reading: Reading,
    stdin: &mut dyn Read,
    reports: &mut Vec<Report>,
) -> Result<(), PathError> {
    let failed = |source| PathError::Read { path: show(path), source };
    if is_stdin(path) {
        let bytes = read_to_limit(stdin).map_err(failed)?;
        reports.push(Report::new("-".to_owned(), Kind::Configuration, reading, bytes));
    } else if path.is_dir() {
        let mut files = Vec::new();
        search(path, &mut files).map_err(failed)?;
        if files.is_empty() {
            return Err(PathError::Nothing { path: show(path) });
        }
        files.sort();
        for file in files {
            self::reports(&file, reading, stdin, reports)?;
        }
    } else {
        let bytes = File::open(path).and_then(|mut file| read_to_limit(&mut file)).map_err(failed)?;
        let kind = if is_profiles(path) { Kind::Profiles } else { Kind::Configuration };
        reports.push(Report::new(show(path), kind, reading, bytes));
    }
    Ok(())
}

/// A path as people see it.
pub(crate) fn show(path: &Path) -> String {
    path.display().to_string()
}

/// All bytes of a text, or one more than is checked, to see that there is more.
pub(crate) fn read_to_limit(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(TEXT_LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether it is `profiles.yml` in a folder `.dstack`.
fn is_profiles(path: &Path) -> bool {
    // The folder may be the one we are in.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let named = |path: &Path, names: &[&str]| {
        path.file_name().is_some_and(|name| names.iter().any(|wanted| name == *wanted))
    };
    named(&path, &["profiles.yml", "profiles.yaml"])
        && path.parent().is_some_and(|folder| named(folder, &[".dstack"]))
}

/// The configurations and profiles below a folder. Links to folders are not followed, so there is no
/// going round in circles.
fn search(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    // Other people's files, and many of them.
    const SKIPPED: &[&str] = &[".git", ".venv", "node_modules", "target", "venv"];
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if !SKIPPED.contains(&&*name) {
                search(&entry.path(), found)?;
            }
        } else if name.ends_with(".dstack.yml")
            || name.ends_with(".dstack.yaml")
            || is_profiles(&entry.path())
        {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// `.dstack.yml` of a folder, or where there is none, `.dstack.yaml` (dstack 0.18, `spec` §1).
pub(crate) fn default_file(folder: &Path) -> Option<PathBuf> {
    [".dstack.yml", ".dstack.yaml"].map(|name| folder.join(name)).into_iter().find(|path| path.exists())
}
