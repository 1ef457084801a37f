//! The lines of a text: which keys and items begin on each, by their indentation.

use super::{Frame, Ix, Kind, Node, Pending, ROOT, Reader, Spot, Style};
use crate::diagnostics::ByteRange;

impl Reader<'_> {
    pub(super) fn lines(&mut self) {
        let mut last = None;
        while last != Some(self.at) {
            last = Some(self.at);
            let (start, end) = (self.at, self.line_end(self.at));
            self.at = self.next_line(end);
            let content = self.skip_blanks(start);
            let rest = &self.bytes[content..end];
            let marker = content == start
                && (rest.starts_with(b"---") || rest.starts_with(b"..."))
                && self.is_blank(start + 3);
            if marker && self.nodes.len() > 1 {
                // Another document; there is none in a configuration.
                return;
            } else if rest.is_empty() || rest[0] == b'#' {
                self.mark_gap(start, content, end);
            } else if marker || (rest[0] == b'%' && content == start && self.nodes.len() == 1) {
                self.mark(start, end, Spot::Nowhere);
            } else {
                self.content(start, content, end);
            }
        }
    }

    /// A line without content; `at` is where its comment begins, if it has one.
    pub(super) fn mark_gap(&mut self, start: usize, at: usize, end: usize) {
        if self.spot.is_some() || self.offset < start || end < self.offset {
            return;
        }
        self.spot = Some(if self.offset > at { Spot::Nowhere } else { self.gap(self.offset - start, end) });
    }

    /// What may be written on an empty line, so many bytes from its start.
    pub(super) fn gap(&self, column: usize, end: usize) -> Spot {
        let below = self.next_column(end);
        if let Some(pending) = self.pending
            && self.nodes[pending.node].kind == Kind::Missing
            && pending.column.is_none_or(|c| column > c)
        {
            // What stands below is the same value, in its column.
            let taken = below.filter(|&below| pending.column.is_none_or(|c| below > c));
            let fits = taken.is_none_or(|below| below == column);
            return if fits { Spot::Below(pending.node, column) } else { Spot::Nowhere };
        }
        // A key above lines that are indented more would take them for itself.
        if below.is_some_and(|below| below > column) {
            return Spot::Nowhere;
        }
        let mut here = self.frames.iter().filter(|f| f.column == column).map(|f| f.node);
        let first = here.next();
        here.chain(first)
            .find(|&ix| self.nodes[ix].kind == Kind::Map)
            .or(first)
            .map_or(Spot::Nowhere, Spot::Inside)
    }

    /// How far the next line with content is indented.
    pub(super) fn next_column(&self, mut end: usize) -> Option<usize> {
        loop {
            let start = self.next_line(end);
            if start == end {
                return None;
            }
            end = self.line_end(start);
            let content = self.skip_blanks(start);
            if content < end && self.bytes[content] != b'#' {
                return Some(content - start);
            }
        }
    }

    pub(super) fn push(&mut self, node: Node) -> Ix {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    pub(super) fn missing(
        &mut self,
        parent: Ix,
        at: usize,
        key: Option<ByteRange>,
        colon: bool,
        flow: bool,
    ) -> Ix {
        self.push(Node {
            kind: Kind::Missing,
            flow,
            range: ByteRange::new(at, at),
            column: 0,
            parent: Some(parent),
            key,
            colon,
            own_line: false,
        })
    }

    /// A line with something on it: dashes, then a key, then a value.
    pub(super) fn content(&mut self, start: usize, mut at: usize, end: usize) {
        if at > start {
            self.mark(start, at - 1, Spot::Nowhere);
        }
        while self.bytes[at] == b'-' && self.is_blank(at + 1) {
            let column = at - start;
            let seq = self.open(column, Kind::Seq);
            let next = self.skip_blanks(at + 1);
            let item = self.missing(seq, next.min(end), None, false, false);
            self.pending = Some(Pending { node: item, column: Some(column) });
            self.mark(at, at, Spot::Nowhere);
            if self.ends(next, end) {
                self.mark(at + 1, next, Spot::Value(item));
                self.mark(next, end, Spot::Nowhere);
                return;
            }
            self.mark(at + 1, next - 1, Spot::Nowhere);
            at = next;
        }
        let column = at - start;
        if let Some((key, colon)) = self.key(at, end) {
            let map = self.open(column, Kind::Map);
            let next = self.skip_blanks(colon + 1);
            let entry = self.missing(map, next.min(end), Some(key), true, false);
            self.pending = Some(Pending { node: entry, column: Some(column) });
            self.mark(key.start, key.end, Spot::Key(entry));
            self.mark(key.end, colon, Spot::Nowhere);
            if self.ends(next, end) {
                self.mark(colon + 1, next, Spot::Value(entry));
                self.mark(next, end, Spot::Nowhere);
                return;
            }
            self.mark(colon + 1, next - 1, Spot::Nowhere);
            self.value(entry, next, Some(column), None, end);
        } else {
            self.bare_line(column, at, end);
        }
        self.mark(at, self.at.saturating_sub(1).max(end), Spot::Nowhere);
    }

    /// Whether nothing but a comment is left of a line.
    pub(super) fn ends(&self, at: usize, end: usize) -> bool {
        at >= end || self.bytes[at] == b'#'
    }

    /// A value on a line of its own, or a key to be.
    pub(super) fn bare_line(&mut self, column: usize, at: usize, end: usize) {
        self.close(column, false);
        let first = self.bytes[at];
        let collection = matches!(first, b'[' | b'{' | b'|' | b'>');
        if let Some(pending) = self.pending.filter(|p| p.column.is_none_or(|c| column > c)) {
            let node = &self.nodes[pending.node];
            match node.kind {
                Kind::Missing => return self.value(pending.node, at, pending.column, Some(column), end),
                // A second word below the first: two keys to be, unless it is running text.
                Kind::Scalar(Style::Plain)
                    if node.column == column && !collection && self.is_word(at, end) =>
                {
                    self.open(column, Kind::Map);
                }
                _ => return,
            }
        }
        let top = self.frames.last().map(|frame| (frame.node, frame.column));
        if let Some((map, c)) = top
            && c == column
            && self.nodes[map].kind == Kind::Map
            && !collection
        {
            let key = ByteRange::new(at, self.plain_end(at, end));
            let entry = self.missing(map, key.end, Some(key), false, false);
            self.mark(key.start, key.end, Spot::Key(entry));
            self.pending = None;
        }
    }

    pub(super) fn is_word(&self, at: usize, end: usize) -> bool {
        let word = &self.bytes[at..self.plain_end(at, end)];
        word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    }

    /// Closes what a line at this column does not belong to; gives the last mapping or list that was closed.
    pub(super) fn close(&mut self, column: usize, same: bool) -> Option<Frame> {
        let mut closed = None;
        while self.frames.last().is_some_and(|f| f.column > column || (same && f.column == column)) {
            closed = self.frames.pop();
        }
        closed
    }

    /// The mapping or list whose entries stand at this column, opened if it is not open.
    pub(super) fn open(&mut self, column: usize, kind: Kind) -> Ix {
        let closed = self.close(column, false);
        // A list may stand at the column of its key; a key there ends it.
        while kind == Kind::Map
            && self.frames.last().is_some_and(|f| f.column == column && self.nodes[f.node].kind == Kind::Seq)
        {
            self.frames.pop();
        }
        if let Some(frame) = self.frames.last()
            && frame.column == column
            && self.nodes[frame.node].kind == kind
        {
            return frame.node;
        }
        let given = self.pending.take().filter(|p| {
            let entry = kind == Kind::Seq && self.nodes[p.node].key.is_some();
            p.column.is_none_or(|c| column > c || (entry && column == c))
        });
        if let Some(pending) = given {
            let ix = pending.node;
            let word = self.nodes[ix].clone();
            if word.kind == Kind::Missing || (kind == Kind::Map && word.own_line && word.column == column) {
                let node = &mut self.nodes[ix];
                node.kind = kind;
                node.column = column;
                node.flow = false;
                self.frames.push(Frame { node: ix, column });
                if let Kind::Scalar(Style::Plain) = word.kind {
                    // The word above was a key to be.
                    self.missing(ix, word.range.end, Some(word.range), false, false);
                    if self.spot == Some(Spot::Value(ix)) {
                        self.spot = Some(Spot::Key(self.nodes.len() - 1));
                    }
                }
                return ix;
            }
        }
        // Indented like nothing above: it goes with its neighbours.
        if let Some(frame) = closed
            && self.nodes[frame.node].kind == kind
        {
            let ix = frame.node;
            self.frames.push(frame);
            return ix;
        }
        if let Some(frame) = self.frames.last()
            && self.nodes[frame.node].kind == kind
        {
            return frame.node;
        }
        let parent = self.frames.last().map_or(ROOT, |frame| frame.node);
        let ix = self.missing(parent, self.at, None, false, false);
        self.nodes[ix].kind = kind;
        self.nodes[ix].column = column;
        self.frames.push(Frame { node: ix, column });
        ix
    }
}
