//! Block scalars: `|` and `>` (YAML 1.1, 9.2).

use super::{Scan, Scanner, Token, TokenKind};
use crate::diagnostics::ByteRange;
use crate::yaml::event::{Mark, ScalarStyle};
use crate::yaml::reader::{is_break, is_break_or_end, is_space_or_end};

/// What becomes of the line ends after the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_block_scalar(&mut self) -> Scan<Token<'a>> {
        let start = self.reader.mark();
        let folded = self.reader.peek() == '>';
        self.reader.advance();
        let (chomping, increment) = self.block_indicators(start)?;
        self.block_header_end(start)?;

        let minimum = usize::try_from(self.indent + 1).unwrap_or(0).max(1);
        // Line ends that are not yet part of the value: they are only if more text follows, or if kept.
        let mut breaks = String::new();
        let (indent, mut end) = match increment {
            Some(increment) => {
                let indent = minimum + increment - 1;
                (indent, self.block_breaks(indent, &mut breaks))
            }
            None => {
                let (widest, end) = self.block_detect(&mut breaks);
                (widest.max(minimum), end)
            }
        };

        let mut value = String::new();
        let mut last_break = None;
        while self.reader.column() == indent && self.reader.peek() != '\0' {
            value.push_str(&breaks);
            let flush = !matches!(self.reader.peek(), ' ' | '\t');
            value.push_str(self.reader.take_line());
            last_break = self.reader.take_break();
            breaks.clear();
            end = self.block_breaks(indent, &mut breaks);
            if self.reader.column() != indent || self.reader.peek() == '\0' {
                break;
            }
            if folded && last_break == Some('\n') && flush && !matches!(self.reader.peek(), ' ' | '\t') {
                if breaks.is_empty() {
                    value.push(' ');
                }
            } else {
                value.extend(last_break);
            }
            last_break = None;
        }
        if chomping != Chomping::Strip {
            value.extend(last_break);
        }
        if chomping == Chomping::Keep {
            value.push_str(&breaks);
        }
        let style = if folded { ScalarStyle::Folded } else { ScalarStyle::Literal };
        Ok(Token { kind: TokenKind::Scalar { value: value.into(), style }, start, end })
    }

    /// `+` or `-` and a digit, in any order.
    fn block_indicators(&mut self, start: Mark) -> Scan<(Chomping, Option<usize>)> {
        let mut chomping = self.block_chomping();
        let increment = self.block_increment(start)?;
        if chomping.is_none() {
            chomping = self.block_chomping();
        }
        if !is_space_or_end(self.reader.peek()) {
            return Err(self
                .reader
                .unexpected("`+`, `-` or a digit after the block indicator, or the end of the line")
                .within("the block begins here", header(start))
                .help("begin the text of a block on the next line"));
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    fn block_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.reader.peek() {
            '+' => Chomping::Keep,
            '-' => Chomping::Strip,
            _ => return None,
        };
        self.reader.advance();
        Some(chomping)
    }

    fn block_increment(&mut self, start: Mark) -> Scan<Option<usize>> {
        match self.reader.peek().to_digit(10) {
            None => Ok(None),
            Some(0) => Err(self
                .reader
                .error("the indentation of a block is a digit from 1 to 9, not 0")
                .within("the block begins here", header(start))),
            Some(digit) => {
                self.reader.advance();
                Ok(Some(digit as usize))
            }
        }
    }

    /// The rest of the header's line: nothing, or a comment.
    fn block_header_end(&mut self, start: Mark) -> Scan<()> {
        self.reader.skip_spaces();
        if self.reader.peek() == '#' {
            self.reader.take_line();
        }
        if !is_break_or_end(self.reader.peek()) {
            return Err(self
                .reader
                .unexpected("a comment or the end of the line")
                .within("the block begins here", header(start))
                .help("begin the text of a block on the next line"));
        }
        self.reader.take_break();
        Ok(())
    }

    /// Blank lines before the text; the widest indentation among them and the first line decides.
    fn block_detect(&mut self, breaks: &mut String) -> (usize, Mark) {
        let mut widest = 0;
        let mut end = self.reader.mark();
        loop {
            match self.reader.peek() {
                ' ' => {
                    self.reader.advance();
                    widest = widest.max(self.reader.column());
                }
                c if is_break(c) => {
                    breaks.extend(self.reader.take_break());
                    end = self.reader.mark();
                }
                _ => return (widest, end),
            }
        }
    }

    /// Line ends up to the next line with text, and the indentation of that line.
    fn block_breaks(&mut self, indent: usize, breaks: &mut String) -> Mark {
        let mut end = self.reader.mark();
        loop {
            while self.reader.column() < indent && self.reader.peek() == ' ' {
                self.reader.advance();
            }
            match self.reader.take_break() {
                Some(c) => breaks.push(c),
                None => return end,
            }
            end = self.reader.mark();
        }
    }

    /// The end of a block scalar's text, without the line ends that follow it.
    pub(in crate::yaml) fn trimmed_end(&self, start: Mark, end: Mark) -> usize {
        let text = &self.text()[start.offset..end.offset];
        start.offset + text.trim_end_matches(|c| is_break(c) || c == ' ').len()
    }
}

fn header(start: Mark) -> ByteRange {
    ByteRange::new(start.offset, start.offset + 1)
}
