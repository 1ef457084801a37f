//! Packets: numbers, texts, and what answers are made of.

use std::{ffi::OsStr, io, os::unix::ffi::OsStrExt, path::Path};

use nix::errno::Errno;

use super::attributes::Attributes;

/// Kinds of answers.
const VERSION: u8 = 2;
const STATUS: u8 = 101;
const HANDLE: u8 = 102;
const DATA: u8 = 103;
const NAME: u8 = 104;
const ATTRS: u8 = 105;
const EXTENDED_REPLY: u8 = 201;

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing more.
    End,
    /// The system says no.
    System(Errno),
    /// The request makes no sense.
    Bad,
    /// Nobody here does this.
    Unknown,
    /// For a reason in words.
    Said(&'static str),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(number) => Self::System(Errno::from_raw(number)),
            None => Self::Said("this cannot be done"),
        }
    }
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}

impl Refusal {
    /// The protocol's number and the words.
    fn told(&self) -> (u32, &str) {
        match self {
            Self::End => (1, "no more"),
            Self::System(errno) => {
                let number = match errno {
                    Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP => 2,
                    Errno::EACCES | Errno::EPERM | Errno::EROFS => 3,
                    Errno::ENOSYS | Errno::EOPNOTSUPP => 8,
                    _ => 4,
                };
                (number, errno.desc())
            }
            Self::Bad => (5, "the request makes no sense"),
            Self::Unknown => (8, "this is not done here"),
            Self::Said(words) => (4, words),
        }
    }
}

/// What stands in a request.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Refusal::Bad)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn number(&mut self) -> Result<u32, Refusal> {
        Ok(u32::from_be_bytes(self.take(4)?.try_into().map_err(|_| Refusal::Bad)?))
    }

    pub(super) fn long(&mut self) -> Result<u64, Refusal> {
        Ok(u64::from_be_bytes(self.take(8)?.try_into().map_err(|_| Refusal::Bad)?))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Refusal> {
        let length = self.number()? as usize;
        self.take(length)
    }

    /// A path; an empty one is the folder that everything begins in.
    pub(super) fn path(&mut self) -> Result<&'a Path, Refusal> {
        let bytes = self.bytes()?;
        if bytes.contains(&0) {
            return Err(Refusal::Bad);
        }
        Ok(Path::new(OsStr::from_bytes(if bytes.is_empty() { b"." } else { bytes })))
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply(Vec<u8>);

impl Reply {
    fn new(kind: u8, id: u32) -> Self {
        let mut reply = Self(vec![0, 0, 0, 0, kind]);
        reply.number(id);
        reply
    }

    /// The protocol's version and the extensions.
    pub(super) fn version(extensions: &[(&str, &str)]) -> Self {
        let mut reply = Self(vec![0, 0, 0, 0, VERSION]);
        reply.number(3);
        for (name, version) in extensions {
            reply.text(name.as_bytes());
            reply.text(version.as_bytes());
        }
        reply
    }

    pub(super) fn done(id: u32) -> Self {
        Self::status(id, 0, "done")
    }

    pub(super) fn refused(id: u32, refusal: &Refusal) -> Self {
        let (number, words) = refusal.told();
        Self::status(id, number, words)
    }

    fn status(id: u32, number: u32, words: &str) -> Self {
        let mut reply = Self::new(STATUS, id);
        reply.number(number);
        reply.text(words.as_bytes());
        reply.text(b"en");
        reply
    }

    pub(super) fn handle(id: u32, handle: u32) -> Self {
        let mut reply = Self::new(HANDLE, id);
        reply.text(&handle.to_be_bytes());
        reply
    }

    /// Bytes that `fill` reads into the room for at most `most`.
    pub(super) fn data(
        id: u32,
        most: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, Refusal>,
    ) -> Result<Self, Refusal> {
        let mut reply = Self::new(DATA, id);
        reply.number(0);
        let start = reply.0.len();
        reply.0.resize(start + most, 0);
        let filled = fill(&mut reply.0[start..])?;
        reply.0.truncate(start + filled);
        let length = u32::try_from(filled).unwrap_or(u32::MAX).to_be_bytes();
        reply.0[start - 4..start].copy_from_slice(&length);
        Ok(reply)
    }

    /// Names with their attributes.
    pub(super) fn names(id: u32, names: &[(Vec<u8>, Vec<u8>, Attributes)]) -> Self {
        let mut reply = Self::new(NAME, id);
        reply.number(u32::try_from(names.len()).unwrap_or(u32::MAX));
        for (name, line, attributes) in names {
            reply.text(name);
            reply.text(line);
            reply.attributes(attributes);
        }
        reply
    }

    /// One name alone.
    pub(super) fn name(id: u32, name: &Path) -> Self {
        let name = name.as_os_str().as_bytes().to_vec();
        Self::names(id, &[(name.clone(), name, Attributes::default())])
    }

    pub(super) fn of(id: u32, attributes: &Attributes) -> Self {
        let mut reply = Self::new(ATTRS, id);
        reply.attributes(attributes);
        reply
    }

    /// Numbers of an extension.
    pub(super) fn numbers(id: u32, numbers: &[u64]) -> Self {
        let mut reply = Self::new(EXTENDED_REPLY, id);
        numbers.iter().for_each(|&number| reply.long(number));
        reply
    }

    pub(super) fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    pub(super) fn long(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn text(&mut self, bytes: &[u8]) {
        self.number(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.0.extend_from_slice(bytes);
    }

    fn attributes(&mut self, attributes: &Attributes) {
        attributes.write(self);
    }

    /// As it is sent, its length in front.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len() - 4).unwrap_or(u32::MAX).to_be_bytes();
        self.0[..4].copy_from_slice(&length);
        self.0
    }
}
