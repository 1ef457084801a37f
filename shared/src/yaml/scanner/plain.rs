//! Plain scalars: text without quotes (YAML 1.1, 9.1.3).

use super::{Scanner, Token, TokenKind, as_indent};
use crate::yaml::event::ScalarStyle;
use crate::yaml::reader::{is_blank_or_end, is_break};

impl Scanner<'_> {
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

    pub(super) fn scan_plain(&mut self) -> Token {
        let start = self.reader.mark();
        let mut end = start;
        let indent = self.indent + 1;
        let mut value = String::new();
        let mut gap = String::new();
        while self.reader.peek() != '#' {
            let run = self.plain_run();
            if run == 0 {
                break;
            }
            let from = self.reader.mark().offset;
            self.reader.advance_by(run);
            end = self.reader.mark();
            self.key_allowed = false;
            value.push_str(&gap);
            value.push_str(&self.reader.text()[from..end.offset]);
            gap = self.plain_gap();
            if gap.is_empty() || (self.flow_level == 0 && as_indent(self.reader.column()) < indent) {
                break;
            }
        }
        Token { kind: TokenKind::Scalar { value, style: ScalarStyle::Plain }, start, end }
    }

    /// How many characters from here on belong to the scalar before white space or an indicator.
    fn plain_run(&self) -> usize {
        let flow = self.flow_level > 0;
        let mut chars = self.reader.rest().chars().peekable();
        let mut count = 0;
        while let Some(c) = chars.next() {
            let ends = match c {
                ':' => {
                    let next = chars.peek().copied().unwrap_or('\0');
                    is_blank_or_end(next) || (flow && matches!(next, ',' | '[' | ']' | '{' | '}'))
                }
                ',' | '?' | '[' | ']' | '{' | '}' => flow,
                c => is_blank_or_end(c),
            };
            if ends {
                break;
            }
            count += 1;
        }
        count
    }

    /// Spaces and line ends inside the scalar, folded; empty when the scalar ends here.
    fn plain_gap(&mut self) -> String {
        let spaces = self.reader.take_while(|c| c == ' ');
        let Some(first) = self.reader.take_break() else {
            return spaces.to_owned();
        };
        self.key_allowed = true;
        if self.reader.at_document_marker() {
            return String::new();
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
                return String::new();
            }
        }
        if first == '\n' && !blank_lines {
            gap.push(' ');
        }
        gap
    }
}
