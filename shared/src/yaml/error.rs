//! What stops a text from being read.

use std::ops::{Deref, DerefMut};

use super::event::Mark;
use crate::diagnostics::ByteRange;

/// Which part of the reader found the mistake. PyYAML's names, because its verdicts are the ones followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// A character that YAML does not allow at all.
    Reader,
    /// Characters that do not form a token.
    Scanner,
    /// Tokens that do not form a document.
    Parser,
    /// Anchors and aliases that do not fit, or a second document.
    Composer,
    /// A value that cannot be made: an unknown tag, an impossible date, a key that is a list.
    Constructor,
}

/// The first mistake in a text; reading stops there. It is small, because every step of the reader may answer with one.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct YamlError(Box<Mistake>);

/// What a [`YamlError`] says.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// Who found it.
    pub stage: Stage,
    /// What is wrong, in one sentence without a full stop; literals in backticks.
    pub message: String,
    /// The offending text; empty at the end of a line or of the text.
    pub range: ByteRange,
    /// Line and column that PyYAML reports; `None` where it reports none (a forbidden character).
    pub mark: Option<Mark>,
    /// What was being read when it happened, and where that began.
    pub context: Option<Context>,
    /// What to do about it.
    pub help: Option<&'static str>,
}

/// What was being read when a mistake was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Such as "this list begins here".
    pub message: String,
    /// Where it begins.
    pub range: ByteRange,
}

impl YamlError {
    pub(super) fn new(stage: Stage, message: impl Into<String>, range: ByteRange, mark: Mark) -> Self {
        Mistake { stage, message: message.into(), range, mark: Some(mark), context: None, help: None }.into()
    }

    pub(super) fn within(mut self, message: impl Into<String>, range: ByteRange) -> Self {
        self.0.context = Some(Context { message: message.into(), range });
        self
    }

    pub(super) fn help(mut self, help: &'static str) -> Self {
        self.0.help = Some(help);
        self
    }
}

impl From<Mistake> for YamlError {
    fn from(mistake: Mistake) -> Self {
        Self(Box::new(mistake))
    }
}

impl Deref for YamlError {
    type Target = Mistake;

    fn deref(&self) -> &Mistake {
        &self.0
    }
}

impl DerefMut for YamlError {
    fn deref_mut(&mut self) -> &mut Mistake {
        &mut self.0
    }
}

/// A character as a message shows it: itself in backticks, or its code point where it cannot be seen.
pub(super) fn shown(c: char) -> String {
    match c {
        '\0' => "the end of the text".to_owned(),
        '\t' => "a tab".to_owned(),
        ' ' => "a space".to_owned(),
        '`' => "a backtick".to_owned(),
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => "the end of the line".to_owned(),
        c if c.is_control() || c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}') => {
            format!("the invisible character U+{:04X}", u32::from(c))
        }
        c => format!("`{c}`"),
    }
}
