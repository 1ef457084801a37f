//! Flow collections: `[…]` and `{…}`, and the single pairs that may stand in a list.

use super::{Allowed, Parse, Parser, State};
use crate::yaml::event::{Event, EventKind, Properties};
use crate::yaml::scanner::TokenKind;

impl<'a> Parser<'a> {
    pub(super) fn flow_sequence_entry(&mut self, first: bool) -> Parse<Event<'a>> {
        if first {
            self.open()?;
        }
        if !self.next_is(|t| matches!(t, TokenKind::FlowSequenceEnd))? {
            if !first {
                if !self.next_is(|t| matches!(t, TokenKind::FlowEntry))? {
                    return Err(self
                        .unexpected_in("list", "`,` or `]`")?
                        .help("separate items with `,` and close the list with `]`"));
                }
                self.take()?;
            }
            if self.next_is(|t| matches!(t, TokenKind::Key))? {
                let (start, end) = {
                    let token = self.peek()?;
                    (token.start, token.end)
                };
                self.state = State::FlowPairKey;
                let kind = EventKind::MappingStart { properties: Properties::default() };
                let mut event = self.event(kind, start, end);
                event.content.start = start.offset;
                event.content.end = end.offset;
                return Ok(event);
            }
            if !self.next_is(|t| matches!(t, TokenKind::FlowSequenceEnd))? {
                self.states.push(State::FlowSequenceEntry);
                return self.node(Allowed::Flow);
            }
        }
        self.close(EventKind::SequenceEnd)
    }

    pub(super) fn flow_pair_key(&mut self) -> Parse<Event<'a>> {
        self.flow_node(State::FlowPairValue, |t| {
            matches!(t, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd)
        })
    }

    pub(super) fn flow_pair_value(&mut self) -> Parse<Event<'a>> {
        if self.next_is(|t| matches!(t, TokenKind::Value))? {
            return self.flow_node(State::FlowPairEnd, |t| {
                matches!(t, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd)
            });
        }
        self.state = State::FlowPairEnd;
        let mark = self.peek()?.start;
        Ok(self.empty_scalar(mark))
    }

    pub(super) fn flow_pair_end(&mut self) -> Parse<Event<'a>> {
        self.state = State::FlowSequenceEntry;
        let mark = self.peek()?.start;
        Ok(self.event(EventKind::MappingEnd, mark, mark))
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Parse<Event<'a>> {
        if first {
            self.open()?;
        }
        if !self.next_is(|t| matches!(t, TokenKind::FlowMappingEnd))? {
            if !first {
                if !self.next_is(|t| matches!(t, TokenKind::FlowEntry))? {
                    return Err(self
                        .unexpected_in("mapping", "`,` or `}`")?
                        .help("separate entries with `,` and close the mapping with `}`"));
                }
                self.take()?;
            }
            if self.next_is(|t| matches!(t, TokenKind::Key))? {
                return self.flow_node(State::FlowMappingValue, |t| {
                    matches!(t, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd)
                });
            }
            if !self.next_is(|t| matches!(t, TokenKind::FlowMappingEnd))? {
                self.states.push(State::FlowMappingEmptyValue);
                return self.node(Allowed::Flow);
            }
        }
        self.close(EventKind::MappingEnd)
    }

    /// The value of a key; `lone` when the key is known to have none, as in `{a, b}`.
    pub(super) fn flow_mapping_value(&mut self, lone: bool) -> Parse<Event<'a>> {
        if !lone && self.next_is(|t| matches!(t, TokenKind::Value))? {
            return self.flow_node(State::FlowMappingKey, |t| {
                matches!(t, TokenKind::FlowEntry | TokenKind::FlowMappingEnd)
            });
        }
        self.state = State::FlowMappingKey;
        let mark = self.peek()?.start;
        Ok(self.empty_scalar(mark))
    }

    /// What follows `?` or `:`, which is nothing when `ends` holds for the next token; then goes on with `after`.
    fn flow_node(&mut self, after: State, ends: impl Fn(&TokenKind<'a>) -> bool) -> Parse<Event<'a>> {
        let end = self.take()?.end;
        if self.next_is(ends)? {
            self.state = after;
            return Ok(self.empty_scalar(end));
        }
        self.states.push(after);
        self.node(Allowed::Flow)
    }
}
