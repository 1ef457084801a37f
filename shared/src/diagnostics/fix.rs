//! Applying fixes to a text.

use super::{Fix, TextEdit};

impl Fix {
    /// The text with this fix applied; `None` when an edit lies outside of the text or two overlap.
    #[must_use]
    pub fn apply(&self, text: &str) -> Option<String> {
        apply_edits(text, &self.edits)
    }
}

/// The text with these edits applied; `None` when one lies outside of the text or two overlap.
#[must_use]
pub fn apply_edits(text: &str, edits: &[TextEdit]) -> Option<String> {
    let mut edits: Vec<&TextEdit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.range.start.offset, edit.range.end.offset));
    let mut out = String::with_capacity(text.len() + 16);
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.range.start.offset)?);
        out.push_str(&edit.new_text);
        at = edit.range.end.offset;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}
