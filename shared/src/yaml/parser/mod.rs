//! Tokens to events: the grammar of YAML 1.1 as a machine with a stack of states, so that nesting
//! costs memory and never the call stack.

mod block;
mod flow;
mod node;

use std::{borrow::Cow, collections::BTreeMap};

use super::error::{Stage, YamlError};
use super::event::{Event, EventKind, Mark, Properties, ScalarStyle};
use super::reader::is_break;
use super::scanner::{Directive, Scanner, TagHandle, Token, TokenKind};
use crate::diagnostics::ByteRange;

type Parse<T> = Result<T, YamlError>;

/// What the parser does next. Pushed states are where it returns to when a node is complete.
#[derive(Clone, Copy, Debug)]
enum State {
    FirstDocument,
    Document,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// Which nodes may come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// Flow collections and scalars.
    Flow,
    /// Block collections too.
    Block,
    /// And a sequence at the indentation of its parent mapping.
    BlockOrIndentless,
}

pub(super) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    states: Vec<State>,
    /// Where each open collection begins, for messages.
    opened: Vec<Mark>,
    /// The tag handles that the document defines.
    handles: BTreeMap<String, String>,
    /// Where the last token that has any text ended.
    last_end: usize,
}

impl<'a> Parser<'a> {
    /// `text` has passed [`super::reader::check_characters`].
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            scanner: Scanner::new(text),
            state: State::FirstDocument,
            states: Vec::new(),
            opened: Vec::new(),
            handles: BTreeMap::new(),
            last_end: 0,
        }
    }

    pub(super) fn text(&self) -> &'a str {
        self.scanner.text()
    }

    /// The next event; `None` after the last.
    pub(super) fn next_event(&mut self) -> Parse<Option<Event<'a>>> {
        match self.state {
            State::FirstDocument => self.first_document(),
            State::Document => self.document(),
            State::DocumentContent => self.document_content().map(Some),
            State::DocumentEnd => self.document_end().map(Some),
            State::BlockNode => self.node(Allowed::Block).map(Some),
            State::BlockSequenceEntry => self.block_sequence_entry().map(Some),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry().map(Some),
            State::BlockMappingKey => self.block_mapping_key().map(Some),
            State::BlockMappingValue => self.block_mapping_value().map(Some),
            State::FlowSequenceFirst => self.flow_sequence_entry(true).map(Some),
            State::FlowSequenceEntry => self.flow_sequence_entry(false).map(Some),
            State::FlowPairKey => self.flow_pair_key().map(Some),
            State::FlowPairValue => self.flow_pair_value().map(Some),
            State::FlowPairEnd => self.flow_pair_end().map(Some),
            State::FlowMappingFirst => self.flow_mapping_key(true).map(Some),
            State::FlowMappingKey => self.flow_mapping_key(false).map(Some),
            State::FlowMappingValue => self.flow_mapping_value(false).map(Some),
            State::FlowMappingEmptyValue => self.flow_mapping_value(true).map(Some),
            State::End => Ok(None),
        }
    }

    // Documents.

    /// The first document needs no `---`.
    fn first_document(&mut self) -> Parse<Option<Event<'a>>> {
        if self.next_is(|t| {
            matches!(t, TokenKind::Directive(_) | TokenKind::DocumentStart | TokenKind::StreamEnd)
        })? {
            return self.document();
        }
        let start = self.peek()?.start;
        self.states.push(State::DocumentEnd);
        self.state = State::BlockNode;
        Ok(Some(self.event(EventKind::DocumentStart { explicit: false }, start, start)))
    }

    fn document(&mut self) -> Parse<Option<Event<'a>>> {
        while self.next_is(|t| matches!(t, TokenKind::DocumentEnd))? {
            self.take()?;
        }
        let start = self.peek()?.start;
        if self.next_is(|t| matches!(t, TokenKind::StreamEnd))? {
            self.take()?;
            self.state = State::End;
            return Ok(None);
        }
        self.directives()?;
        if !self.next_is(|t| matches!(t, TokenKind::DocumentStart))? {
            return Err(self
                .unexpected_token(|_| "this does not belong to the document above it".to_owned())?
                .help("indent this line like the first one, or begin another document with `---`"));
        }
        let end = self.take()?.end;
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        Ok(Some(self.event(EventKind::DocumentStart { explicit: true }, start, end)))
    }

    fn document_content(&mut self) -> Parse<Event<'a>> {
        if self.next_is(|t| {
            matches!(
                t,
                TokenKind::Directive(_)
                    | TokenKind::DocumentStart
                    | TokenKind::DocumentEnd
                    | TokenKind::StreamEnd
            )
        })? {
            let mark = self.peek()?.start;
            self.leave();
            return Ok(self.empty_scalar(mark));
        }
        self.node(Allowed::Block)
    }

    fn document_end(&mut self) -> Parse<Event<'a>> {
        let start = self.peek()?.start;
        let explicit = self.next_is(|t| matches!(t, TokenKind::DocumentEnd))?;
        let end = if explicit { self.take()?.end } else { start };
        self.state = State::Document;
        Ok(self.event(EventKind::DocumentEnd { explicit }, start, end))
    }

    fn directives(&mut self) -> Parse<()> {
        let mut handles = BTreeMap::new();
        let mut versioned = false;
        while self.next_is(|t| matches!(t, TokenKind::Directive(_)))? {
            let token = self.take()?;
            let (range, start) = (token.range(), token.start);
            let error = |message: String| YamlError::new(Stage::Parser, message, range, start);
            match token.kind {
                TokenKind::Directive(Directive::Yaml { .. }) if versioned => {
                    return Err(error("there is a second `%YAML` directive".to_owned()));
                }
                TokenKind::Directive(Directive::Yaml { version_1 }) => {
                    if !version_1 {
                        return Err(error("this YAML version is not supported, only 1.x is".to_owned()));
                    }
                    versioned = true;
                }
                TokenKind::Directive(Directive::Tag(tag)) => {
                    let TagHandle { handle, prefix } = *tag;
                    if handles.contains_key(&handle) {
                        return Err(error(format!("the tag handle `{handle}` is defined twice")));
                    }
                    handles.insert(handle, prefix);
                }
                _ => {}
            }
        }
        self.handles = handles;
        Ok(())
    }

    /// What a tag handle stands for; two are there in every document.
    fn prefix(&self, handle: &str) -> Option<&str> {
        let standard = match handle {
            "!" => Some("!"),
            "!!" => Some("tag:yaml.org,2002:"),
            _ => None,
        };
        self.handles.get(handle).map(String::as_str).or(standard)
    }

    // Tokens and states.

    fn peek(&mut self) -> Parse<&Token<'a>> {
        self.scanner.peek()
    }

    fn next_is(&mut self, wanted: impl Fn(&TokenKind<'a>) -> bool) -> Parse<bool> {
        Ok(wanted(&self.peek()?.kind))
    }

    fn take(&mut self) -> Parse<Token<'a>> {
        let token = self.scanner.next()?;
        if token.end.offset > token.start.offset {
            self.last_end = match token.kind {
                TokenKind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } => {
                    self.scanner.trimmed_end(token.start, token.end)
                }
                _ => token.end.offset,
            };
        }
        Ok(token)
    }

    /// Goes back to the state that waits for the node just completed.
    fn leave(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// An event that ends where the last text ended, or stands there itself.
    fn event(&self, kind: EventKind<'a>, start: Mark, end: Mark) -> Event<'a> {
        Event { kind, start, end, content: ByteRange::new(self.last_end, self.last_end) }
    }

    /// A scalar that is not written at all.
    fn empty_scalar(&self, mark: Mark) -> Event<'a> {
        let kind = EventKind::Scalar {
            properties: Properties::default(),
            value: Cow::Borrowed(""),
            style: ScalarStyle::Plain,
        };
        self.event(kind, mark, mark)
    }

    /// An error about the next token.
    fn unexpected_token(&mut self, message: impl Fn(&TokenKind<'a>) -> String) -> Parse<YamlError> {
        let text = self.scanner.text();
        let token = self.peek()?;
        let mut range = token.range();
        if range.start == range.end {
            // The start and end of a block have no text: show the character they stand at.
            let next = text[range.start..].chars().next().filter(|c| !c.is_whitespace());
            range.end += next.map_or(0, char::len_utf8);
        }
        Ok(YamlError::new(Stage::Parser, message(&token.kind), range, token.start))
    }

    /// The error that the next token is not what should come.
    fn unexpected(&mut self, expected: &str) -> Parse<YamlError> {
        self.unexpected_token(|found| format!("expected {expected}, found {}", found.described()))
    }

    /// The same, inside of the innermost open collection.
    fn unexpected_in(&mut self, what: &str, expected: &str) -> Parse<YamlError> {
        let text = self.scanner.text();
        let opened = self.opened.last().map_or(0, |mark| mark.offset);
        let width = text[opened..].chars().next().map_or(0, char::len_utf8);
        let token = self.peek()?;
        let block = matches!(token.kind, TokenKind::BlockMappingStart | TokenKind::BlockSequenceStart);
        let begins_line =
            text[..token.start.offset].trim_end_matches(' ').chars().next_back().is_some_and(is_break);
        let error = if block && begins_line {
            self.unexpected_token(|_| {
                "this line is indented like none of the lines it could belong to".to_owned()
            })?
        } else {
            self.unexpected(expected)?
        };
        Ok(error.within(format!("the {what} begins here"), ByteRange::new(opened, opened + width)))
    }
}
