//! Plain scalars: text without quotes (YAML 1.1, 9.1.3).

use std::borrow::Cow;

use super::{Scanner, Token, TokenKind, as_indent};
use crate::yaml::event::ScalarStyle;
use crate::yaml::reader::{is_blank_or_end, is_break};

impl<'a> Scanner<'a> {
    /// Whether `c`, under the cursor, can begin a plain scalar.
    pub(super) fn begins_plain(&self, c: char) -> bool {
        match c {
            '-' => !self.blank_follows(),
            '?' | ':' => self.flow_level == 0 && !self.blank_follows(),
            ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => false,
            c => !is_blank_or_end(c),
        }
    }

    pub(super) fn scan_plain(&mut self) -> Token<'a> {
        let start = self.reader.mark();
        let mut end = start;
        let indent = self.indent + 1;
        // What is folded already; from `from` on, the value is what stands in the text.
        let mut folded = String::new();
        let mut from = start.offset;
        let mut gap = Gap::Spaces;
        while self.reader.peek() != '#' {
            let run = self.plain_run();
            if run == 0 {
                break;
            }
            if let Gap::Folded(gap) = gap {
                folded.push_str(&self.reader.text()[from..end.offset]);
                folded.push_str(&gap);
                from = self.reader.mark().offset;
            }
            self.reader.advance_in_line(run);
            end = self.reader.mark();
            self.key_allowed = false;
            gap = self.plain_gap();
            let outdented = self.flow_level == 0 && as_indent(self.reader.column()) < indent;
            if matches!(gap, Gap::None) || outdented {
                break;
            }
        }
        let last = &self.reader.text()[from..end.offset];
        let value = if folded.is_empty() { Cow::Borrowed(last) } else { Cow::Owned(folded + last) };
        Token { kind: TokenKind::Scalar { value, style: ScalarStyle::Plain }, start, end }
    }

    /// How many bytes from here on belong to the scalar before white space or an indicator.
    fn plain_run(&self) -> usize {
        let flow = self.flow_level > 0;
        let rest = self.reader.rest();
        let bytes = rest.as_bytes();
        let mut at = 0;
        while let Some(&b) = bytes.get(at) {
            let ends = match b {
                b':' => {
                    let next = rest[at + 1..].chars().next().unwrap_or('\0');
                    is_blank_or_end(next) || (flow && matches!(next, ',' | '[' | ']' | '{' | '}'))
                }
                b',' | b'?' | b'[' | b']' | b'{' | b'}' => flow,
                b' ' | b'\t' | b'\n' | b'\r' => true,
                b if b.is_ascii() => false,
                _ => {
                    let c = rest[at..].chars().next().unwrap_or('\0');
                    if !is_break(c) {
                        at += c.len_utf8();
                        continue;
                    }
                    true
                }
            };
            if ends {
                break;
            }
            at += 1;
        }
        at
    }

    /// Spaces and line ends inside the scalar.
    fn plain_gap(&mut self) -> Gap {
        let spaces = self.reader.take_spaces();
        let Some(first) = self.reader.take_break() else {
            return if spaces.is_empty() { Gap::None } else { Gap::Spaces };
        };
        self.key_allowed = true;
        if self.reader.at_document_marker() {
            return Gap::None;
        }
        let mut gap = String::new();
        if first != '\n' {
            gap.push(first);
        }
        let mut blank_lines = false;
        loop {
            self.reader.skip_spaces();
            if !is_break(self.reader.peek()) {
                break;
            }
            blank_lines = true;
            gap.extend(self.reader.take_break());
            if self.reader.at_document_marker() {
                return Gap::None;
            }
        }
        if first == '\n' && !blank_lines {
            gap.push(' ');
        }
        Gap::Folded(gap)
    }
}

/// What stands between two parts of a plain scalar.
enum Gap {
    /// Nothing: the scalar has ended.
    None,
    /// Spaces, which stay as they are.
    Spaces,
    /// Line ends, as they are folded.
    Folded(String),
}
