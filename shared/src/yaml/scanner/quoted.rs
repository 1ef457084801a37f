//! Scalars in quotes (YAML 1.1, 9.1.1 and 9.1.2).

use std::borrow::Cow;

use super::{Scan, Scanner, Token, TokenKind};
use crate::diagnostics::ByteRange;
use crate::yaml::error::shown;
use crate::yaml::event::{Mark, ScalarStyle};
use crate::yaml::reader::{is_blank_or_end, is_break};

impl<'a> Scanner<'a> {
    pub(super) fn scan_quoted(&mut self) -> Scan<Token<'a>> {
        let start = self.reader.mark();
        let quote = self.reader.peek();
        let double = quote == '"';
        self.reader.advance();
        let value = match self.verbatim(quote) {
            Some(verbatim) => Cow::Borrowed(verbatim),
            None => {
                let mut value = String::new();
                loop {
                    self.quoted_text(quote, start, &mut value)?;
                    if self.reader.peek() == quote {
                        break Cow::Owned(value);
                    }
                    self.quoted_gap(start, &mut value)?;
                }
            }
        };
        self.reader.advance();
        let style = if double { ScalarStyle::DoubleQuoted } else { ScalarStyle::SingleQuoted };
        Ok(Token { kind: TokenKind::Scalar { value, style }, start, end: self.reader.mark() })
    }

    /// Steps over text that ends at the closing quote and means itself: on one line, without escapes.
    fn verbatim(&mut self, quote: char) -> Option<&'a str> {
        let rest = self.reader.rest();
        // Tabs and breaks of other kinds are left to the slower way.
        let plain = |b: u8| matches!(b, b' '..=b'~') && b != b'\\';
        let end = rest.bytes().position(|b| b == quote as u8 || !plain(b))?;
        let (text, after) = (&rest[..end], &rest.as_bytes()[end..]);
        let doubled = quote == '\'' && after.get(1) == Some(&b'\'');
        if after[0] != quote as u8 || doubled {
            return None;
        }
        self.reader.advance_in_line(end);
        Some(text)
    }

    /// Text up to white space or the closing quote.
    fn quoted_text(&mut self, quote: char, start: Mark, value: &mut String) -> Scan<()> {
        let double = quote == '"';
        loop {
            value.push_str(
                self.reader.take_in_line(|c| !matches!(c, '\'' | '"' | '\\') && !is_blank_or_end(c)),
            );
            match self.reader.peek() {
                '\'' if !double && self.reader.peek_nth(1) == '\'' => {
                    value.push('\'');
                    self.reader.advance_by(2);
                }
                '\\' if double => {
                    self.reader.advance();
                    self.escape(start, value)?;
                }
                c @ ('\'' | '"' | '\\') if c != quote => {
                    value.push(c);
                    self.reader.advance();
                }
                _ => return Ok(()),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, start: Mark, value: &mut String) -> Scan<()> {
        let c = self.reader.peek();
        let plain = match c {
            '0' => '\0',
            'a' => '\x07',
            'b' => '\x08',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\x0b',
            'f' => '\x0c',
            'r' => '\r',
            'e' => '\x1b',
            ' ' | '"' | '\\' | '/' => c,
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            'x' => return self.hex_escape(2, start, value),
            'u' => return self.hex_escape(4, start, value),
            'U' => return self.hex_escape(8, start, value),
            c if is_break(c) => {
                self.reader.take_break();
                return self.quoted_breaks(start, value);
            }
            c => {
                return Err(self
                    .reader
                    .error(format!("{} after a backslash is no escape", shown(c)))
                    .within("in the text that begins here", opening(start))
                    .help("write `\\\\` for a backslash, or use single quotes, where it stands for itself"));
            }
        };
        value.push(plain);
        self.reader.advance();
        Ok(())
    }

    fn hex_escape(&mut self, digits: usize, start: Mark, value: &mut String) -> Scan<()> {
        let letter = self.reader.mark();
        self.reader.advance();
        let first = self.reader.mark();
        let mut code: u32 = 0;
        for _ in 0..digits {
            let Some(digit) = self.reader.peek().to_digit(16) else {
                let mut error = self
                    .reader
                    .unexpected(&format!("{digits} hexadecimal digits"))
                    .within("in the text that begins here", opening(start));
                error.mark = Some(first);
                return Err(error);
            };
            code = code << 4 | digit;
            self.reader.advance();
        }
        match char::from_u32(code) {
            Some(c) => value.push(c),
            // PyYAML keeps half of a surrogate pair, which no Rust text can hold.
            None if code <= 0x10_ffff => value.push(char::REPLACEMENT_CHARACTER),
            None => {
                let mut error = self
                    .reader
                    .error(format!("there is no character U+{code:X}"))
                    .within("in the text that begins here", opening(start))
                    .help("the last one is U+10FFFF");
                error.range = ByteRange::new(letter.offset - 1, self.reader.mark().offset);
                return Err(error);
            }
        }
        Ok(())
    }

    /// White space inside the quotes: kept within a line, folded across lines.
    fn quoted_gap(&mut self, start: Mark, value: &mut String) -> Scan<()> {
        let blanks = self.reader.take_in_line(|c| c == ' ' || c == '\t');
        let c = self.reader.peek();
        if c == '\0' {
            return Err(self
                .reader
                .error("the text ends before the closing quote")
                .within("the quote opens here", opening(start))
                .help("add the closing quote"));
        }
        match self.reader.take_break() {
            None => value.push_str(blanks),
            Some(first) => {
                if first != '\n' {
                    value.push(first);
                }
                let length = value.len();
                self.quoted_breaks(start, value)?;
                if first == '\n' && value.len() == length {
                    value.push(' ');
                }
            }
        }
        Ok(())
    }

    /// Further line ends with the white space before them.
    fn quoted_breaks(&mut self, start: Mark, value: &mut String) -> Scan<()> {
        loop {
            if self.reader.at_document_marker() {
                return Err(self
                    .reader
                    .error("the document ends before the closing quote")
                    .within("the quote opens here", opening(start))
                    .help("add the closing quote, or indent this line"));
            }
            self.reader.take_in_line(|c| c == ' ' || c == '\t');
            match self.reader.take_break() {
                Some(c) => value.push(c),
                None => return Ok(()),
            }
        }
    }
}

fn opening(start: Mark) -> ByteRange {
    ByteRange::new(start.offset, start.offset + 1)
}
