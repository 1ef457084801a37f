//! What is told of files, and asked to be changed.

use std::{
    fs::{self, File, Metadata, Permissions},
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, PermissionsExt, fchown, lchown},
    },
    path::Path,
};

use nix::sys::{
    stat::{UtimensatFlags, futimens, utimensat},
    time::TimeSpec,
};

use super::packet::{Fields, Refusal, Reply};

const SIZE: u32 = 1;
const OWNER: u32 = 2;
const PERMISSIONS: u32 = 4;
const TIMES: u32 = 8;
const EXTENDED: u32 = 1 << 31;

/// Attributes of a file, those that are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) size: Option<u64>,
    /// User and group.
    pub(super) owner: Option<(u32, u32)>,
    /// Permissions, with the kind of file where they are told.
    pub(super) mode: Option<u32>,
    /// Last read and last written, seconds since 1970.
    pub(super) times: Option<(u32, u32)>,
}

impl From<&Metadata> for Attributes {
    fn from(metadata: &Metadata) -> Self {
        // The protocol ends in 2106.
        let seconds = |time: i64| u32::try_from(time.max(0)).unwrap_or(u32::MAX);
        Self {
            size: Some(metadata.size()),
            owner: Some((metadata.uid(), metadata.gid())),
            mode: Some(metadata.mode()),
            times: Some((seconds(metadata.atime()), seconds(metadata.mtime()))),
        }
    }
}

impl Attributes {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Refusal> {
        let flags = fields.number()?;
        let mut read = Self::default();
        if flags & SIZE != 0 {
            read.size = Some(fields.long()?);
        }
        if flags & OWNER != 0 {
            read.owner = Some((fields.number()?, fields.number()?));
        }
        if flags & PERMISSIONS != 0 {
            read.mode = Some(fields.number()?);
        }
        if flags & TIMES != 0 {
            read.times = Some((fields.number()?, fields.number()?));
        }
        if flags & EXTENDED != 0 {
            for _ in 0..fields.number()? {
                fields.bytes()?;
                fields.bytes()?;
            }
        }
        Ok(read)
    }

    pub(super) fn write(&self, to: &mut Reply) {
        let flag = |there: bool, flag: u32| if there { flag } else { 0 };
        to.number(
            flag(self.size.is_some(), SIZE)
                | flag(self.owner.is_some(), OWNER)
                | flag(self.mode.is_some(), PERMISSIONS)
                | flag(self.times.is_some(), TIMES),
        );
        if let Some(size) = self.size {
            to.long(size);
        }
        if let Some((first, second)) = self.owner {
            to.number(first);
            to.number(second);
        }
        if let Some(mode) = self.mode {
            to.number(mode);
        }
        if let Some((first, second)) = self.times {
            to.number(first);
            to.number(second);
        }
    }

    /// The permissions that are asked for.
    pub(super) fn permissions(&self) -> Option<u32> {
        self.mode.map(|mode| mode & 0o7777)
    }

    fn time_specs(&self) -> Option<(TimeSpec, TimeSpec)> {
        let spec = |seconds: u32| TimeSpec::new(i64::from(seconds), 0);
        self.times.map(|(read, written)| (spec(read), spec(written)))
    }

    /// Changes what is at a path, or with `follow` at the end of its links.
    pub(super) fn apply(&self, path: &Path, follow: bool) -> Result<(), Refusal> {
        if let Some(size) = self.size {
            if !follow {
                return Err(Refusal::Unknown);
            }
            File::options().write(true).open(path)?.set_len(size)?;
        }
        if let Some(mode) = self.permissions() {
            // Links have no permissions of their own.
            if follow || !fs::symlink_metadata(path)?.is_symlink() {
                fs::set_permissions(path, Permissions::from_mode(mode))?;
            }
        }
        if let Some((read, written)) = self.time_specs() {
            let flags = if follow { UtimensatFlags::FollowSymlink } else { UtimensatFlags::NoFollowSymlink };
            utimensat(nix::fcntl::AT_FDCWD, path, &read, &written, flags)?;
        }
        if let Some((user, group)) = self.owner {
            match follow {
                true => std::os::unix::fs::chown(path, Some(user), Some(group))?,
                false => lchown(path, Some(user), Some(group))?,
            }
        }
        Ok(())
    }

    /// Changes an open file.
    pub(super) fn apply_to(&self, file: &File) -> Result<(), Refusal> {
        if let Some(size) = self.size {
            file.set_len(size)?;
        }
        if let Some(mode) = self.permissions() {
            file.set_permissions(Permissions::from_mode(mode))?;
        }
        if let Some((read, written)) = self.time_specs() {
            futimens(file.as_fd(), &read, &written)?;
        }
        if let Some((user, group)) = self.owner {
            fchown(file, Some(user), Some(group))?;
        }
        Ok(())
    }
}
