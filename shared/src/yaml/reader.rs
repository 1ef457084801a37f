//! Characters: which are allowed, where lines end, and a cursor that counts bytes, lines and columns.

use super::error::{Mistake, Stage, YamlError, shown};
use super::event::Mark;
use crate::diagnostics::ByteRange;

/// The byte order mark: skipped at the start, without width anywhere.
const BOM: char = '\u{feff}';

/// Whether a character ends a line in YAML 1.1 (`b-char`).
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A line's end or the text's (which the cursor shows as NUL).
pub(super) fn is_break_or_end(c: char) -> bool {
    c == '\0' || is_break(c)
}

/// A space, a line's end or the text's.
pub(super) fn is_space_or_end(c: char) -> bool {
    c == ' ' || is_break_or_end(c)
}

/// White space of any kind or the text's end: what must follow an indicator such as `-`.
pub(super) fn is_blank_or_end(c: char) -> bool {
    c == '\t' || is_space_or_end(c)
}

/// Refuses characters outside of `c-printable`, anywhere in the text, before anything else is looked at.
pub(super) fn check_characters(text: &str) -> Result<(), YamlError> {
    let forbidden = |c: char| {
        !matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}'
            | '\u{10000}'..='\u{10ffff}')
    };
    // Nearly all texts are of such characters alone, and that is soon seen.
    let plain = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    if text.as_bytes().iter().all(plain) {
        return Ok(());
    }
    match text.char_indices().find(|&(_, c)| forbidden(c)) {
        None => Ok(()),
        Some((at, c)) => Err(Mistake {
            stage: Stage::Reader,
            message: format!("the character U+{:04X} is not allowed in YAML", u32::from(c)),
            range: ByteRange::new(at, at + c.len_utf8()),
            mark: None,
            context: None,
            help: Some("remove it, or write it as an escape such as `\\x07` in double quotes"),
        }
        .into()),
    }
}

/// A cursor over the text.
pub(super) struct Reader<'a> {
    text: &'a str,
    mark: Mark,
    /// Characters before the cursor; the length of a simple key is counted in them.
    index: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, mark: Mark::default(), index: 0 }
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn column(&self) -> usize {
        self.mark.column
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.mark.offset..]
    }

    /// The character under the cursor; NUL at the end (which no text can hold).
    pub(super) fn peek(&self) -> char {
        match self.text.as_bytes().get(self.mark.offset) {
            None => '\0',
            Some(&b) if b.is_ascii() => char::from(b),
            Some(_) => self.peek_nth(0),
        }
    }

    /// The character `n` further on; for small `n` only.
    pub(super) fn peek_nth(&self, n: usize) -> char {
        self.rest().chars().nth(n).unwrap_or('\0')
    }

    /// Steps over one character; stays at the end.
    pub(super) fn advance(&mut self) {
        let c = self.peek();
        if c == '\0' {
            return;
        }
        self.mark.offset += c.len_utf8();
        self.index += 1;
        if is_break(c) && !(c == '\r' && self.peek() == '\n') {
            self.mark.line += 1;
            self.mark.column = 0;
        } else if c != BOM {
            self.mark.column += 1;
        }
    }

    /// Steps over `n` characters.
    pub(super) fn advance_by(&mut self, n: usize) {
        for _ in 0..n {
            self.advance();
        }
    }

    /// Steps over `bytes` bytes, which end on a character boundary and hold no line end.
    pub(super) fn advance_in_line(&mut self, bytes: usize) {
        let passed = &self.rest()[..bytes];
        let (characters, without_width) = if passed.is_ascii() {
            (bytes, 0)
        } else {
            (passed.chars().count(), passed.matches(BOM).count())
        };
        self.mark.offset += bytes;
        self.index += characters;
        self.mark.column += characters - without_width;
    }

    /// Steps over characters as long as `wanted` holds, which it does for no line end, and returns them.
    pub(super) fn take_in_line(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let ascii = rest.bytes().position(|b| !(b.is_ascii() && wanted(char::from(b)))).unwrap_or(rest.len());
        let bytes = match rest.as_bytes().get(ascii) {
            Some(b) if !b.is_ascii() => rest.find(|c| !wanted(c)).unwrap_or(rest.len()),
            _ => ascii,
        };
        self.advance_in_line(bytes);
        &rest[..bytes]
    }

    /// Steps over the rest of the line, its end not included.
    pub(super) fn take_line(&mut self) -> &'a str {
        self.take_in_line(|c| !is_break(c))
    }

    /// Steps over spaces and returns them.
    pub(super) fn take_spaces(&mut self) -> &'a str {
        let rest = self.rest();
        let spaces = rest.bytes().position(|b| b != b' ').unwrap_or(rest.len());
        self.mark.offset += spaces;
        self.index += spaces;
        self.mark.column += spaces;
        &rest[..spaces]
    }

    pub(super) fn skip_spaces(&mut self) {
        self.take_spaces();
    }

    /// Steps over one line end and returns what it stands for: LF, except that LS and PS stay themselves.
    pub(super) fn take_break(&mut self) -> Option<char> {
        let c = self.peek();
        if !is_break(c) {
            return None;
        }
        self.advance();
        match c {
            '\u{2028}' | '\u{2029}' => Some(c),
            '\r' if self.peek() == '\n' => {
                self.advance();
                Some('\n')
            }
            _ => Some('\n'),
        }
    }

    pub(super) fn skip_bom(&mut self) {
        if self.index == 0 && self.peek() == BOM {
            self.advance();
        }
    }

    /// Whether `---` or `...` stands here, by itself; asked only at the start of a line.
    pub(super) fn at_document_marker(&self) -> bool {
        self.at_marker("---") || self.at_marker("...")
    }

    /// Whether `marker` (of three ASCII characters) stands here, by itself.
    pub(super) fn at_marker(&self, marker: &str) -> bool {
        self.rest()
            .strip_prefix(marker)
            .is_some_and(|rest| is_blank_or_end(rest.chars().next().unwrap_or('\0')))
    }

    /// The character under the cursor as a range; empty at a line's or the text's end.
    pub(super) fn here(&self) -> ByteRange {
        let c = self.peek();
        let width = if is_break_or_end(c) { 0 } else { c.len_utf8() };
        ByteRange::new(self.mark.offset, self.mark.offset + width)
    }

    /// A scanner's error about the character under the cursor.
    pub(super) fn error(&self, message: impl Into<String>) -> YamlError {
        YamlError::new(Stage::Scanner, message, self.here(), self.mark)
    }

    /// The same, for "expected this, found that".
    pub(super) fn unexpected(&self, expected: &str) -> YamlError {
        self.error(format!("expected {expected}, found {}", shown(self.peek())))
    }
}
