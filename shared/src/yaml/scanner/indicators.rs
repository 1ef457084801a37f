//! Tokens of few characters, and what they mean for keys and indentation.

use super::{Before, Scan, Scanner, Token, TokenKind};

/// What to do about a colon in the middle of a value.
const COLON: &str = "a key begins on a line of its own, indented like the keys beside it; \
    if the colon is part of a text, put the text in quotes";

impl<'a> Scanner<'a> {
    pub(super) fn leave_document(&mut self) -> Scan<()> {
        self.unwind(-1);
        self.forget_key()?;
        self.key_allowed = false;
        Ok(())
    }

    pub(super) fn fetch_stream_end(&mut self) -> Scan<()> {
        self.leave_document()?;
        self.possible_keys.clear();
        self.push_empty(TokenKind::StreamEnd);
        self.done = true;
        Ok(())
    }

    pub(super) fn fetch_marker(&mut self, kind: TokenKind<'a>) -> Scan<()> {
        self.leave_document()?;
        let start = self.reader.mark();
        self.reader.advance_by(3);
        self.push(Token { kind, start, end: self.reader.mark() });
        Ok(())
    }

    pub(super) fn fetch_flow_start(&mut self, kind: TokenKind<'a>) -> Scan<()> {
        self.note_key()?;
        self.flow_level += 1;
        self.key_allowed = true;
        self.push_indicator(kind);
        Ok(())
    }

    pub(super) fn fetch_flow_end(&mut self, kind: TokenKind<'a>) -> Scan<()> {
        self.forget_key()?;
        self.flow_level = self.flow_level.saturating_sub(1);
        self.key_allowed = false;
        self.push_indicator(kind);
        Ok(())
    }

    pub(super) fn fetch_block_entry(&mut self) -> Scan<()> {
        // Inside a flow collection the token is wrong, but the parser says so better.
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self
                    .reader
                    .error("a list item (`- `) cannot begin here")
                    .help("begin the list on a line of its own, or quote the value if it is text"));
            }
            if self.indent_to(self.reader.column()) {
                self.push_empty(TokenKind::BlockSequenceStart);
            }
        }
        self.key_allowed = true;
        self.forget_key()?;
        self.push_indicator(TokenKind::BlockEntry);
        Ok(())
    }

    pub(super) fn fetch_key(&mut self) -> Scan<()> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self
                    .reader
                    .error("a key (`? `) cannot begin here")
                    .help("begin it on a line of its own, or quote the value if it is text"));
            }
            if self.indent_to(self.reader.column()) {
                self.push_empty(TokenKind::BlockMappingStart);
            }
        }
        self.key_allowed = self.flow_level == 0;
        self.forget_key()?;
        self.push_indicator(TokenKind::Key);
        Ok(())
    }

    pub(super) fn fetch_value(&mut self) -> Scan<()> {
        if let Some(key) = self.possible_keys.pop_back_if(|key| key.level == self.flow_level) {
            let opens = self.flow_level == 0 && self.indent_to(key.mark.column);
            if let Some((before, _)) = self.queue.get_mut(key.token - self.taken) {
                *before = if opens { Before::MappingAndKey } else { Before::Key };
            }
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    return Err(self.reader.error("this `:` belongs to no key").help(COLON));
                }
                if self.indent_to(self.reader.column()) {
                    self.push_empty(TokenKind::BlockMappingStart);
                }
            }
            self.key_allowed = self.flow_level == 0;
            self.forget_key()?;
        }
        self.push_indicator(TokenKind::Value);
        Ok(())
    }
}
