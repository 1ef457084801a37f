//! The configuration: typed values and diagnostics.

use berth_shared::{
    config::{check_bytes, hints, summary},
    diagnostics::{LineIndex, Severity, apply_edits, render},
    schema::Dialect,
};

use super::assert_places;

/// It answers; whatever it says lies in the text, and a fix that is taken unasked never makes a valid text invalid.
pub(super) fn answers(bytes: &[u8]) {
    let checked = check_bytes(bytes, Dialect::V0_18);
    let text = String::from_utf8_lossy(bytes);
    let index = LineIndex::new(&text);
    assert_eq!(checked.is_valid(), checked.configuration.is_some(), "a verdict without reason: {text:?}");
    for diagnostic in &checked.diagnostics {
        assert_places(&index, &text, diagnostic.range, &diagnostic.code);
        assert!(!diagnostic.message.is_empty(), "{} says nothing", diagnostic.code);
        for related in &diagnostic.related {
            assert_places(&index, &text, related.range, &diagnostic.code);
        }
        for fix in &diagnostic.fixes {
            for edit in &fix.edits {
                assert_places(&index, &text, edit.range, &fix.title);
            }
            let mended = apply_edits(&text, &fix.edits);
            let mended = mended.unwrap_or_else(|| panic!("the edits of {:?} overlap in {text:?}", fix.title));
            if fix.certain && diagnostic.severity != Severity::Error && checked.is_valid() {
                assert!(berth_shared::check(&mended).is_valid(), "{:?} breaks {text:?}", fix.title);
            }
        }
    }
    // These read the same text again, each in its own way.
    let _ = render("a file", &text, &checked.diagnostics, true);
    for hint in hints(&text, Dialect::V0_18) {
        assert_places(&index, &text, hint.range, &hint.text);
    }
    if let Some(configuration) = &checked.configuration {
        let _ = summary(configuration, &checked.written);
    }
}
