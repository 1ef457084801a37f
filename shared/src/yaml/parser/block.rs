//! Block collections: lists of `- ` and mappings of `key: value`, held together by indentation.

use super::{Allowed, Parse, Parser, State};
use crate::yaml::event::{Event, EventKind};
use crate::yaml::scanner::TokenKind;

const INDENTATION: &str = "check the indentation of this line and of the lines above it";

impl<'a> Parser<'a> {
    pub(super) fn block_sequence_entry(&mut self) -> Parse<Event<'a>> {
        if self.next_is(|t| matches!(t, TokenKind::BlockEntry))? {
            let end = self.take()?.end;
            if self.next_is(|t| matches!(t, TokenKind::BlockEntry | TokenKind::BlockEnd))? {
                self.state = State::BlockSequenceEntry;
                return Ok(self.empty_scalar(end));
            }
            self.states.push(State::BlockSequenceEntry);
            return self.node(Allowed::Block);
        }
        if !self.next_is(|t| matches!(t, TokenKind::BlockEnd))? {
            return Err(self.unexpected_in("list", "`-` or the end of the list")?.help(INDENTATION));
        }
        self.close(EventKind::SequenceEnd)
    }

    pub(super) fn indentless_sequence_entry(&mut self) -> Parse<Event<'a>> {
        if self.next_is(|t| matches!(t, TokenKind::BlockEntry))? {
            let end = self.take()?.end;
            if self.next_is(|t| {
                matches!(t, TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd)
            })? {
                self.state = State::IndentlessSequenceEntry;
                return Ok(self.empty_scalar(end));
            }
            self.states.push(State::IndentlessSequenceEntry);
            return self.node(Allowed::Block);
        }
        let mark = self.peek()?.start;
        self.leave();
        Ok(self.event(EventKind::SequenceEnd, mark, mark))
    }

    pub(super) fn block_mapping_key(&mut self) -> Parse<Event<'a>> {
        if self.next_is(|t| matches!(t, TokenKind::Key))? {
            return self.block_mapping_node(State::BlockMappingValue);
        }
        if !self.next_is(|t| matches!(t, TokenKind::BlockEnd))? {
            return Err(self.unexpected_in("mapping", "a key or the end of the mapping")?.help(INDENTATION));
        }
        self.close(EventKind::MappingEnd)
    }

    pub(super) fn block_mapping_value(&mut self) -> Parse<Event<'a>> {
        if self.next_is(|t| matches!(t, TokenKind::Value))? {
            return self.block_mapping_node(State::BlockMappingKey);
        }
        self.state = State::BlockMappingKey;
        let mark = self.peek()?.start;
        Ok(self.empty_scalar(mark))
    }

    /// What follows `?` or `:`; then goes on with `after`.
    fn block_mapping_node(&mut self, after: State) -> Parse<Event<'a>> {
        let end = self.take()?.end;
        if self.next_is(|t| matches!(t, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd))? {
            self.state = after;
            return Ok(self.empty_scalar(end));
        }
        self.states.push(after);
        self.node(Allowed::BlockOrIndentless)
    }
}
