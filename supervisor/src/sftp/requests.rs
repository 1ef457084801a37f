//! What a client asks for.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Component, Path, PathBuf},
};

use super::{
    MOST,
    attributes::Attributes,
    entries,
    extended::{self, EXTENSIONS},
    handles::{Handles, Open},
    packet::{Fields, Refusal, Reply},
};

/// How many entries of a folder one answer has.
const ENTRIES: usize = 100;

/// Flags of an opened file.
const READ: u32 = 1;
const WRITE: u32 = 2;
const APPEND: u32 = 4;
const CREATE: u32 = 8;
const TRUNCATE: u32 = 16;
const EXCLUSIVE: u32 = 32;

/// A client's session.
#[derive(Default)]
pub(super) struct Server {
    pub(super) handles: Handles,
}

impl Server {
    /// Answers a request of this kind.
    pub(super) fn answer(&mut self, kind: u8, mut fields: Fields<'_>) -> Reply {
        if kind == 1 {
            return Reply::version(EXTENSIONS);
        }
        let Ok(id) = fields.number() else { return Reply::refused(0, &Refusal::Bad) };
        self.carry_out(kind, id, &mut fields).unwrap_or_else(|refusal| Reply::refused(id, &refusal))
    }

    fn carry_out(&mut self, kind: u8, id: u32, fields: &mut Fields<'_>) -> Result<Reply, Refusal> {
        let stat = |metadata: io::Result<fs::Metadata>| Ok(Reply::of(id, &Attributes::from(&metadata?)));
        match kind {
            3 => return Ok(Reply::handle(id, self.open(fields)?)),
            4 => self.handles.close(fields.bytes()?)?,
            5 => return self.read(id, fields),
            6 => self.write(fields)?,
            7 => return stat(fs::symlink_metadata(fields.path()?)),
            8 => return stat(self.handles.file(fields.bytes()?)?.metadata()),
            9 => {
                let path = fields.path()?;
                Attributes::read(fields)?.apply(path, true)?;
            }
            10 => {
                let file = self.handles.file(fields.bytes()?)?;
                Attributes::read(fields)?.apply_to(file)?;
            }
            11 => {
                let folder = fs::read_dir(fields.path()?)?;
                return Ok(Reply::handle(id, self.handles.add(Open::Folder(folder))?));
            }
            12 => return self.entries(id, fields),
            13 => fs::remove_file(fields.path()?)?,
            14 => {
                let path = fields.path()?;
                let mode = Attributes::read(fields)?.permissions().unwrap_or(0o777);
                DirBuilder::new().mode(mode).create(path)?;
            }
            15 => fs::remove_dir(fields.path()?)?,
            16 => return Ok(Reply::name(id, &absolute(fields.path()?)?)),
            17 => return stat(fs::metadata(fields.path()?)),
            18 => rename(fields.path()?, fields.path()?)?,
            19 => return Ok(Reply::name(id, &fs::read_link(fields.path()?)?)),
            20 => {
                // OpenSSH has them in this order, whatever the draft says, and so has everybody else.
                let (target, link) = (fields.path()?, fields.path()?);
                std::os::unix::fs::symlink(target, link)?;
            }
            200 => return extended::carry_out(self, id, fields),
            _ => return Err(Refusal::Unknown),
        }
        Ok(Reply::done(id))
    }

    fn open(&mut self, fields: &mut Fields<'_>) -> Result<u32, Refusal> {
        let (path, flags, attributes) = (fields.path()?, fields.number()?, Attributes::read(fields)?);
        let asked = |flag: u32| flags & flag != 0;
        let mut options = File::options();
        // What is appended to is written to; the offsets that come with it do not count then.
        options.read(asked(READ)).write(asked(WRITE) && !asked(APPEND)).append(asked(APPEND));
        options.create(asked(CREATE)).create_new(asked(CREATE) && asked(EXCLUSIVE));
        options.truncate(asked(TRUNCATE) && asked(WRITE) && !asked(APPEND));
        options.mode(attributes.permissions().unwrap_or(0o666));
        let file = options.open(path)?;
        // The system opens a folder as if it were a file, and fails later without a word that helps.
        if file.metadata()?.is_dir() {
            return Err(Refusal::Said("this is a folder"));
        }
        self.handles.add(Open::File(file))
    }

    fn read(&self, id: u32, fields: &mut Fields<'_>) -> Result<Reply, Refusal> {
        let file = self.handles.file(fields.bytes()?)?;
        let (offset, length) = (fields.long()?, fields.number()? as usize);
        Reply::data(id, length.min(MOST), |room| match file.read_at(room, offset)? {
            0 if !room.is_empty() => Err(Refusal::End),
            read => Ok(read),
        })
    }

    fn write(&self, fields: &mut Fields<'_>) -> Result<(), Refusal> {
        let file = self.handles.file(fields.bytes()?)?;
        let (offset, bytes) = (fields.long()?, fields.bytes()?);
        Ok(file.write_all_at(bytes, offset)?)
    }

    fn entries(&mut self, id: u32, fields: &mut Fields<'_>) -> Result<Reply, Refusal> {
        let folder = self.handles.folder(fields.bytes()?)?;
        let mut names = Vec::new();
        for entry in folder.take(ENTRIES) {
            names.push(entries::entry(&entry?));
        }
        if names.is_empty() { Err(Refusal::End) } else { Ok(Reply::names(id, &names)) }
    }
}

/// A path from the root, without links and dots as far as it is there.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Refusal> {
    match path.canonicalize() {
        Ok(path) => return Ok(path),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        Err(_) => {}
    }
    let mut whole = std::env::current_dir()?;
    for component in path.components() {
        match component {
            Component::RootDir => whole = PathBuf::from("/"),
            Component::ParentDir => {
                whole.pop();
            }
            Component::Normal(name) => whole.push(name),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Ok(whole)
}

/// Renames, unless something has the new name.
fn rename(from: &Path, to: &Path) -> Result<(), Refusal> {
    const THERE: Refusal = Refusal::Said("something with the new name is there");
    if fs::symlink_metadata(from)?.is_file() {
        match fs::hard_link(from, to) {
            Ok(()) => return Ok(fs::remove_file(from)?),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(THERE),
            // Not every file system has second names.
            Err(_) => {}
        }
    }
    if fs::symlink_metadata(to).is_ok() {
        return Err(THERE);
    }
    Ok(fs::rename(from, to)?)
}
