//! Help while someone types.

use std::sync::{Arc, OnceLock};

use berth_shared::{
    assist::{Facts, check_with, complete, hover, without_secrets},
    config::Checked,
    diagnostics::{LineIndex, apply_edits},
    schema::Dialect,
};

use super::{assert_places, text};
use crate::conformance::offers::carried_catalogue;

/// The first two bytes say where the cursor is. Whatever is offered there lies in the text and around the cursor; what
/// is known about names changes no verdict; sharing leaves nothing else out than secrets.
pub(super) fn answers(bytes: &[u8]) {
    let Some((place, rest)) = bytes.split_first_chunk() else { return };
    let text = text(rest);
    let offset = usize::from(u16::from_le_bytes(*place)) % (text.len() + 2);
    let index = LineIndex::new(text);
    for (facts, dialect) in [(None, Dialect::V0_22), (facts(), Dialect::V0_18), (facts(), Dialect::V0_22)] {
        let offered = complete(text, offset, dialect, facts);
        assert_places(&index, text, offered.range, "what a completion replaces");
        let (start, end) = (offered.range.start.offset, offered.range.end.offset);
        let mut cursor = index.position(offset).offset;
        // No cursor stands between the two characters of one line end.
        if text[..cursor].ends_with('\r') && text[cursor..].starts_with('\n') {
            cursor -= 1;
        }
        assert!(start <= cursor && cursor <= end, "{start}..{end} is not at {cursor} of {text:?}");
        for item in &offered.items {
            let selected =
                item.select.is_none_or(|selected| item.insert.get(selected.start..selected.end).is_some());
            assert!(selected && !item.label.is_empty(), "{item:?} in {text:?}");
        }
        if let Some(hover) = hover(text, offset, dialect, facts) {
            assert_places(&index, text, hover.range, &hover.path);
        }
    }
    let (bare, known) = (berth_shared::check(text), check_with(text, facts()));
    // As JSON, since a size may be no number, which equals nothing.
    let json = |checked: &Checked| serde_json::to_string(&checked.configuration).unwrap_or_default();
    assert_eq!(json(&bare), json(&known), "names change what {text:?} means");
    for diagnostic in &known.diagnostics {
        assert_places(&index, text, diagnostic.range, &diagnostic.code);
        for fix in &diagnostic.fixes {
            assert!(
                apply_edits(text, &fix.edits).is_some(),
                "the edits of {:?} overlap in {text:?}",
                fix.title
            );
        }
    }
    let shared = without_secrets(text);
    assert_eq!(shared.left_out.is_empty(), shared.text == text, "{:?} of {text:?}", shared.left_out);
}

fn facts() -> Option<&'static Facts> {
    static FACTS: OnceLock<Option<Facts>> = OnceLock::new();
    FACTS.get_or_init(|| carried_catalogue().ok().map(|catalogue| Facts::new(Arc::new(catalogue)))).as_ref()
}
