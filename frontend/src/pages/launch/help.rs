//! Completion and explanations in the editor. They come with the editor, and not with the page (`parts`).

use berth_shared::{
    assist::{complete, hover},
    diagnostics::LineIndex,
};

use super::desk::Desk;

/// What the editor asks about a place of a text: its line and column. The answer is JSON.
type Ask = fn(Desk, &str, usize, usize) -> String;

/// What the editor asks.
#[derive(Clone, Copy)]
pub(crate) struct Help {
    /// What may be written there.
    pub(super) complete: Ask,
    /// What it means; `null` when nothing.
    pub(super) hover: Ask,
}

impl Help {
    /// All there is.
    pub(crate) fn all() -> Self {
        Self {
            complete: |desk, text, line, column| {
                let offset = LineIndex::new(text).offset(line, column);
                let facts = desk.facts();
                serde_json::to_string(&complete(text, offset, desk.dialect(), facts.as_deref()))
                    .unwrap_or_default()
            },
            hover: |desk, text, line, column| {
                let offset = LineIndex::new(text).offset(line, column);
                let facts = desk.facts();
                serde_json::to_string(&hover(text, offset, desk.dialect(), facts.as_deref()))
                    .unwrap_or_default()
            },
        }
    }

    /// Of an editor whose help could not be fetched: nothing.
    pub(super) fn none() -> Self {
        Self { complete: |_, _, _, _| "null".to_owned(), hover: |_, _, _, _| "null".to_owned() }
    }
}
