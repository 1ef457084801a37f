//! Events: a document as the parser says it, one node's begin or end after the other.

use std::borrow::Cow;

use crate::diagnostics::ByteRange;

/// A place as YAML counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Byte offset into the text, from 0.
    pub offset: usize,
    /// Line, from 0. Besides LF, CR and CRLF, the characters U+0085, U+2028 and U+2029 end a line.
    pub line: usize,
    /// Column in characters, from 0; byte order marks (U+FEFF) take no column.
    pub column: usize,
}

/// All events of a text, in order.
pub type Events<'t> = Vec<Event<'t>>;

/// One event and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'t> {
    /// What it says.
    pub kind: EventKind<'t>,
    /// Where it begins; for a node with an anchor or a tag, where the first of these begins.
    pub start: Mark,
    /// Where it ends. The end of a block collection is only noticed at the next token, so this
    /// may lie lines below its last text.
    pub end: Mark,
    /// The text of the node alone: without anchor and tag, without the blank lines after it.
    /// For the end of a collection, empty, where its last text ends.
    pub content: ByteRange,
}

/// What an [`Event`] says.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind<'t> {
    /// A document begins; whether by `---`.
    DocumentStart {
        /// Whether `---` is written.
        explicit: bool,
    },
    /// A document ends.
    DocumentEnd {
        /// Whether `...` is written.
        explicit: bool,
    },
    /// `*name`.
    Alias {
        /// The name without `*`.
        name: String,
    },
    /// A scalar.
    Scalar {
        /// Its anchor and tag.
        properties: Properties,
        /// What it says, after quotes, escapes and folding: a part of the text where these change nothing.
        value: Cow<'t, str>,
        /// How it is written.
        style: ScalarStyle,
    },
    /// A sequence begins.
    SequenceStart {
        /// Its anchor and tag.
        properties: Properties,
    },
    /// A sequence ends.
    SequenceEnd,
    /// A mapping begins; keys and values follow in turn.
    MappingStart {
        /// Its anchor and tag.
        properties: Properties,
    },
    /// A mapping ends.
    MappingEnd,
}

/// What may stand before a node. Rarely anything does, so it takes little room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// `&name`, without `&`.
    pub anchor: Option<Box<Spanned>>,
    /// The tag with its handle resolved, such as `tag:yaml.org,2002:str`.
    pub tag: Option<Box<Spanned>>,
}

/// A text and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned {
    /// The text.
    pub text: String,
    /// Where it is written, its indicator included.
    pub range: ByteRange,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}
