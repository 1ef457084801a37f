//! Collections in brackets.

use super::{Ix, Kind, Reader, Spot, Style};
use crate::diagnostics::ByteRange;

/// What may come next inside of a bracket.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A key or an item.
    Entry,
    /// The colon of this key.
    Colon(Ix),
    /// The value of this key.
    Value(Ix),
    /// A comma.
    Comma,
}

impl Reader<'_> {
    /// Reads a collection in brackets as the value of `root`. `column` is what its lines are indented more than; a
    /// line that is not, and does not close it, ends it.
    pub(super) fn flow(&mut self, root: Ix, at: usize, column: Option<usize>) {
        let mut stack: Vec<(Ix, State)> = Vec::new();
        let mut i = at;
        self.begin(root, i);
        stack.push((root, State::Entry));
        i += 1;
        while let Some(&(top, state)) = stack.last() {
            let from = i;
            let unclosed = self.gap_in_flow(&mut i, column);
            let token = if unclosed { None } else { self.bytes.get(i).copied() };
            self.mark_flow_gap(from, i, token, top, state);
            let Some(token) = token else { break };
            let set = |stack: &mut Vec<(Ix, State)>, state| {
                if let Some(top) = stack.last_mut() {
                    top.1 = state;
                }
            };
            match token {
                b'[' | b'{' => {
                    let ix = match state {
                        State::Value(entry) => entry,
                        _ => self.missing(top, i, None, false, true),
                    };
                    set(&mut stack, State::Comma);
                    self.begin(ix, i);
                    stack.push((ix, State::Entry));
                    i += 1;
                }
                b']' | b'}' => {
                    stack.pop();
                    i += 1;
                }
                b',' => {
                    set(&mut stack, State::Entry);
                    i += 1;
                }
                b':' if matches!(state, State::Colon(_)) || self.ends_flow_word(i + 1) => {
                    if let State::Colon(entry) = state {
                        self.nodes[entry].colon = true;
                        set(&mut stack, State::Value(entry));
                    } else {
                        set(&mut stack, State::Comma);
                    }
                    i += 1;
                }
                _ => {
                    let (end, kind) = match token {
                        b'"' | b'\'' => (self.quoted_end(i, column), self.style(i)),
                        _ => (self.flow_plain_end(i), Kind::Scalar(Style::Plain)),
                    };
                    let range = ByteRange::new(i, end);
                    let next = self.scalar_in_flow(top, state, range, kind);
                    set(&mut stack, next);
                    i = end;
                }
            }
        }
        // What follows on the line is a comment, or a mistake; an unclosed one ends before this line.
        let line_start =
            self.bytes[..i].iter().rposition(|b| matches!(b, b'\n' | b'\r')).map_or(0, |n| n + 1);
        self.at = if stack.is_empty() || i >= self.bytes.len() {
            self.next_line(self.line_end(i))
        } else {
            line_start
        };
    }

    fn begin(&mut self, ix: Ix, at: usize) {
        let kind = if self.bytes[at] == b'{' { Kind::Map } else { Kind::Seq };
        self.give(ix, kind, ByteRange::new(at, at + 1));
        self.nodes[ix].flow = true;
    }

    /// Skips blanks, line ends and comments; whether the collection ends there, unclosed.
    fn gap_in_flow(&mut self, i: &mut usize, column: Option<usize>) -> bool {
        loop {
            match self.bytes.get(*i) {
                Some(b' ' | b'\t') => *i += 1,
                Some(b'#') if *i == 0 || self.is_blank(*i - 1) => {
                    let end = self.line_end(*i);
                    self.mark(*i + 1, end, Spot::Nowhere);
                    *i = end;
                }
                Some(b'\n' | b'\r') => {
                    let next = self.next_line(*i);
                    let content = self.skip_blanks(next);
                    let first = self.bytes.get(content);
                    let empty = matches!(first, None | Some(b'\n' | b'\r' | b'#' | b']' | b'}' | b','));
                    if !empty && column.is_some_and(|c| content - next <= c) {
                        *i = next;
                        return true;
                    }
                    *i = next;
                }
                _ => return false,
            }
        }
    }

    /// Says what may be written between two tokens.
    fn mark_flow_gap(&mut self, from: usize, to: usize, token: Option<u8>, top: Ix, state: State) {
        // At the start of the next token it is that token's business.
        let free = matches!(token, None | Some(b',' | b']' | b'}'));
        let to = if free { to } else { to.saturating_sub(1) };
        // Where an unclosed collection ends, the next line begins.
        let to = if token.is_none() && to < self.bytes.len() { to.saturating_sub(1) } else { to };
        if from > to {
            return;
        }
        let spot = match state {
            // Before another entry, a comma would be missing.
            State::Entry if free => Spot::Inside(top),
            State::Value(entry) if free => Spot::Value(entry),
            _ => Spot::Nowhere,
        };
        self.mark(from, to, spot);
    }

    fn scalar_in_flow(&mut self, top: Ix, state: State, range: ByteRange, kind: Kind) -> State {
        match state {
            State::Entry if self.nodes[top].kind == Kind::Map => {
                let entry = self.missing(top, range.end, Some(range), false, true);
                self.mark(range.start, range.end, Spot::Key(entry));
                State::Colon(entry)
            }
            State::Entry | State::Value(_) => {
                let ix = match state {
                    State::Value(entry) => entry,
                    _ => self.missing(top, range.start, None, false, true),
                };
                self.give(ix, kind, range);
                self.mark(range.start, range.end, Spot::Value(ix));
                State::Comma
            }
            State::Colon(_) | State::Comma => {
                self.mark(range.start, range.end, Spot::Nowhere);
                state
            }
        }
    }

    fn ends_flow_word(&self, at: usize) -> bool {
        self.is_blank(at) || matches!(self.bytes[at], b',' | b'[' | b']' | b'{' | b'}')
    }

    fn flow_plain_end(&self, at: usize) -> usize {
        let mut i = at + 1;
        while let Some(&b) = self.bytes.get(i) {
            let ends = match b {
                b',' | b'[' | b']' | b'{' | b'}' | b'\n' | b'\r' => true,
                b':' => self.ends_flow_word(i + 1),
                b'#' => self.is_blank(i - 1),
                _ => false,
            };
            if ends {
                break;
            }
            i += 1;
        }
        // A character of several bytes may begin it.
        while !self.text.is_char_boundary(i) {
            i += 1;
        }
        self.trimmed(at, i).max(at + 1)
    }
}
