//! Which files a folder has that are to be brought.

use std::{
    fs, io,
    os::unix::{ffi::OsStrExt as _, fs::FileTypeExt as _},
    path::{Component, Path, PathBuf},
};

use ignore::WalkBuilder;

use super::words;

/// The most files: far above what anybody has in a project, far below what would be felt.
const MOST: usize = 500_000;

/// The longest text that a Git LFS pointer is, bytes (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
const POINTER: u64 = 1024;

/// How a Git LFS pointer begins.
const POINTER_BEGINS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A file of so many bytes.
    File(u64),
    /// A link to this.
    Link(PathBuf),
    /// A folder, for its own sake: it may be empty.
    Folder,
}

/// Files that are to be brought, and what is said of those that are not.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Paths below the folder, in the order of their bytes.
    pub(super) files: Vec<(PathBuf, What)>,
    /// How many files differ from the commit.
    pub(super) changes: u64,
    pub(super) odd: Odd,
}

/// What is left out, and what may not be as it seems, by path.
#[derive(Debug, Default)]
pub(super) struct Odd {
    pub(super) submodules: Vec<PathBuf>,
    pub(super) repositories: Vec<PathBuf>,
    pub(super) neither: Vec<PathBuf>,
    pub(super) outward: Vec<PathBuf>,
    pub(super) pointers: Vec<PathBuf>,
}

impl Found {
    /// Looks at a path, and takes it when it can be brought. One that is not there is none.
    ///
    /// # Errors
    /// When it cannot be looked at, or there are too many, in words.
    pub(super) fn take(&mut self, root: &Path, path: PathBuf) -> Result<(), String> {
        let there = root.join(&path);
        let told = |error: &io::Error| format!("`{}` cannot be read: {}", path.display(), words(error));
        let about = match fs::symlink_metadata(&there) {
            Ok(about) => about,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(error) => return Err(told(&error)),
        };
        let kind = about.file_type();
        let what = if kind.is_symlink() {
            let target = fs::read_link(&there).map_err(|error| told(&error))?;
            if leads_out(&path, &target) {
                self.odd.outward.push(path.clone());
            }
            What::Link(target)
        } else if kind.is_file() {
            if about.len() <= POINTER && fs::read(&there).is_ok_and(|bytes| bytes.starts_with(POINTER_BEGINS))
            {
                self.odd.pointers.push(path.clone());
            }
            What::File(about.len())
        } else if kind.is_dir() {
            What::Folder
        } else {
            debug_assert!(
                kind.is_socket() || kind.is_fifo() || kind.is_block_device() || kind.is_char_device()
            );
            self.odd.neither.push(path);
            return Ok(());
        };
        if self.files.len() >= MOST {
            return Err(format!("there are more than {MOST} files in `{}`; {LESS}", root.display()));
        }
        self.files.push((path, what));
        Ok(())
    }

    /// Puts everything in order, so that the same files make the same archive.
    pub(super) fn sort(&mut self) {
        self.files.sort_by(|(a, _), (b, _)| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
        self.files.dedup_by(|(a, _), (b, _)| a == b);
    }

    /// Whether there is nothing but configurations, which are sent anyway.
    pub(super) fn are_only(&self, root: &Path, configuration: Option<&Path>) -> bool {
        self.files.iter().all(|(path, what)| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let named = name.ends_with(".dstack.yml") || name.ends_with(".dstack.yaml");
            *what == What::Folder
                || named
                || path.starts_with(".dstack")
                || Some(root.join(path).as_path()) == configuration
        })
    }

    /// What is left out and what may not be as it seems, a sentence each.
    pub(super) fn notes(&self) -> Vec<String> {
        let odd = &self.odd;
        let sentences = [
            (
                &odd.submodules,
                "a submodule",
                "submodules",
                "not brought; `git submodule update --init` in `setup` fetches them",
            ),
            (&odd.repositories, "a repository of its own", "repositories of their own", "not brought"),
            (
                &odd.neither,
                "neither a file, a folder nor a link",
                "neither files, folders nor links",
                "not brought",
            ),
            (
                &odd.outward,
                "a link that leads out of the folder",
                "links that lead out of the folder",
                "brought as it stands: what it leads to is not",
            ),
            (
                &odd.pointers,
                "a Git LFS pointer",
                "Git LFS pointers",
                "brought as it stands; `git lfs pull` here gets the content",
            ),
        ];
        let told = sentences.into_iter().filter(|(paths, ..)| !paths.is_empty());
        told.map(|(paths, one, many, so)| match paths.as_slice() {
            [path] => format!("`{}` is {one}: {so}", path.display()),
            paths => format!("{} are {many}: {so}", some(paths)),
        })
        .collect()
    }
}

/// What to do about a folder that is too large.
pub(super) const LESS: &str = "leave out what is not needed by `.gitignore`, name a smaller folder with `--code PATH`, or bring none with `--no-code`";

/// The first of some paths, and how many more.
fn some(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().take(3).map(|path| format!("`{}`", path.display())).collect();
    match paths.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Whether a link at `path` leads out of the folder that `path` is below, by its words alone.
fn leads_out(path: &Path, target: &Path) -> bool {
    if target.is_absolute() {
        return true;
    }
    let mut depth = path.components().count().saturating_sub(1);
    for part in target.components() {
        match part {
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
    }
    false
}

/// The files of a folder that is no Git checkout, without those that its `.gitignore` and `.dstackignore` leave out.
///
/// # Errors
/// When something cannot be read, in words.
pub(super) fn below(root: &Path) -> Result<Found, String> {
    let mut found = Found::default();
    let walk = WalkBuilder::new(root)
        .standard_filters(false)
        .hidden(false)
        .git_ignore(true)
        .require_git(false)
        .add_custom_ignore_filename(".dstackignore")
        .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git")
        .build();
    for entry in walk {
        let entry = entry.map_err(|error| format!("the folder cannot be read: {error}"))?;
        if let Some(path) = entry.path().strip_prefix(root).ok().filter(|path| !path.as_os_str().is_empty()) {
            found.take(root, path.to_owned())?;
        }
    }
    found.sort();
    Ok(found)
}
