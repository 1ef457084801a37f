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
}

mod flow;
mod lines;
mod values;

#[cfg(test)]
mod tests;
