//! What `files` of a configuration names.

use std::path::{Path, PathBuf};

use berth_shared::{
    api::code::{check_place, names_a_file},
    config::FileMapping,
};

use super::{
    files::{self, Found},
    local_path, too_much, words,
};
use crate::cli::failure::Failure;

/// One of them.
#[derive(Debug)]
pub(super) struct Mapping {
    /// As it is written.
    written: String,
    /// Where it is: a file, or a folder.
    from: PathBuf,
    is_folder: bool,
    /// Where it is put.
    to: String,
}

/// What is in one of them.
#[derive(Debug)]
pub(super) struct Placed {
    /// As it is written.
    pub(super) written: String,
    /// What its files are below: the folder itself, or the one that the file is in.
    pub(super) from: PathBuf,
    /// Its files: one, where it is one.
    pub(super) found: Found,
    pub(super) is_folder: bool,
    /// Where it is put.
    pub(super) to: String,
}

/// Looks whether all of them are there, beside the configuration or where else they say.
///
/// # Errors
/// Names the first that cannot be brought.
pub(super) fn find(mappings: &[FileMapping], beside: &Path) -> Result<Vec<Mapping>, Failure> {
    let find = |mapping: &FileMapping| {
        let written = &mapping.local_path;
        let wrong = |why: &str| Failure::Usage(format!("`{written}` of `files` cannot be brought: {why}"));
        check_place(&mapping.path).map_err(|why| wrong(&why))?;
        // What a link leads to is what is meant.
        let from = local_path(written, beside).canonicalize().map_err(|error| wrong(&words(&error)))?;
        let is_folder = from.is_dir();
        if is_folder && let Some(what) = too_much(&from, std::env::home_dir().as_deref()) {
            return Err(wrong(&format!("it is {what}; name a folder below it")));
        }
        if !is_folder && !from.is_file() {
            return Err(wrong("it is neither a file nor a folder"));
        }
        if !is_folder && !names_a_file(&mapping.path) {
            return Err(wrong("it is a file, and where it is put has to end in its name"));
        }
        Ok(Mapping { written: written.clone(), from, is_folder, to: mapping.path.clone() })
    };
    mappings.iter().map(find).collect()
}

/// Reads what is in them: of folders, what their `.gitignore` and `.dstackignore` leave.
///
/// # Errors
/// When something cannot be read, in words.
pub(super) fn read(mappings: Vec<Mapping>) -> Result<Vec<Placed>, String> {
    let read = |Mapping { written, mut from, is_folder, to }: Mapping| {
        let mut found = Found::default();
        if is_folder {
            found = files::below(&from)?;
        } else if let Some(name) = from.file_name().map(PathBuf::from) {
            from.pop();
            found.take(&from, name)?;
        }
        Ok(Placed { written, from, found, is_folder, to })
    };
    mappings.into_iter().map(read).collect()
}
