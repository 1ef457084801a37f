//! Reading and writing the primitives of the packed file.

use super::CatalogError;

const ENDS_EARLY: CatalogError = CatalogError::Malformed("a section ends early");

#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(super) fn index(&mut self, value: usize) {
        self.varint(value as u64);
    }

    pub(super) fn signed(&mut self, value: i64) {
        self.varint(zigzag(value));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.index(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn section(&mut self, section: Writer) {
        self.index(section.0.len());
        self.0.extend_from_slice(&section.0);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

pub(super) fn zigzag(value: i64) -> u64 {
    (value.wrapping_shl(1) ^ (value >> 63)) as u64
}

/// Reads what [`Writer`] wrote. Never panics, and never asks for more memory than a small multiple of
/// the input.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn varint(&mut self) -> Result<u64, CatalogError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(ENDS_EARLY)?;
            self.0 = rest;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 {
                break;
            }
            value |= low << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(CatalogError::Malformed("a number is too long"))
    }

    pub(super) fn signed(&mut self) -> Result<i64, CatalogError> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A number below `limit`.
    pub(super) fn index(&mut self, limit: usize) -> Result<usize, CatalogError> {
        usize::try_from(self.varint()?)
            .ok()
            .filter(|&index| index < limit)
            .ok_or(CatalogError::Malformed("an index points outside its table"))
    }

    /// How many things follow, each of which takes at least a byte.
    pub(super) fn count(&mut self) -> Result<usize, CatalogError> {
        let count = self.varint()?;
        usize::try_from(count).ok().filter(|&count| count <= self.0.len()).ok_or(ENDS_EARLY)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], CatalogError> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(ENDS_EARLY)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, CatalogError> {
        let length = self.count()?;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| CatalogError::Malformed("a text is not UTF-8"))
    }

    pub(super) fn float(&mut self) -> Result<f64, CatalogError> {
        let bytes = self.bytes(8)?;
        let bits = bytes.iter().rev().fold(0, |bits, &byte| bits << 8 | u64::from(byte));
        Ok(f64::from_bits(bits))
    }

    pub(super) fn section(&mut self) -> Result<Reader<'a>, CatalogError> {
        let length = self.count()?;
        self.bytes(length).map(Reader)
    }

    pub(super) fn finish(&self) -> Result<(), CatalogError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(CatalogError::Malformed("a section holds more than it should"))
        }
    }
}
