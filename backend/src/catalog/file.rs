//! The catalogue in the data directory.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use berth_shared::{api::CatalogOrigin, catalog::CatalogError};

use super::Published;

/// The largest packed catalogue that is read, bytes.
const MAX_BYTES: u64 = 64 << 20;

/// Why the data directory's catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("the catalogue `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no catalogue, or only a part of one.
    #[error("the catalogue `{}` cannot be used; import it again, or go back to the built-in one with `berth catalog reset`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: CatalogError,
    },
    /// It cannot be written.
    #[error("the catalogue `{}` cannot be written; what was there stays", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else makes one.
    #[error("another `berth catalog` is at work in `{}`; wait for it", .0.display())]
    Locked(PathBuf),
}

/// Where the catalogue is in a data directory.
#[must_use]
pub fn path(directory: &Path) -> PathBuf {
    directory.join("catalog.bin")
}

/// Tells one state of the file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: (i64, i64),
    length: u64,
    inode: u64,
}

/// The state of the file; `None` while there is none.
#[must_use]
pub fn stamp(directory: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path(directory)).ok()?;
    Some(Stamp {
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        length: metadata.len(),
        inode: metadata.ino(),
    })
}

/// The catalogue of a data directory; `None` when it has none.
///
/// # Errors
/// When it is there and cannot be used.
pub fn read(directory: &Path) -> Result<Option<Published>, FileError> {
    let path = path(directory);
    let bytes = match File::open(&path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(io::Error::other("it is larger than 64 MiB, so it is no catalogue"));
        }
        Ok(bytes)
    }) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(FileError::Read { path, source }),
    };
    match Published::new(bytes, CatalogOrigin::Imported) {
        Ok(published) => Ok(Some(published)),
        Err(source) => Err(FileError::Damaged { path, source }),
    }
}

/// The catalogue to use: the data directory's, else the one inside the program; and what was wrong with the first.
///
/// # Errors
/// When the one inside the program is damaged.
pub fn choose(directory: &Path) -> Result<(Published, Option<FileError>), CatalogError> {
    let complaint = match read(directory) {
        Ok(Some(published)) => return Ok((published, None)),
        Ok(None) => None,
        Err(error) => Some(error),
    };
    Ok((Published::built_in()?, complaint))
}

/// Keeps others from making a catalogue in the same directory at the same time. Ends with the value.
#[derive(Debug)]
pub struct Turn {
    directory: PathBuf,
    _lock: File,
}

impl Turn {
    /// Takes the turn; makes the directory when there is none.
    ///
    /// # Errors
    /// When somebody else has it, or the directory cannot be written.
    pub fn take(directory: &Path) -> Result<Self, FileError> {
        let path = directory.join("catalog.lock");
        let failed = |source| FileError::Write { path: self::path(directory), source };
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
        let mut options = OpenOptions::new();
        let lock = options.write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory: directory.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FileError::Locked(directory.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Puts a catalogue in the place of the one that is there: whole or not at all, whatever happens meanwhile.
    ///
    /// # Errors
    /// When it cannot be written; the old one is there then.
    pub fn write(&self, packed: &[u8]) -> Result<(), FileError> {
        let path = path(&self.directory);
        let new = self.directory.join("catalog.bin.new");
        let replace = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(packed)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            // The name is on the disk as well once its directory is.
            File::open(&self.directory)?.sync_all()
        };
        replace().map_err(|source| {
            let _ = fs::remove_file(&new);
            FileError::Write { path, source }
        })
    }

    /// Removes the catalogue; whether there was one.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self) -> Result<bool, FileError> {
        let path = path(&self.directory);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(FileError::Write { path, source }),
        }
    }
}
