//! Tokens: what the scanner makes of characters.

use std::borrow::Cow;

use crate::diagnostics::ByteRange;
use crate::yaml::event::{Mark, ScalarStyle};

/// A token and its place.
#[derive(Clone, Debug)]
pub(in crate::yaml) struct Token<'t> {
    pub(in crate::yaml) kind: TokenKind<'t>,
    pub(in crate::yaml) start: Mark,
    pub(in crate::yaml) end: Mark,
}

impl Token<'_> {
    pub(in crate::yaml) fn range(&self) -> ByteRange {
        ByteRange::new(self.start.offset, self.end.offset)
    }
}

#[derive(Clone, Debug)]
pub(in crate::yaml) enum TokenKind<'t> {
    StreamEnd,
    Directive(Directive),
    DocumentStart,
    DocumentEnd,
    /// Block collections begin and end without a character of their own, by indentation.
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    /// Before a mapping's key: `?`, or nothing at all where the key is a simple one.
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag(Box<Tag>),
    Scalar {
        /// From the text itself where nothing in it is escaped or folded.
        value: Cow<'t, str>,
        style: ScalarStyle,
    },
}

/// A tag as it is written. Rare, and larger than all else that a token holds.
#[derive(Clone, Debug)]
pub(in crate::yaml) struct Tag {
    /// `None` for `!<…>` and for a lone `!`, whose suffix is the whole tag.
    pub(in crate::yaml) handle: Option<String>,
    pub(in crate::yaml) suffix: String,
}

/// What a `%TAG` directive defines.
#[derive(Clone, Debug)]
pub(in crate::yaml) struct TagHandle {
    pub(in crate::yaml) handle: String,
    pub(in crate::yaml) prefix: String,
}

#[derive(Clone, Debug)]
pub(in crate::yaml) enum Directive {
    /// `%YAML`; whether the major version is 1.
    Yaml {
        version_1: bool,
    },
    Tag(Box<TagHandle>),
    /// Any other is skipped.
    Other,
}

impl TokenKind<'_> {
    /// The token as a message names it.
    pub(in crate::yaml) fn described(&self) -> &'static str {
        match self {
            Self::StreamEnd => "the end of the text",
            Self::Directive(_) => "a directive (`%`)",
            Self::DocumentStart => "`---`",
            Self::DocumentEnd => "`...`",
            Self::BlockSequenceStart => "a list",
            Self::BlockMappingStart => "a mapping",
            Self::BlockEnd => "a line that is indented less",
            Self::FlowSequenceStart => "`[`",
            Self::FlowSequenceEnd => "`]`",
            Self::FlowMappingStart => "`{`",
            Self::FlowMappingEnd => "`}`",
            Self::BlockEntry => "`-`",
            Self::FlowEntry => "`,`",
            Self::Key => "a key",
            Self::Value => "`:`",
            Self::Alias(_) => "an alias (`*`)",
            Self::Anchor(_) => "an anchor (`&`)",
            Self::Tag(_) => "a tag (`!`)",
            Self::Scalar { .. } => "a value",
        }
    }
}
