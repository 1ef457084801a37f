//! Extensions of the protocol by OpenSSH (its PROTOCOL, section 4), those that its clients use.

use std::{
    ffi::OsStr,
    fs,
    os::{
        fd::AsFd,
        unix::{ffi::OsStrExt, fs::FileExt},
    },
    path::{Path, PathBuf},
};

use nix::sys::statvfs::{FsFlags, Statvfs, fstatvfs, statvfs};

use super::{
    LONGEST, MOST,
    attributes::Attributes,
    handles,
    packet::{Fields, Refusal, Reply},
    requests::{Server, absolute},
};

/// What there is, with its version.
pub(super) const EXTENSIONS: &[(&str, &str)] = &[
    ("posix-rename@openssh.com", "1"),
    ("statvfs@openssh.com", "2"),
    ("fstatvfs@openssh.com", "2"),
    ("hardlink@openssh.com", "1"),
    ("fsync@openssh.com", "1"),
    ("lsetstat@openssh.com", "1"),
    ("limits@openssh.com", "1"),
    ("expand-path@openssh.com", "1"),
    ("copy-data", "1"),
];

/// Carries out one of them.
pub(super) fn carry_out(server: &mut Server, id: u32, fields: &mut Fields<'_>) -> Result<Reply, Refusal> {
    match fields.bytes()? {
        b"posix-rename@openssh.com" => fs::rename(fields.path()?, fields.path()?)?,
        b"statvfs@openssh.com" => return Ok(space(id, &statvfs(fields.path()?)?)),
        b"fstatvfs@openssh.com" => {
            return Ok(space(id, &fstatvfs(server.handles.file(fields.bytes()?)?.as_fd())?));
        }
        b"hardlink@openssh.com" => fs::hard_link(fields.path()?, fields.path()?)?,
        b"fsync@openssh.com" => server.handles.file(fields.bytes()?)?.sync_all()?,
        b"lsetstat@openssh.com" => {
            let path = fields.path()?;
            Attributes::read(fields)?.apply(path, false)?;
        }
        b"limits@openssh.com" => {
            return Ok(Reply::numbers(id, &[LONGEST as u64, MOST as u64, MOST as u64, handles::MOST as u64]));
        }
        b"expand-path@openssh.com" => return Ok(Reply::name(id, &absolute(&expanded(fields.path()?))?)),
        b"copy-data" => copy(server, fields)?,
        _ => return Err(Refusal::Unknown),
    }
    Ok(Reply::done(id))
}

/// A path whose `~` means the home directory.
fn expanded(path: &Path) -> PathBuf {
    match path.as_os_str().as_bytes().strip_prefix(b"~") {
        Some([]) => home(),
        Some([b'/', rest @ ..]) => home().join(OsStr::from_bytes(rest)),
        _ => path.to_owned(),
    }
}

fn home() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from)
}

fn space(id: u32, of: &Statvfs) -> Reply {
    let mut flags = 0;
    for (flag, number) in [(FsFlags::ST_RDONLY, 1), (FsFlags::ST_NOSUID, 2)] {
        if of.flags().contains(flag) {
            flags |= number;
        }
    }
    Reply::numbers(
        id,
        &[
            of.block_size(),
            of.fragment_size(),
            of.blocks(),
            of.blocks_free(),
            of.blocks_available(),
            of.files(),
            of.files_free(),
            of.files_available(),
            of.filesystem_id(),
            flags,
            of.name_max(),
        ],
    )
}

/// Copies a part of a file into another without its going to the client and back; a length of 0 is all that there is.
fn copy(server: &Server, fields: &mut Fields<'_>) -> Result<(), Refusal> {
    let from = server.handles.file(fields.bytes()?)?;
    let (mut at, length) = (fields.long()?, fields.long()?);
    let to = server.handles.file(fields.bytes()?)?;
    let mut into = fields.long()?;
    let mut left = if length == 0 { u64::MAX } else { length };
    let mut buffer = vec![0; 256 * 1024];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = from.read_at(&mut buffer[..most], at)?;
        if read == 0 {
            break;
        }
        to.write_all_at(&buffer[..read], into)?;
        at += read as u64;
        into += read as u64;
        left -= read as u64;
    }
    Ok(())
}
