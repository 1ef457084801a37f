//! Looks at a folder of the environment as the job's user, before and after a repository is cloned there. A program of its own: where
//! the environment has mounts, the supervisor sees other folders by the same names.

use std::{ffi::OsStr, fs, io, path::Path, process::ExitCode};

/// The first argument of the program.
pub(super) const NAME: &str = "folder";

/// The second one, to find out whether there is room for a clone.
pub(super) const ROOM: &str = "room";

/// The second one, to have a folder made.
pub(super) const MAKE: &str = "make";

/// Exit status when there is something in the folder.
pub(super) const OCCUPIED: i32 = 3;

pub(super) fn main(what: &OsStr, folder: Option<&OsStr>) -> ExitCode {
    let Some(folder) = folder.map(Path::new) else {
        eprintln!("error: `{NAME}` takes what to do and a folder");
        return ExitCode::from(2);
    };
    let done = match what.to_str() {
        Some(ROOM) => has_room(folder),
        Some(MAKE) => fs::create_dir_all(folder).map(|()| true),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(OCCUPIED as u8),
        Err(error) => {
            eprintln!("`{}`: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

/// Whether something can be cloned there. Empty folders are in nobody's way, and are removed: where commands begin was made beforehand.
fn has_room(folder: &Path) -> io::Result<bool> {
    match fs::metadata(folder) {
        Ok(about) if !about.is_dir() => Ok(false),
        Ok(_) if !has_only_folders(folder)? => Ok(false),
        Ok(_) => remove_below(folder).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn has_only_folders(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A link to a folder is no folder.
        if !entry.file_type()?.is_dir() || !has_only_folders(&entry.path())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes folders that are empty, or have such alone; anything else is an error.
fn remove_below(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        remove_below(&path)?;
        fs::remove_dir(&path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_where_nothing_is_and_empty_folders_are_nothing() {
        let folder = std::env::temp_dir().join(format!("berth-room-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        assert!(has_room(&folder).unwrap(), "it is not there");
        fs::create_dir_all(folder.join("a/b")).unwrap();
        fs::create_dir_all(folder.join("c")).unwrap();
        assert!(has_room(&folder).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "`git` wants it empty");
        fs::create_dir_all(folder.join("a/b")).unwrap();
        std::os::unix::fs::symlink("/nonexistent", folder.join("a/link")).unwrap();
        assert!(!has_room(&folder).unwrap());
        assert!(folder.join("a/b").is_dir(), "what is there stays");
        assert!(!has_room(Path::new("/proc/self/exe")).unwrap());
        fs::remove_dir_all(&folder).unwrap();
    }
}
