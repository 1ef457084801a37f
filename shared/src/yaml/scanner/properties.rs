//! Anchors, aliases and tags (YAML 1.1, 8.1 and 8.2).

use super::{Scan, Scanner, Tag, Token, TokenKind};
use crate::yaml::reader::{is_blank_or_end, is_space_or_end};

impl<'a> Scanner<'a> {
    /// `&name` or `*name`.
    pub(super) fn scan_anchor(&mut self) -> Scan<Token<'a>> {
        let start = self.reader.mark();
        let alias = self.reader.peek() == '*';
        let (what, help) = if alias {
            ("the name of an alias", "if `*` is part of a text, put the text in quotes")
        } else {
            ("the name of an anchor", "if `&` is part of a text, put the text in quotes")
        };
        self.reader.advance();
        let name = self.take_word();
        if name.is_empty() {
            return Err(self.reader.unexpected(what).help(help));
        }
        let c = self.reader.peek();
        if !(is_blank_or_end(c) || matches!(c, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`')) {
            return Err(self.reader.unexpected("letters, digits, `-` or `_` in a name").help(help));
        }
        let name = name.to_owned();
        let kind = if alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) };
        Ok(Token { kind, start, end: self.reader.mark() })
    }

    /// `!suffix`, `!handle!suffix`, `!<verbatim>` or `!`.
    pub(super) fn scan_tag(&mut self) -> Scan<Token<'a>> {
        let start = self.reader.mark();
        let next = self.reader.peek_nth(1);
        let (handle, suffix) = if next == '<' {
            self.reader.advance_by(2);
            let suffix = self.tag_uri()?;
            if self.reader.peek() != '>' {
                return Err(self.reader.unexpected("`>` at the end of the tag"));
            }
            self.reader.advance();
            (None, suffix)
        } else if is_blank_or_end(next) {
            self.reader.advance();
            (None, "!".to_owned())
        } else {
            let mut rest = self.reader.rest().chars().skip(1).take_while(|&c| !is_space_or_end(c));
            let handle = if rest.any(|c| c == '!') {
                self.tag_handle()?
            } else {
                self.reader.advance();
                "!".to_owned()
            };
            (Some(handle), self.tag_uri()?)
        };
        if !is_space_or_end(self.reader.peek()) {
            return Err(self
                .reader
                .unexpected("a space after the tag")
                .help("if `!` is part of a text, put the text in quotes"));
        }
        Ok(Token { kind: TokenKind::Tag(Box::new(Tag { handle, suffix })), start, end: self.reader.mark() })
    }

    /// `!`, `!!` or `!name!`.
    pub(super) fn tag_handle(&mut self) -> Scan<String> {
        let start = self.reader.mark().offset;
        if self.reader.peek() != '!' {
            return Err(self.reader.unexpected("`!`, the beginning of a tag"));
        }
        self.reader.advance();
        if self.reader.peek() != ' ' {
            self.take_word();
            if self.reader.peek() != '!' {
                return Err(self.reader.unexpected("`!` at the end of the tag's handle"));
            }
            self.reader.advance();
        }
        Ok(self.reader.text()[start..self.reader.mark().offset].to_owned())
    }

    /// Characters of a URI, `%` escapes decoded.
    pub(super) fn tag_uri(&mut self) -> Scan<String> {
        let mut uri = String::new();
        loop {
            uri.push_str(self.reader.take_in_line(is_uri));
            if self.reader.peek() != '%' {
                break;
            }
            uri.push_str(&self.uri_escapes()?);
        }
        if uri.is_empty() {
            return Err(self.reader.unexpected("the name of a tag"));
        }
        Ok(uri)
    }

    fn uri_escapes(&mut self) -> Scan<String> {
        let first = self.reader.error("these escapes are not valid UTF-8");
        let mut bytes = Vec::new();
        while self.reader.peek() == '%' {
            self.reader.advance();
            let digits = self.reader.mark();
            let mut byte = 0;
            for _ in 0..2 {
                // Below 256, because there are two digits of at most 15.
                match self.reader.peek().to_digit(16) {
                    Some(digit) => byte = byte << 4 | digit as u8,
                    None => {
                        let mut error = self.reader.unexpected("two hexadecimal digits after `%`");
                        error.mark = Some(digits);
                        return Err(error);
                    }
                }
                self.reader.advance();
            }
            bytes.push(byte);
        }
        String::from_utf8(bytes).map_err(|_| first)
    }

    /// Letters, digits, `-` and `_`.
    pub(super) fn take_word(&mut self) -> &'a str {
        self.reader.take_in_line(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    }
}

fn is_uri(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            '-' | ';'
                | '/'
                | '?'
                | ':'
                | '@'
                | '&'
                | '='
                | '+'
                | '$'
                | ','
                | '_'
                | '.'
                | '!'
                | '~'
                | '*'
                | '\''
                | '('
                | ')'
                | '['
                | ']'
        )
}
