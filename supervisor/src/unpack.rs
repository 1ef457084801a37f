//! Unpacks a person's code into the folder where it begins: a tar, compressed with gzip, on standard input. A program of its
//! own, so that it does only what the job's user may do.
//!
//! What an archive says is not trusted: nothing is written outside of the folder, through a link, or beyond what was said of
//! the archive beforehand. Where something is in the way of a file it is replaced, so that an archive can be unpacked again.
//!
//! Parts of it may have places of their own (`files` of a configuration). Which these are is not the archive's to say but the launch's:
//! the program is told. Each is a folder, or a file in one, and the same holds for it.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
    process::ExitCode,
};

use berth_shared::api::code::PLACED;
use flate2::read::GzDecoder;
use nix::{
    errno::Errno,
    fcntl::{OFlag, openat},
    sys::{
        stat::{Mode, fchmod, futimens, mkdirat},
        time::TimeSpec,
    },
    unistd::{UnlinkatFlags, symlinkat, unlinkat},
};
use tar::{Archive, Entry, EntryType};

/// The first argument of the program.
pub(super) const NAME: &str = "unpack";

/// Exit status when the archive ended before its end: who sent it broke off.
pub(super) const CUT_OFF: i32 = 3;

/// Unpacks standard input. `entries` and the argument after it, bytes, are the most that it may hold; then comes where it goes, and
/// where each part goes that has a place of its own. What is not absolute is below this folder.
pub(super) fn main(entries: &OsStr, mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let number = |text: &OsStr| text.to_str().and_then(|text| text.parse().ok());
    let bytes = arguments.next();
    let (Some(entries), Some(bytes)) = (number(entries), bytes.as_deref().and_then(number)) else {
        eprintln!("error: `{NAME}` takes the number of entries and of bytes");
        return ExitCode::from(2);
    };
    let root = arguments.next().map(PathBuf::from).unwrap_or_default();
    let placed: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let unpacked = File::open(".").and_then(|here| {
        let places = Places { here: here.as_fd(), root: &root, placed: &placed };
        unpack(io::stdin().lock(), places, Most { entries, bytes })
    });
    match unpacked {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => ExitCode::from(CUT_OFF as u8),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What an archive may hold.
#[derive(Clone, Copy, Debug)]
struct Most {
    entries: u64,
    bytes: u64,
}

/// Where an archive goes.
#[derive(Clone, Copy, Debug)]
struct Places<'a> {
    /// What paths that are not absolute are below.
    here: BorrowedFd<'a>,
    /// Where what has no place of its own is put.
    root: &'a Path,
    /// Where the parts are put that have one.
    placed: &'a [PathBuf],
}

/// Where an entry goes.
struct Goal<'a> {
    /// The place that it belongs to.
    place: &'a Path,
    /// Its path below that; none for a part that is one file.
    below: Vec<OsString>,
    /// Whether the place is a part's own.
    own: bool,
}

impl<'a> Places<'a> {
    fn goal(self, path: &[u8]) -> io::Result<Goal<'a>> {
        let told = || String::from_utf8_lossy(path).into_owned();
        let mut parts =
            parts(path).ok_or_else(|| refused(format!("`{}` leads out of the folder", told())))?;
        if self.placed.is_empty() || parts.first().is_none_or(|first| first != PLACED) {
            return Ok(Goal { place: self.root, below: parts, own: false });
        }
        let number = parts.get(1).and_then(|part| part.to_str()).and_then(|part| part.parse::<usize>().ok());
        let place = number.and_then(|number| self.placed.get(number));
        let place = place.ok_or_else(|| refused(format!("nobody said where `{}` goes", told())))?;
        Ok(Goal { place, below: parts.split_off(2), own: true })
    }

    /// Opens a folder, made where it is missing. A path that whoever launches wrote out whole may lead through links of the image;
    /// one that begins in the working directory may not: what is there has come with the archive.
    fn open(self, folder: &Path) -> io::Result<OwnedFd> {
        if folder.is_absolute() {
            fs::create_dir_all(folder)?;
            let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
            return Ok(nix::fcntl::open(folder, flags, Mode::empty())?);
        }
        let parts = parts(folder.as_os_str().as_bytes());
        enter(self.here, &parts.ok_or_else(|| refused("it leads out of the folder"))?)
    }
}

fn unpack(from: impl Read, places: Places<'_>, most: Most) -> io::Result<()> {
    let mut archive = Archive::new(GzDecoder::new(from));
    let mut left = most;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let within = left.entries.checked_sub(1).zip(left.bytes.checked_sub(entry.size()));
        let Some((entries, bytes)) = within else {
            return Err(refused("the archive holds more than was said of it"));
        };
        left = Most { entries, bytes };
        place(&mut entry, places)?;
    }
    // Only at its end is it sure that nothing was cut off or changed.
    let mut gzip = archive.into_inner();
    io::copy(&mut gzip, &mut io::sink())?;
    // Whoever sends it says that it ends after its last byte, and must still be heard: to end before that looks as if the
    // sender had broken off.
    io::copy(&mut gzip.into_inner(), &mut io::sink())?;
    Ok(())
}

fn refused(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// Makes what one entry says.
fn place(entry: &mut Entry<'_, impl Read>, places: Places<'_>) -> io::Result<()> {
    let path = entry.path_bytes().into_owned();
    let kind = entry.header().entry_type();
    let Goal { place: mut folder, below: mut parts, own } = places.goal(&path)?;
    let told = match own {
        true => parts.iter().fold(folder.to_owned(), |path, part| path.join(part)).display().to_string(),
        false => String::from_utf8_lossy(&path).into_owned(),
    };
    if own && parts.is_empty() && kind != EntryType::Directory {
        // A part that is one file: its place names it.
        parts.extend(folder.file_name().map(OsStr::to_owned));
        folder = folder.parent().unwrap_or(Path::new(""));
    }
    let explained = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => error,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            io::Error::new(error.kind(), format!("the disk is full (at `{told}`)"))
        }
        kind @ (io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
            io::Error::new(kind, format!("the environment's user may not write `{told}` ({error})"))
        }
        kind => io::Error::new(kind, format!("`{told}`: {error}")),
    };
    let folder = places.open(folder).map_err(explained)?;
    if kind == EntryType::Directory {
        return enter(folder.as_fd(), &parts).map(drop).map_err(explained);
    }
    let Some(name) = parts.pop() else { return Err(refused(format!("`{told}` names no file"))) };
    let parent = enter(folder.as_fd(), &parts).map_err(explained)?;
    match kind {
        EntryType::Regular | EntryType::Continuous => file(entry, &parent, &name).map_err(explained),
        EntryType::Symlink => {
            let target = entry.link_name_bytes().map(std::borrow::Cow::into_owned).unwrap_or_default();
            remove(&parent, &name)
                .and_then(|()| Ok(symlinkat(OsStr::from_bytes(&target), &parent, name.as_os_str())?))
                .map_err(explained)
        }
        _ => Err(refused(format!("`{told}` is neither a file, a folder nor a link"))),
    }
}

/// The parts of a path below the folder; `None` when it leads out of it.
fn parts(path: &[u8]) -> Option<Vec<OsString>> {
    if path.first() == Some(&b'/') || path.contains(&0) {
        return None;
    }
    let parts = path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    parts.map(|part| (part != b"..").then(|| OsStr::from_bytes(part).to_owned())).collect()
}

/// Opens a folder below another, made where it is missing; through no link.
fn enter(folder: BorrowedFd<'_>, parts: &[OsString]) -> io::Result<OwnedFd> {
    let mut now = folder.try_clone_to_owned()?;
    for part in parts {
        match mkdirat(&now, part.as_os_str(), Mode::from_bits_truncate(0o777)) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        now = openat(&now, part.as_os_str(), flags, Mode::empty()).map_err(|errno| match errno {
            Errno::ELOOP | Errno::ENOTDIR => {
                refused(format!("`{}` is to be a folder, and is none", part.display()))
            }
            errno => errno.into(),
        })?;
    }
    Ok(now)
}

/// Writes a file.
fn file(entry: &mut Entry<'_, impl Read>, parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    remove(parent, name)?;
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let mode = entry.header().mode()? & 0o777;
    let mut file = File::from(openat(parent, name, flags, Mode::from_bits_truncate(0o600))?);
    let written = io::copy(entry, &mut file)?;
    if written != entry.size() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    file.flush()?;
    fchmod(&file, Mode::from_bits_truncate(mode))?;
    let changed = TimeSpec::new(i64::try_from(entry.header().mtime()?).unwrap_or(0), 0);
    // A file of another time is a file too.
    let _ = futimens(&file, &changed, &changed);
    Ok(())
}

/// Removes what is in the way of a file: another one, or a link.
fn remove(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    match unlinkat(parent, name, UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(Errno::EISDIR | Errno::EPERM) => Err(refused("a folder is where a file is to be")),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests;
