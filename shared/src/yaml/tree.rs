//! The tree that the rest of the crate reads.

use crate::diagnostics::ByteRange;

/// Index of a node in its [`Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

/// A loaded document: nodes in an arena, so that an alias costs nothing, a cycle is possible and
/// an "alias bomb" stays as small as its text.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) nodes: Vec<Node>,
    /// The root; `None` when the text holds no document.
    pub root: Option<NodeId>,
}

impl Document {
    /// The node behind `id`.
    ///
    /// # Panics
    /// When `id` comes from another document.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Every node, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    /// How many nodes there are; aliases are not counted again.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// One value and where it stands. An aliased node stands where its anchor is; whoever refers to
/// it (an item, an entry) keeps the place of the alias.
#[derive(Clone, Debug)]
pub struct Node {
    /// The text the node covers, tag and anchor left out; empty for a null that is not written.
    pub range: ByteRange,
    /// What YAML 1.1 reads it as.
    pub value: Value,
    /// The scalar as written, quotes and folding resolved (`3.10`, `0x1F`, `yes`); `None` for collections.
    pub text: Option<String>,
    /// Whether a scalar is plain (not quoted, not a block).
    pub plain: bool,
}

/// A value after YAML 1.1 resolution, as PyYAML's safe loader would construct it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `~`, `null`, nothing at all.
    Null,
    /// `yes`, `off`, `true` …
    Bool(bool),
    /// An integer within ±2^127.
    Int(i128),
    /// An integer beyond that, as decimal text with `-` when negative; never more than 4,300 digits.
    BigInt(String),
    /// Also sexagesimal, infinite and not-a-number.
    Float(f64),
    /// Text. A lone surrogate from an escape is kept as U+FFFD and cannot be told apart.
    Str(String),
    /// `!!binary`.
    Binary(Vec<u8>),
    /// A date or timestamp, as written; it exists (no 31 April).
    Timestamp(String),
    /// A sequence; each item with the place where it is referred to (the alias, when it is one).
    Seq(Vec<(NodeId, ByteRange)>),
    /// A mapping: merge keys are resolved, duplicates are kept in order (the last one wins).
    Map(Vec<MapEntry>),
    /// `!!set`.
    Set(Vec<(NodeId, ByteRange)>),
    /// `!!omap` or `!!pairs`: a list of pairs.
    Pairs(Vec<(NodeId, NodeId)>),
}

/// One entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct MapEntry {
    /// The key's node.
    pub key: NodeId,
    /// The value's node.
    pub value: NodeId,
    /// Where the key is written.
    pub key_range: ByteRange,
    /// Where the value is referred to.
    pub value_range: ByteRange,
    /// Whether the entry came in by a merge key (`<<`).
    pub merged: bool,
}
