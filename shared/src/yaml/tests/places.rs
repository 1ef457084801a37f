//! Where values stand in the text.

use crate::yaml::{Document, NodeId, Value, load};

fn document(text: &str) -> (Document, NodeId) {
    let document = load(text).expect("it loads");
    let root = document.root.expect("it has a root");
    (document, root)
}

/// The text that each entry's key and value cover.
fn entries(text: &str) -> Vec<(&str, &str)> {
    let (document, root) = document(text);
    let Value::Map(entries) = &document.node(root).value else { panic!("a mapping") };
    let cut = |range: crate::diagnostics::ByteRange| &text[range.start..range.end];
    entries.iter().map(|e| (cut(e.key_range), cut(e.value_range))).collect()
}

#[test]
fn keys_and_values_cover_their_own_text() {
    assert_eq!(
        entries("image: ubuntu # which\npython: '3.10'\nports: [80,\n  90]\n"),
        [("image", "ubuntu"), ("python", "'3.10'"), ("ports", "[80,\n  90]")]
    );
}

#[test]
fn a_block_ends_with_its_last_text() {
    assert_eq!(
        entries("a:\n  - x\n  - y # z\n\n\n# far\nb:\n  c: d\n\ne: |\n  text\n\nf:\n"),
        [("a", "- x\n  - y"), ("b", "c: d"), ("e", "|\n  text"), ("f", "")]
    );
}

#[test]
fn anchors_and_tags_are_left_out() {
    assert_eq!(entries("a: &x !!str 1\nb: !!seq\n- 2\nc: *x\n"), [("a", "1"), ("b", "- 2"), ("c", "*x")]);
}

#[test]
fn a_value_that_is_not_written_stands_after_its_colon() {
    let (document, root) = document("a:\n\n\nb: 1\n");
    let Value::Map(entries) = &document.node(root).value else { panic!("a mapping") };
    assert_eq!((entries[0].value_range.start, entries[0].value_range.end), (2, 2));
}

#[test]
fn an_aliased_node_stands_at_its_anchor() {
    let (document, root) = document("- &a x\n- *a\n");
    let Value::Seq(items) = &document.node(root).value else { panic!("a list") };
    assert_eq!(items[0].0, items[1].0);
    assert_eq!(document.node(items[1].0).range.start, 5);
    assert_eq!((items[1].1.start, items[1].1.end), (9, 11));
}

#[test]
fn places_are_byte_offsets_of_the_text_as_it_is() {
    assert_eq!(entries("\u{feff}é: 😀\r\nb: ü\r\n"), [("é", "😀"), ("b", "ü")]);
}
