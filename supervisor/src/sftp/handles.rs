//! What a client has open.

use std::{
    collections::BTreeMap,
    fs::{File, ReadDir},
};

use super::packet::Refusal;

/// The most that may be open at once.
pub(super) const MOST: usize = 1000;

/// Something open.
pub(super) enum Open {
    File(File),
    Folder(ReadDir),
}

/// What is open, by the numbers that the client knows it by.
#[derive(Default)]
pub(super) struct Handles {
    open: BTreeMap<u32, Open>,
    next: u32,
}

impl Handles {
    pub(super) fn add(&mut self, open: Open) -> Result<u32, Refusal> {
        if self.open.len() >= MOST {
            return Err(Refusal::Said("too many files are open"));
        }
        self.next = self.next.wrapping_add(1);
        self.open.insert(self.next, open);
        Ok(self.next)
    }

    pub(super) fn close(&mut self, handle: &[u8]) -> Result<(), Refusal> {
        self.open.remove(&number(handle)?).map(drop).ok_or(Refusal::Bad)
    }

    pub(super) fn file(&self, handle: &[u8]) -> Result<&File, Refusal> {
        match self.open.get(&number(handle)?) {
            Some(Open::File(file)) => Ok(file),
            _ => Err(Refusal::Bad),
        }
    }

    pub(super) fn folder(&mut self, handle: &[u8]) -> Result<&mut ReadDir, Refusal> {
        match self.open.get_mut(&number(handle)?) {
            Some(Open::Folder(folder)) => Ok(folder),
            _ => Err(Refusal::Bad),
        }
    }
}

fn number(handle: &[u8]) -> Result<u32, Refusal> {
    handle.try_into().map(u32::from_be_bytes).map_err(|_| Refusal::Bad)
}
