//! Makes one archive of files: a tar, compressed with gzip. The same files make the same bytes.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use berth_shared::api::{
    CodeArchive,
    code::{PLACED, size},
};
use flate2::{Compression, GzBuilder, write::GzEncoder};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use super::{
    files::{Found, LESS, What},
    git::Checkout,
    placed::Placed,
    words,
};

/// How many times the limit of the archive its content may be: what is refused beyond would take long to find out otherwise.
const UNPACKED: u64 = 64;

/// How many of the largest files are named.
const NAMED: usize = 5;

/// An archive, and what is said of it.
#[derive(Debug)]
pub(in crate::cli::run) struct Packed {
    pub(super) bytes: Vec<u8>,
    pub(super) archive: CodeArchive,
    pub(super) notes: Vec<String>,
}

/// A folder that is brought.
#[derive(Debug)]
pub(super) struct Folder<'a> {
    pub(super) root: &'a Path,
    /// The checkout that it is the root of.
    pub(super) checkout: Option<&'a Checkout>,
    pub(super) found: Found,
    /// Where it is put; the working directory when `None`.
    pub(super) path: Option<String>,
}

/// Makes an archive of at most `limit` bytes, of a folder and of what has places of its own.
///
/// # Errors
/// When it would be larger, or something cannot be read, in words.
pub(super) fn pack(folder: Option<Folder<'_>>, placed: Vec<Placed>, limit: u64) -> Result<Packed, String> {
    let mut notes = Vec::new();
    let mut all: Vec<(PathBuf, u64)> = Vec::new();
    if let Some(Folder { root, found, .. }) = &folder {
        notes.extend(found.notes());
        all.extend(found.files.iter().map(|(path, what)| (path.clone(), length(what))));
        if !placed.is_empty() && found.files.iter().any(|(path, _)| path.starts_with(PLACED)) {
            return Err(format!(
                "`{}` has a `{PLACED}`, which is how `files` travel: rename it, or leave it out by `.gitignore`",
                root.display()
            ));
        }
    }
    for Placed { written, found, is_folder, .. } in &placed {
        notes.extend(found.notes().into_iter().map(|note| format!("in `{written}`: {note}")));
        let named = |path: &PathBuf| match is_folder {
            true => Path::new(written).join(path),
            false => PathBuf::from(written),
        };
        all.extend(found.files.iter().map(|(path, what)| (named(path), length(what))));
    }
    let total: u64 = all.iter().map(|(_, length)| length).sum();
    let full = || too_large(folder.as_ref().map(|folder| folder.root), &all, total, limit);
    let words = |error: Error| match error {
        Error::Full => full(),
        Error::Words(words) => words,
    };
    if total > limit.saturating_mul(UNPACKED) {
        return Err(full());
    }
    let mut out = Out::new(limit);
    let checkout = folder.as_ref().and_then(|folder| folder.checkout);
    if let Some(Folder { root, found, .. }) = &folder {
        out.files(root, found).map_err(words)?;
    }
    if let Some(checkout) = checkout.filter(|checkout| checkout.commit.is_some()) {
        let folder =
            tempfile::tempdir().map_err(|error| format!("no temporary folder can be made: {error}"))?;
        match checkout.shallow(folder.path()) {
            Ok(()) => out.git(folder.path()).map_err(words)?,
            Err(why) => notes.push(format!("the files are brought without their commit: {why}")),
        }
    }
    // After the code, over which they are put.
    for (number, placed) in placed.iter().enumerate() {
        out.placed(number, placed).map_err(words)?;
    }
    let (entries, unpacked) = (out.entries, out.unpacked);
    let bytes = out.finish().map_err(words)?;
    let found = folder.iter().map(|folder| &folder.found).chain(placed.iter().map(|placed| &placed.found));
    let files = found.flat_map(|found| &found.files).filter(|(_, what)| *what != What::Folder).count();
    let archive = CodeArchive {
        sha256: Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        size: bytes.len() as u64,
        files: files as u64,
        entries,
        bytes: unpacked,
        commit: checkout.and_then(|checkout| checkout.commit.clone()),
        branch: checkout.and_then(|checkout| checkout.branch.clone()),
        changes: folder.as_ref().map_or(0, |folder| folder.found.changes),
        path: folder.and_then(|folder| folder.path),
        placed: placed.into_iter().map(|placed| placed.to).collect(),
    };
    Ok(Packed { bytes, archive, notes })
}

fn length(what: &What) -> u64 {
    match what {
        What::File(length) => *length,
        What::Link(_) | What::Folder => 0,
    }
}

/// What is too large, with what makes it so.
fn too_large(root: Option<&Path>, all: &[(PathBuf, u64)], total: u64, limit: u64) -> String {
    let mut largest: Vec<&(PathBuf, u64)> = all.iter().filter(|(_, length)| *length > 0).collect();
    largest.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    let lines: String = largest
        .iter()
        .take(NAMED)
        .map(|(path, length)| format!("\n  {:>10}  {}", size(*length), path.display()))
        .collect();
    let whole = root.map_or_else(|| "what `files` names".to_owned(), |root| format!("`{}`", root.display()));
    format!(
        "{whole} has {} of files, and the server takes at most {}, compressed; {LESS}. The largest files:{lines}",
        size(total),
        size(limit)
    )
}

enum Error {
    /// The archive is larger than it may be.
    Full,
    Words(String),
}

/// What is kept of a file besides what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Its time, and whether it is a program, as Git has it.
    Plainly,
    /// Its time and its mode: a private key that others may read is none.
    Closely,
    /// Whether it is a program.
    Undated,
}

/// An archive that is being made.
struct Out {
    tar: Builder<GzEncoder<Bounded>>,
    entries: u64,
    unpacked: u64,
}

impl Out {
    fn new(limit: u64) -> Self {
        let to = Bounded { bytes: Vec::new(), limit };
        let gzip = GzBuilder::new().write(to, Compression::default());
        Self { tar: Builder::new(gzip), entries: 0, unpacked: 0 }
    }

    fn files(&mut self, root: &Path, found: &Found) -> Result<(), Error> {
        for (path, what) in &found.files {
            let from = root.join(path);
            self.add(&from, path, what, Kept::Plainly)?;
        }
        Ok(())
    }

    /// What has a place of its own.
    fn placed(&mut self, number: usize, placed: &Placed) -> Result<(), Error> {
        let top = Path::new(PLACED).join(number.to_string());
        if placed.is_folder {
            // It is there even when nothing is in it.
            self.add(&placed.from, &top, &What::Folder, Kept::Closely)?;
        }
        for (path, what) in &placed.found.files {
            let to = if placed.is_folder { top.join(path) } else { top.clone() };
            self.add(&placed.from.join(path), &to, what, Kept::Closely)?;
        }
        Ok(())
    }

    /// The `.git` below a folder of ours.
    fn git(&mut self, folder: &Path) -> Result<(), Error> {
        let told = |error: io::Error| {
            Error::Words(format!("the temporary folder cannot be read: {}", words(&error)))
        };
        let mut next = vec![PathBuf::from(".git")];
        let mut all = Vec::new();
        while let Some(path) = next.pop() {
            for entry in fs::read_dir(folder.join(&path)).map_err(told)? {
                let entry = entry.map_err(told)?;
                let (path, about) = (path.join(entry.file_name()), entry.metadata().map_err(told)?);
                if about.is_dir() {
                    next.push(path.clone());
                    all.push((path, What::Folder));
                } else {
                    all.push((path, What::File(about.len())));
                }
            }
        }
        all.sort_by(|(a, _), (b, _)| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
        for (path, what) in &all {
            self.add(&folder.join(path), path, what, Kept::Undated)?;
        }
        Ok(())
    }

    /// Adds one entry.
    fn add(&mut self, from: &Path, path: &Path, what: &What, kept: Kept) -> Result<(), Error> {
        let told = |error: &io::Error| {
            let named = if kept == Kept::Closely { from } else { path };
            Error::Words(format!("`{}` cannot be read: {}", named.display(), words(error)))
        };
        let mut header = Header::new_gnu();
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        self.entries += 1;
        let added = match what {
            What::Folder => {
                header.set_entry_type(EntryType::Directory);
                header.set_mode(0o755);
                self.tar.append_data(&mut header, path, io::empty())
            }
            What::Link(target) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_mode(0o777);
                self.tar.append_link(&mut header, path, target)
            }
            What::File(_) => {
                let file = File::open(from).map_err(|error| told(&error))?;
                let about = file.metadata().map_err(|error| told(&error))?;
                header.set_entry_type(EntryType::Regular);
                header.set_mode(match kept {
                    Kept::Closely => about.mode() & 0o777,
                    _ if about.mode() & 0o111 == 0 => 0o644,
                    _ => 0o755,
                });
                header.set_mtime(match kept {
                    Kept::Undated => 0,
                    _ => u64::try_from(about.mtime()).unwrap_or(0),
                });
                header.set_size(about.len());
                self.unpacked += about.len();
                self.tar.append_data(&mut header, path, Exactly { file, left: about.len() })
            }
        };
        added.map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => Error::Full,
            _ => told(&error),
        })
    }

    fn finish(self) -> Result<Vec<u8>, Error> {
        let bytes = self.tar.into_inner().and_then(GzEncoder::finish).map(|out| out.bytes);
        bytes.map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => Error::Full,
            _ => Error::Words(error.to_string()),
        })
    }
}

/// Bytes in memory, not more than so many.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + bytes.len()) as u64 > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that has as many bytes as it was said to: one that shrinks meanwhile is an error, one that grows is cut off.
struct Exactly {
    file: File,
    left: u64,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if room == 0 {
            return Ok(0);
        }
        let read = self.file.read(&mut buffer[..room])?;
        if read == 0 {
            return Err(io::Error::other("it became shorter while it was read; try again"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}
