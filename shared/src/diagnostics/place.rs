//! Places in a text: byte offsets inside, lines and UTF-16 columns for editors.

use serde::{Deserialize, Serialize};

use crate::json::FromJson;

/// Half-open range of byte offsets into the original text, on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteRange {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl ByteRange {
    /// From `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// A place in a text.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Position {
    /// Byte offset, from 0.
    pub offset: usize,
    /// Line, from 0. Lines end at LF, CR or CRLF, as in every editor.
    pub line: usize,
    /// Column in UTF-16 code units, from 0.
    pub column: usize,
}

/// Half-open range of places.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Range {
    /// First place.
    pub start: Position,
    /// One past the last.
    pub end: Position,
}

/// Turns byte offsets of one text into [`Position`]s.
#[derive(Clone, Debug)]
pub struct LineIndex<'a> {
    text: &'a str,
    /// Byte offset at which each line begins.
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    /// Indexes `text`; linear in its length.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (i, &b) in bytes.iter().enumerate() {
            if b == b'\n' || (b == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                starts.push(i + 1);
            }
        }
        Self { text, starts }
    }

    /// The place of a byte offset. Beyond the end it is the end; inside a character, its start.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let before = &self.text[self.starts[line]..offset];
        let column = if before.is_ascii() { before.len() } else { before.chars().map(char::len_utf16).sum() };
        Position { offset, line, column }
    }

    /// The byte offset of a line and a column in UTF-16 code units. Beyond the end of the line it is that end; inside
    /// a character, its start.
    #[must_use]
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.line_start(line);
        let mut units = 0;
        for (at, c) in self.line(line).char_indices() {
            units += c.len_utf16();
            if units > column {
                return start + at;
            }
        }
        start + self.line(line).len()
    }

    /// Byte offset at which a line begins; beyond the last line, the end of the text.
    #[must_use]
    pub fn line_start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// A line without its break.
    #[must_use]
    pub fn line(&self, line: usize) -> &'a str {
        self.text[self.line_start(line)..self.line_start(line + 1)].trim_end_matches(['\n', '\r'])
    }

    /// Both ends of a byte range.
    #[must_use]
    pub fn range(&self, range: ByteRange) -> Range {
        Range { start: self.position(range.start), end: self.position(range.end.max(range.start)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_to_their_offsets() {
        let text = "aä🦀b\r\n\n🦀";
        let index = LineIndex::new(text);
        for (offset, _) in text.char_indices().filter(|(_, c)| !matches!(c, '\r' | '\n')) {
            let Position { line, column, .. } = index.position(offset);
            assert_eq!(index.offset(line, column), offset);
        }
        // In the middle of a pair of units, beyond a line, beyond the text.
        assert_eq!(index.offset(0, 3), 3);
        assert_eq!(index.offset(0, 99), 8);
        assert_eq!(index.offset(9, 9), text.len());
    }
}
