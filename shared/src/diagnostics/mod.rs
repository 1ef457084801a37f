//! What is wrong, where, and what to do about it.

mod codes;
pub mod docs;
mod draft;
mod fix;
mod place;
mod render;

pub use codes::Code;
pub use docs::{Example, Page};
pub(crate) use draft::{Draft, Sink};
pub use fix::{Fixed, Mended, apply_edits, mend};
pub use render::render;

pub use place::{ByteRange, LineIndex, Position, Range};

use serde::{Deserialize, Serialize};

use crate::json::FromJson;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can be used, but does something its author may not expect.
    Warning,
    /// Something worth knowing.
    Hint,
}

/// One thing to tell the author of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Diagnostic {
    /// Stable name of the rule, in kebab case: `unknown-key`, `disk-exact`.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop; literals in backticks.
    pub message: String,
    /// The field it is about, such as `resources.gpu` or `env[2]`; empty for the whole document.
    pub path: String,
    /// Exactly the offending text.
    pub range: Range,
    /// What to do, in one or two sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Other places that belong to it, such as the first of two equal keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// Ways to mend it, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
}

/// A second place that helps to understand a [`Diagnostic`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Related {
    /// Where.
    pub range: Range,
    /// Why it is shown.
    pub message: String,
}

/// A way to mend a [`Diagnostic`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fix {
    /// What it does, for a button: "replace with `disk`".
    pub title: String,
    /// Whether it is surely what was meant, so that `--fix` may apply it unasked.
    pub certain: bool,
    /// Changes of the text; they do not overlap.
    pub edits: Vec<TextEdit>,
}

/// Replaces one range of the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TextEdit {
    /// What goes; empty to insert.
    pub range: Range,
    /// What comes.
    pub new_text: String,
}
