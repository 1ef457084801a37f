//! Characters to tokens: indentation, simple keys, and which token begins where.
//!
//! A key such as `name` in `name: x` is only known to be one when its `:` is seen. So each token that
//! could begin a simple key is noted; when the `:` comes, that token is marked as preceded by a key
//! (and perhaps by the start of a mapping), which is handed out before it.

mod block;
mod directive;
mod indicators;
mod plain;
mod properties;
mod quoted;
mod token;

use std::collections::VecDeque;

pub(super) use token::{Directive, Tag, TagHandle, Token, TokenKind};

use super::error::{YamlError, shown};
use super::event::Mark;
use super::reader::{Reader, is_blank_or_end, is_break};
use crate::diagnostics::ByteRange;

/// A simple key ends on its line and within this many characters (YAML 1.1, 9.1.3 and 7.5).
const SIMPLE_KEY_LIMIT: usize = 1024;

pub(super) type Scan<T> = Result<T, YamlError>;

/// What has turned out to stand before a queued token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Key,
    MappingAndKey,
}

/// A token that begins a simple key if a `:` follows.
struct PossibleKey {
    /// How many flow collections are open around it; one possible key for each level.
    level: usize,
    /// Number of the token, counted from the start of the text.
    token: usize,
    /// Whether the indentation leaves nothing else: it must be a key.
    required: bool,
    /// Characters before it.
    index: usize,
    mark: Mark,
}

pub(super) struct Scanner<'a> {
    reader: Reader<'a>,
    queue: VecDeque<(Before, Token<'a>)>,
    /// The token the parser looks at, already out of the queue.
    current: Option<Token<'a>>,
    /// How many tokens have left the queue.
    taken: usize,
    done: bool,
    /// Ascending in level, token and index alike: what is deeper began later.
    possible_keys: VecDeque<PossibleKey>,
    /// Whether a simple key may begin here: in a block only at the start of a line or after an indicator.
    key_allowed: bool,
    flow_level: usize,
    /// Column of the innermost block collection, -1 outside of any.
    indent: isize,
    indents: Vec<isize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            reader: Reader::new(text),
            queue: VecDeque::new(),
            current: None,
            taken: 0,
            done: false,
            possible_keys: VecDeque::new(),
            key_allowed: true,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
        }
    }

    pub(super) fn text(&self) -> &'a str {
        self.reader.text()
    }

    /// Takes the next token; after the last, the end again and again.
    pub(super) fn next(&mut self) -> Scan<Token<'a>> {
        match self.current.take() {
            Some(token) => Ok(token),
            None => self.pull(),
        }
    }

    /// Looks at the next token.
    pub(super) fn peek(&mut self) -> Scan<&Token<'a>> {
        if self.current.is_none() {
            self.current = Some(self.pull()?);
        }
        let end = self.reader.mark();
        // There is one now; the borrow checker cannot know.
        Ok(self.current.get_or_insert(Token { kind: TokenKind::StreamEnd, start: end, end }))
    }

    fn pull(&mut self) -> Scan<Token<'a>> {
        while self.needs_more()? {
            self.fetch()?;
        }
        if let Some((before, token)) = self.queue.front_mut() {
            let (kind, left) = match before {
                Before::Nothing => (None, Before::Nothing),
                Before::Key => (Some(TokenKind::Key), Before::Nothing),
                Before::MappingAndKey => (Some(TokenKind::BlockMappingStart), Before::Key),
            };
            *before = left;
            if let Some(kind) = kind {
                return Ok(Token { kind, start: token.start, end: token.start });
            }
        }
        let mark = self.reader.mark();
        match self.queue.pop_front() {
            Some((_, token)) => {
                self.taken += 1;
                Ok(token)
            }
            None => Ok(Token { kind: TokenKind::StreamEnd, start: mark, end: mark }),
        }
    }

    /// Whether the first token in the queue is missing, or not yet known to be a key or none.
    fn needs_more(&mut self) -> Scan<bool> {
        if self.done {
            return Ok(false);
        }
        if self.queue.is_empty() {
            return Ok(true);
        }
        self.drop_stale_keys()?;
        Ok(self.possible_keys.front().is_some_and(|key| key.token == self.taken))
    }

    /// Scans on by one token (and the starts and ends of blocks that come with it).
    fn fetch(&mut self) -> Scan<()> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        let column = self.reader.column();
        self.unwind(as_indent(column));
        let c = self.reader.peek();
        let block = self.flow_level == 0;
        match c {
            '\0' => self.fetch_stream_end(),
            '%' if column == 0 => {
                self.leave_document()?;
                let token = self.scan_directive()?;
                self.push(token);
                Ok(())
            }
            '-' if column == 0 && self.reader.at_marker("---") => self.fetch_marker(TokenKind::DocumentStart),
            '.' if column == 0 && self.reader.at_marker("...") => self.fetch_marker(TokenKind::DocumentEnd),
            '[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            '{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            ']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            '}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            ',' => {
                self.key_allowed = true;
                self.forget_key()?;
                self.push_indicator(TokenKind::FlowEntry);
                Ok(())
            }
            '-' if self.blank_follows() => self.fetch_block_entry(),
            '?' if !block || self.blank_follows() => self.fetch_key(),
            ':' if !block || self.blank_follows() => self.fetch_value(),
            '*' | '&' => {
                self.note_key()?;
                self.key_allowed = false;
                let token = self.scan_anchor()?;
                self.push(token);
                Ok(())
            }
            '!' => {
                self.note_key()?;
                self.key_allowed = false;
                let token = self.scan_tag()?;
                self.push(token);
                Ok(())
            }
            '|' | '>' if block => {
                self.key_allowed = true;
                self.forget_key()?;
                let token = self.scan_block_scalar()?;
                self.push(token);
                Ok(())
            }
            '\'' | '"' => {
                self.note_key()?;
                self.key_allowed = false;
                let token = self.scan_quoted()?;
                self.push(token);
                Ok(())
            }
            _ if self.begins_plain(c) => {
                self.note_key()?;
                self.key_allowed = false;
                let token = self.scan_plain();
                self.push(token);
                Ok(())
            }
            _ => Err(self.cannot_begin(c)),
        }
    }

    fn cannot_begin(&self, c: char) -> YamlError {
        let error = self.reader.error(format!("{} cannot begin a value", shown(c)));
        match c {
            '\t' => error.help("use spaces: YAML takes tabs neither for indentation nor between values"),
            _ => error.help("put the value in quotes"),
        }
    }

    fn blank_follows(&self) -> bool {
        is_blank_or_end(self.reader.peek_nth(1))
    }

    /// Steps over spaces, comments and line ends. Tabs are no separation.
    fn skip_to_token(&mut self) {
        self.reader.skip_bom();
        loop {
            self.reader.skip_spaces();
            if self.reader.peek() == '#' {
                self.reader.take_line();
            }
            if self.reader.take_break().is_none() {
                return;
            }
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn push(&mut self, token: Token<'a>) {
        self.queue.push_back((Before::Nothing, token));
    }

    /// Queues a token without width.
    fn push_empty(&mut self, kind: TokenKind<'a>) {
        let mark = self.reader.mark();
        self.push(Token { kind, start: mark, end: mark });
    }

    /// Queues a token of one character.
    fn push_indicator(&mut self, kind: TokenKind<'a>) {
        let start = self.reader.mark();
        self.reader.advance();
        self.push(Token { kind, start, end: self.reader.mark() });
    }

    // Simple keys.

    /// Forgets keys whose `:` can no longer come.
    fn drop_stale_keys(&mut self) -> Scan<()> {
        while let Some(key) = self.possible_keys.front() {
            let fresh = key.mark.line == self.reader.mark().line
                && self.reader.index() - key.index <= SIMPLE_KEY_LIMIT;
            if fresh {
                return Ok(());
            }
            if key.required {
                return Err(self.missing_colon(key));
            }
            self.possible_keys.pop_front();
        }
        Ok(())
    }

    /// Notes that the token which begins here may be a simple key.
    fn note_key(&mut self) -> Scan<()> {
        if !self.key_allowed {
            return Ok(());
        }
        self.forget_key()?;
        let mark = self.reader.mark();
        self.possible_keys.push_back(PossibleKey {
            level: self.flow_level,
            token: self.taken + self.queue.len(),
            required: self.flow_level == 0 && self.indent == as_indent(mark.column),
            index: self.reader.index(),
            mark,
        });
        Ok(())
    }

    /// Forgets the possible key of this level, because something else has come.
    fn forget_key(&mut self) -> Scan<()> {
        if let Some(key) = self.possible_keys.pop_back_if(|key| key.level == self.flow_level)
            && key.required
        {
            return Err(self.missing_colon(&key));
        }
        Ok(())
    }

    fn missing_colon(&self, key: &PossibleKey) -> YamlError {
        let rest = &self.reader.text()[key.mark.offset..];
        let line = rest.split(is_break).next().unwrap_or_default();
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        let mut error = self.reader.error("expected `: ` after this key").help(if line.contains(':') {
            "put a space after the colon"
        } else {
            "write `key: value`, with the key on one line"
        });
        error.range = ByteRange::new(key.mark.offset, key.mark.offset + line.len());
        error
    }

    // Indentation.

    /// Closes the block collections that are indented by more than `column`.
    fn unwind(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.indent = self.indents.pop().unwrap_or(-1);
            self.push_empty(TokenKind::BlockEnd);
        }
    }

    /// Opens a block collection at `column`, unless one is open there.
    fn indent_to(&mut self, column: usize) -> bool {
        let column = as_indent(column);
        if self.indent >= column {
            return false;
        }
        self.indents.push(self.indent);
        self.indent = column;
        true
    }
}

/// A column as an indentation, which can be -1 too. A text is never longer than `isize::MAX` bytes.
fn as_indent(column: usize) -> isize {
    isize::try_from(column).unwrap_or(isize::MAX)
}
