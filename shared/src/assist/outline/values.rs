//! Keys and values of one place: plain, in quotes, or as a block of text.

use super::{Ix, Kind, Pending, Reader, Spot, Style};
use crate::diagnostics::ByteRange;

impl Reader<'_> {
    /// The key at `at`, as written, and where its colon stands.
    pub(super) fn key(&self, at: usize, end: usize) -> Option<(ByteRange, usize)> {
        let first = self.bytes[at];
        let mut i = at;
        match first {
            b'[' | b'{' | b'|' | b'>' | b'#' | b'%' => return None,
            b'"' | b'\'' => {
                let close = self.quote_end(at, end)?;
                let colon = self.skip_blanks(close);
                return (self.bytes.get(colon) == Some(&b':') && self.is_blank(colon + 1))
                    .then_some((ByteRange::new(at, close), colon));
            }
            _ => {}
        }
        while i < end {
            match self.bytes[i] {
                b':' if self.is_blank(i + 1) && i > at => {
                    let key = ByteRange::new(at, self.trimmed(at, i));
                    return Some((key, i));
                }
                b'#' if i > at && self.is_blank(i - 1) => return None,
                _ => i += 1,
            }
        }
        None
    }

    pub(super) fn trimmed(&self, from: usize, to: usize) -> usize {
        let text = &self.bytes[from..to];
        from + text.len() - text.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count()
    }

    /// One past the quote that closes the one at `at`, before `end`.
    pub(super) fn quote_end(&self, at: usize, end: usize) -> Option<usize> {
        self.closing(at + 1, end, self.bytes[at])
    }

    /// One past the first closing quote from `from` on, before `end`.
    pub(super) fn closing(&self, from: usize, end: usize, quote: u8) -> Option<usize> {
        let mut i = from;
        while i < end {
            match self.bytes[i] {
                b'\\' if quote == b'"' => i += 2,
                b if b == quote && quote == b'\'' && self.bytes.get(i + 1) == Some(&quote) => i += 2,
                b if b == quote => return Some(i + 1),
                _ => i += 1,
            }
        }
        None
    }

    /// Where a plain scalar of one line ends: before a comment, blanks and the line's end.
    pub(super) fn plain_end(&self, at: usize, end: usize) -> usize {
        let mut i = at;
        while i < end && !(self.bytes[i] == b'#' && i > at && self.is_blank(i - 1)) {
            i += 1;
        }
        self.trimmed(at, i)
    }

    pub(super) fn give(&mut self, ix: Ix, kind: Kind, range: ByteRange) {
        self.nodes[ix].kind = kind;
        self.nodes[ix].range = range;
    }

    /// The value of a node. `column` is what further lines of it are indented more than; `own` is the value's own
    /// column when it begins a line.
    pub(super) fn value(
        &mut self,
        ix: Ix,
        mut at: usize,
        column: Option<usize>,
        own: Option<usize>,
        end: usize,
    ) {
        while matches!(self.bytes[at], b'&' | b'!') {
            let stop = (at..end).find(|&i| self.is_blank(i)).unwrap_or(end);
            let next = self.skip_blanks(stop);
            self.mark(at, stop, Spot::Nowhere);
            if self.ends(next, end) {
                self.mark(stop, next, Spot::Value(ix));
                return;
            }
            at = next;
        }
        self.pending = None;
        match self.bytes[at] {
            b'|' | b'>' => self.block_scalar(ix, at, column, end),
            b'"' | b'\'' => self.quoted(ix, at, column),
            b'[' | b'{' => self.flow(ix, at, column),
            _ => {
                let range = ByteRange::new(at, self.plain_end(at, end));
                self.give(ix, Kind::Scalar(Style::Plain), range);
                self.mark(range.start, range.end, Spot::Value(ix));
                if let Some(own) = own {
                    self.nodes[ix].own_line = true;
                    self.nodes[ix].column = own;
                    self.pending = Some(Pending { node: ix, column });
                }
            }
        }
    }

    pub(super) fn block_scalar(&mut self, ix: Ix, at: usize, column: Option<usize>, end: usize) {
        let mut last = end;
        let mut after = self.at;
        let mut line = self.at;
        while line < self.bytes.len() {
            let content = self.skip_blanks(line);
            let stop = self.line_end(line);
            let blank = content >= stop;
            if !blank && column.is_some_and(|c| content - line <= c) {
                break;
            }
            line = self.next_line(stop);
            if !blank {
                (last, after) = (stop, line);
            }
        }
        self.give(ix, Kind::Scalar(Style::Block), ByteRange::new(at, last));
        self.mark(at, last, Spot::Nowhere);
        // Empty lines at its end may be the beginning of something else.
        self.at = after;
    }

    /// One past the closing quote of a scalar that may go on for several lines; the end of its first line when it is
    /// not closed before the next key.
    pub(super) fn quoted_end(&self, at: usize, column: Option<usize>) -> usize {
        let first = self.line_end(at);
        let (mut from, mut end) = (at + 1, first);
        loop {
            if let Some(close) = self.closing(from, end, self.bytes[at]) {
                return close;
            }
            let next = self.next_line(end);
            if next == end {
                return first;
            }
            let content = self.skip_blanks(next);
            (from, end) = (next, self.line_end(next));
            if content < end && column.is_some_and(|c| content - next <= c) {
                return first;
            }
        }
    }

    pub(super) fn style(&self, at: usize) -> Kind {
        Kind::Scalar(if self.bytes[at] == b'"' { Style::Double } else { Style::Single })
    }

    pub(super) fn quoted(&mut self, ix: Ix, at: usize, column: Option<usize>) {
        let close = self.quoted_end(at, column);
        self.give(ix, self.style(at), ByteRange::new(at, close));
        self.mark(at, close, Spot::Value(ix));
        self.at = self.next_line(self.line_end(close));
    }
}
