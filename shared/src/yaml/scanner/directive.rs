//! Directives: `%YAML` and `%TAG` (YAML 1.1, 7.1).

use super::{Directive, Scan, Scanner, TagHandle, Token, TokenKind};
use crate::diagnostics::ByteRange;
use crate::yaml::error::YamlError;
use crate::yaml::event::Mark;
use crate::yaml::reader::{is_break_or_end, is_space_or_end};

/// Python reads no longer decimal number than this, and neither need a version be one.
const LONGEST_NUMBER: usize = 4300;

impl<'a> Scanner<'a> {
    pub(super) fn scan_directive(&mut self) -> Scan<Token<'a>> {
        let start = self.reader.mark();
        self.reader.advance();
        let name = self.take_word();
        if name.is_empty() {
            return Err(self.in_directive(self.reader.unexpected("the name of a directive"), start));
        }
        if !is_space_or_end(self.reader.peek()) {
            return Err(
                self.in_directive(self.reader.unexpected("a space after the directive's name"), start)
            );
        }
        let (directive, end) = match name {
            "YAML" => (self.yaml_directive(start)?, self.reader.mark()),
            "TAG" => (self.tag_directive(start)?, self.reader.mark()),
            _ => {
                let end = self.reader.mark();
                self.reader.take_line();
                (Directive::Other, end)
            }
        };
        self.reader.skip_spaces();
        if self.reader.peek() == '#' {
            self.reader.take_line();
        }
        if !is_break_or_end(self.reader.peek()) {
            return Err(self.in_directive(self.reader.unexpected("a comment or the end of the line"), start));
        }
        self.reader.take_break();
        Ok(Token { kind: TokenKind::Directive(directive), start, end })
    }

    fn yaml_directive(&mut self, start: Mark) -> Scan<Directive> {
        self.reader.skip_spaces();
        let major = self.version_number(start)?;
        if self.reader.peek() != '.' {
            return Err(self.in_directive(self.reader.unexpected("a digit or `.`"), start));
        }
        self.reader.advance();
        self.version_number(start)?;
        if !is_space_or_end(self.reader.peek()) {
            return Err(self.in_directive(self.reader.unexpected("a digit or a space"), start));
        }
        Ok(Directive::Yaml { version_1: major.trim_start_matches('0') == "1" })
    }

    fn version_number(&mut self, start: Mark) -> Scan<&'a str> {
        if !self.reader.peek().is_ascii_digit() {
            return Err(self.in_directive(self.reader.unexpected("a digit"), start));
        }
        let digits = self.reader.take_in_line(|c| c.is_ascii_digit());
        if digits.len() > LONGEST_NUMBER {
            return Err(self.in_directive(self.reader.error("the version number is too long"), start));
        }
        Ok(digits)
    }

    fn tag_directive(&mut self, start: Mark) -> Scan<Directive> {
        self.reader.skip_spaces();
        let handle = self.tag_handle()?;
        if self.reader.peek() != ' ' {
            return Err(self.in_directive(self.reader.unexpected("a space after the tag's handle"), start));
        }
        self.reader.skip_spaces();
        let prefix = self.tag_uri()?;
        if !is_space_or_end(self.reader.peek()) {
            return Err(self.in_directive(self.reader.unexpected("a space after the tag's prefix"), start));
        }
        Ok(Directive::Tag(Box::new(TagHandle { handle, prefix })))
    }

    fn in_directive(&self, error: YamlError, start: Mark) -> YamlError {
        error
            .within("the directive begins here", ByteRange::new(start.offset, start.offset + 1))
            .help("if this is text, put it in quotes")
    }
}
