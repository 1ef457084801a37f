//! One node: its anchor and tag, and what it is.

use std::borrow::Cow;

use super::{Allowed, Parse, Parser, State};
use crate::diagnostics::ByteRange;
use crate::yaml::error::{Stage, YamlError};
use crate::yaml::event::{Event, EventKind, Mark, Properties, ScalarStyle, Spanned};
use crate::yaml::scanner::{Tag, Token, TokenKind};

impl<'a> Parser<'a> {
    /// The event that begins the next node (or is all of it).
    pub(super) fn node(&mut self, allowed: Allowed) -> Parse<Event<'a>> {
        if self.next_is(|t| matches!(t, TokenKind::Alias(_)))? {
            let token = self.take()?;
            self.leave();
            let content = token.range();
            let name = match token.kind {
                TokenKind::Alias(name) => name,
                _ => String::new(),
            };
            return Ok(Event {
                kind: EventKind::Alias { name },
                start: token.start,
                end: token.end,
                content,
            });
        }
        let mut properties = Properties::default();
        // Start and end of anchor and tag.
        let mut written: Option<(Mark, Mark)> = None;
        let mut handle = None;
        while properties.anchor.is_none() || properties.tag.is_none() {
            let wanted = self.next_is(|t| match t {
                TokenKind::Anchor(_) => properties.anchor.is_none(),
                TokenKind::Tag(_) => properties.tag.is_none(),
                _ => false,
            })?;
            if !wanted {
                break;
            }
            let token = self.take()?;
            written = Some((written.map_or(token.start, |(start, _)| start), token.end));
            let range = token.range();
            match token.kind {
                TokenKind::Anchor(text) => properties.anchor = Some(Box::new(Spanned { text, range })),
                TokenKind::Tag(tag) => {
                    let Tag { handle: written, suffix } = *tag;
                    properties.tag = Some(Box::new(Spanned { text: suffix, range }));
                    handle = written.map(|name| (name, token.start));
                }
                _ => {}
            }
        }
        if let (Some((handle, start)), Some(tag)) = (handle, &mut properties.tag) {
            self.resolve_handle(&handle, start, tag)?;
        }

        let next = self.peek()?;
        let (token_start, token_end) = (next.start, next.end);
        let start = written.map_or(token_start, |(start, _)| start);
        let begins = |kind: EventKind<'a>, end: Mark, content: ByteRange| Event { kind, start, end, content };
        let content = next.range();
        let block = allowed != Allowed::Flow;
        match next.kind {
            TokenKind::BlockEntry if allowed == Allowed::BlockOrIndentless => {
                self.state = State::IndentlessSequenceEntry;
                Ok(begins(EventKind::SequenceStart { properties }, token_end, content))
            }
            TokenKind::Scalar { .. } => {
                let token = self.take()?;
                self.leave();
                Ok(self.scalar(token, properties, start))
            }
            TokenKind::FlowSequenceStart => {
                self.state = State::FlowSequenceFirst;
                Ok(begins(EventKind::SequenceStart { properties }, token_end, content))
            }
            TokenKind::FlowMappingStart => {
                self.state = State::FlowMappingFirst;
                Ok(begins(EventKind::MappingStart { properties }, token_end, content))
            }
            TokenKind::BlockSequenceStart if block => {
                self.open()?;
                self.state = State::BlockSequenceEntry;
                Ok(begins(EventKind::SequenceStart { properties }, token_start, content))
            }
            TokenKind::BlockMappingStart if block => {
                self.open()?;
                self.state = State::BlockMappingKey;
                Ok(begins(EventKind::MappingStart { properties }, token_start, content))
            }
            _ => match written {
                // An anchor or a tag alone stands for an empty scalar.
                Some((_, end)) => {
                    self.leave();
                    let mut event = self.empty_scalar(end);
                    event.start = start;
                    event.kind =
                        EventKind::Scalar { properties, value: Cow::Borrowed(""), style: ScalarStyle::Plain };
                    Ok(event)
                }
                None => Err(self
                    .unexpected("a value")?
                    .help("write the value, or put it in quotes if it is text")),
            },
        }
    }

    fn scalar(&self, token: Token<'a>, properties: Properties, start: Mark) -> Event<'a> {
        let content = ByteRange::new(token.start.offset, self.last_end.max(token.start.offset));
        let (value, style) = match token.kind {
            TokenKind::Scalar { value, style } => (value, style),
            _ => (Cow::Borrowed(""), ScalarStyle::Plain),
        };
        Event { kind: EventKind::Scalar { properties, value, style }, start, end: token.end, content }
    }

    /// Puts the prefix that `handle` stands for before the tag's suffix.
    fn resolve_handle(&self, handle: &str, start: Mark, tag: &mut Spanned) -> Parse<()> {
        let Some(prefix) = self.prefix(handle) else {
            let message = format!("the tag handle `{handle}` is not defined");
            return Err(YamlError::new(Stage::Parser, message, tag.range, start)
                .help("define it by a `%TAG` line before the document, or put the value in quotes"));
        };
        tag.text.insert_str(0, prefix);
        Ok(())
    }

    /// Takes the token that opens a collection, and notes where.
    pub(super) fn open(&mut self) -> Parse<()> {
        let token = self.take()?;
        self.opened.push(token.start);
        Ok(())
    }

    /// Takes the token that closes a collection.
    pub(super) fn close(&mut self, kind: EventKind<'a>) -> Parse<Event<'a>> {
        let token = self.take()?;
        self.opened.pop();
        self.leave();
        Ok(self.event(kind, token.start, token.end))
    }
}
