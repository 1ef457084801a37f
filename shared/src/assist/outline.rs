//! A text as far as it can be understood while someone types it: which keys, values and items stand
//! where, by indentation and brackets alone.
//!
//! The YAML reader stops at the first mistake; what is being typed is one nearly always. This reads
//! on: a quote or a bracket that is never closed ends where the next key begins, a word without a
//! colon is a key to be, a line that is indented oddly belongs to what stands above it. It is one
//! pass, linear in the text, and never fails.

use crate::diagnostics::ByteRange;

/// Index of a node.
pub(super) type Ix = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Map,
    Seq,
    Scalar(Style),
    /// Not written yet.
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    /// `|` or `>`.
    Block,
}

/// One value, and the key it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// In brackets, or inside of some.
    pub(super) flow: bool,
    /// A scalar as written, quotes included; of others only the start counts.
    pub(super) range: ByteRange,
    /// Bytes before the entries of a block collection.
    pub(super) column: usize,
    pub(super) parent: Option<Ix>,
    /// The key as written; `None` for items and the root.
    pub(super) key: Option<ByteRange>,
    /// Whether a colon follows the key.
    pub(super) colon: bool,
    /// Whether a scalar is the first thing on its line: it may be a key to be.
    own_line: bool,
}

impl Node {
    /// Whether it is a scalar that is the first thing on its line.
    pub(super) fn begins_line(&self) -> bool {
        self.own_line
    }
}

/// What is at the place that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// In the key of this node.
    Key(Ix),
    /// In this scalar, or where it would be written.
    Value(Ix),
    /// Where another key of this mapping, or item of this list, may be written. A block list wants a dash first.
    Inside(Ix),
    /// On a line of its own below the key of this node, so many bytes from the line's start.
    Below(Ix, usize),
    /// Nowhere that anything belongs to: in a comment, behind a value.
    Nowhere,
}

/// What a text holds, and what is at one place of it.
pub(super) struct Outline<'t> {
    pub(super) text: &'t str,
    pub(super) nodes: Vec<Node>,
    pub(super) spot: Spot,
    /// The place that was asked for, on a character boundary.
    pub(super) offset: usize,
}

/// The root's index.
pub(super) const ROOT: Ix = 0;

impl<'t> Outline<'t> {
    /// Reads `text`, looking out for what is at `offset` (bytes; the nearest boundary before it).
    pub(super) fn new(text: &'t str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let bytes = text.as_bytes();
        if offset > 0 && bytes.get(offset) == Some(&b'\n') && bytes[offset - 1] == b'\r' {
            offset -= 1;
        }
        let mut reader = Reader::new(text, offset);
        reader.lines();
        Self { text, nodes: reader.nodes, spot: reader.spot.unwrap_or(Spot::Nowhere), offset }
    }

    pub(super) fn slice(&self, range: ByteRange) -> &'t str {
        self.text.get(range.start..range.end).unwrap_or_default()
    }

    /// The children of a collection, in their order.
    pub(super) fn children(&self, of: Ix) -> impl Iterator<Item = (Ix, &Node)> {
        self.nodes.iter().enumerate().skip(of + 1).filter(move |(_, node)| node.parent == Some(of))
    }

    /// A key or scalar without its quotes. Escapes stay: no name that is looked for here has one.
    pub(super) fn bare(&self, range: ByteRange) -> &'t str {
        let text = self.slice(range);
        for quote in ['"', '\''] {
            if let Some(inner) = text.strip_prefix(quote) {
                return inner.strip_suffix(quote).unwrap_or(inner);
            }
        }
        text
    }

    /// The value at a path of keys from the root, the last one where a key stands twice.
    pub(super) fn find(&self, path: &[&str]) -> Option<Ix> {
        path.iter().try_fold(ROOT, |at, name| {
            self.children(at)
                .filter(|(_, n)| n.key.is_some_and(|k| self.bare(k) == *name))
                .last()
                .map(|(ix, _)| ix)
        })
    }

    /// The texts of a list, or the one text, at a path; `None` where nothing is written.
    pub(super) fn texts(&self, path: &[&str]) -> Option<Vec<&'t str>> {
        let ix = self.find(path)?;
        match self.nodes[ix].kind {
            Kind::Scalar(_) => Some(vec![self.bare(self.nodes[ix].range)]),
            Kind::Seq => Some(
                self.children(ix)
                    .filter(|(_, n)| matches!(n.kind, Kind::Scalar(_)))
                    .map(|(_, n)| self.bare(n.range))
                    .collect(),
            ),
            _ => None,
        }
    }
}

struct Frame {
    node: Ix,
    column: usize,
}

/// A value that a following line may give.
#[derive(Clone, Copy)]
struct Pending {
    node: Ix,
    /// What the value has to be indented more than; `None` for the root.
    column: Option<usize>,
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Where the next line begins.
    at: usize,
    offset: usize,
    spot: Option<Spot>,
    nodes: Vec<Node>,
    frames: Vec<Frame>,
    pending: Option<Pending>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, offset: usize) -> Self {
        let root = Node {
            kind: Kind::Missing,
            flow: false,
            range: ByteRange::new(0, 0),
            column: 0,
            parent: None,
            key: None,
            colon: false,
            own_line: false,
        };
        Self {
            text,
            bytes: text.as_bytes(),
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            offset,
            spot: None,
            nodes: vec![root],
            frames: Vec::new(),
            pending: Some(Pending { node: ROOT, column: None }),
        }
    }

    /// Says what is at the place, when it lies within `from..=to` and nothing was said yet.
    fn mark(&mut self, from: usize, to: usize, spot: Spot) {
        if self.spot.is_none() && from <= self.offset && self.offset <= to {
            self.spot = Some(spot);
        }
    }

    fn line_end(&self, from: usize) -> usize {
        self.bytes[from..]
            .iter()
            .position(|b| matches!(b, b'\n' | b'\r'))
            .map_or(self.bytes.len(), |n| from + n)
    }

    fn next_line(&self, end: usize) -> usize {
        match self.bytes.get(end) {
            Some(b'\r') if self.bytes.get(end + 1) == Some(&b'\n') => end + 2,
            Some(_) => end + 1,
            None => end,
        }
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while matches!(self.bytes.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        at
    }

    fn is_blank(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    }

    fn lines(&mut self) {
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
    fn mark_gap(&mut self, start: usize, at: usize, end: usize) {
        if self.spot.is_some() || self.offset < start || end < self.offset {
            return;
        }
        self.spot = Some(if self.offset > at { Spot::Nowhere } else { self.gap(self.offset - start, end) });
    }

    /// What may be written on an empty line, so many bytes from its start.
    fn gap(&self, column: usize, end: usize) -> Spot {
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
    fn next_column(&self, mut end: usize) -> Option<usize> {
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

    fn push(&mut self, node: Node) -> Ix {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn missing(&mut self, parent: Ix, at: usize, key: Option<ByteRange>, colon: bool, flow: bool) -> Ix {
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
    fn content(&mut self, start: usize, mut at: usize, end: usize) {
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
    fn ends(&self, at: usize, end: usize) -> bool {
        at >= end || self.bytes[at] == b'#'
    }

    /// A value on a line of its own, or a key to be.
    fn bare_line(&mut self, column: usize, at: usize, end: usize) {
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

    fn is_word(&self, at: usize, end: usize) -> bool {
        let word = &self.bytes[at..self.plain_end(at, end)];
        word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    }

    /// Closes what a line at this column does not belong to; gives the last mapping or list that was closed.
    fn close(&mut self, column: usize, same: bool) -> Option<Frame> {
        let mut closed = None;
        while self.frames.last().is_some_and(|f| f.column > column || (same && f.column == column)) {
            closed = self.frames.pop();
        }
        closed
    }

    /// The mapping or list whose entries stand at this column, opened if it is not open.
    fn open(&mut self, column: usize, kind: Kind) -> Ix {
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

    /// The key at `at`, as written, and where its colon stands.
    fn key(&self, at: usize, end: usize) -> Option<(ByteRange, usize)> {
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

    fn trimmed(&self, from: usize, to: usize) -> usize {
        let text = &self.bytes[from..to];
        from + text.len() - text.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count()
    }

    /// One past the quote that closes the one at `at`, before `end`.
    fn quote_end(&self, at: usize, end: usize) -> Option<usize> {
        self.closing(at + 1, end, self.bytes[at])
    }

    /// One past the first closing quote from `from` on, before `end`.
    fn closing(&self, from: usize, end: usize, quote: u8) -> Option<usize> {
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
    fn plain_end(&self, at: usize, end: usize) -> usize {
        let mut i = at;
        while i < end && !(self.bytes[i] == b'#' && i > at && self.is_blank(i - 1)) {
            i += 1;
        }
        self.trimmed(at, i)
    }

    fn give(&mut self, ix: Ix, kind: Kind, range: ByteRange) {
        self.nodes[ix].kind = kind;
        self.nodes[ix].range = range;
    }

    /// The value of a node. `column` is what further lines of it are indented more than; `own` is the value's own
    /// column when it begins a line.
    fn value(&mut self, ix: Ix, mut at: usize, column: Option<usize>, own: Option<usize>, end: usize) {
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

    fn block_scalar(&mut self, ix: Ix, at: usize, column: Option<usize>, end: usize) {
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
    fn quoted_end(&self, at: usize, column: Option<usize>) -> usize {
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

    fn style(&self, at: usize) -> Kind {
        Kind::Scalar(if self.bytes[at] == b'"' { Style::Double } else { Style::Single })
    }

    fn quoted(&mut self, ix: Ix, at: usize, column: Option<usize>) {
        let close = self.quoted_end(at, column);
        self.give(ix, self.style(at), ByteRange::new(at, close));
        self.mark(at, close, Spot::Value(ix));
        self.at = self.next_line(self.line_end(close));
    }
}

mod flow;

#[cfg(test)]
mod tests;
