//! Tokens and grammar: which events a text has, and at which lines and columns.

use crate::yaml::{Event, EventKind, parse};

/// The values of all scalars, in order.
fn scalars(text: &str) -> Vec<String> {
    let events = parse(text).expect("it parses");
    let value = |event: Event| match event.kind {
        EventKind::Scalar { value, .. } => Some(value.into_owned()),
        _ => None,
    };
    events.into_iter().filter_map(value).collect()
}

/// Line and column where the first scalar of that value begins.
fn place(text: &str, wanted: &str) -> (usize, usize) {
    let events = parse(text).expect("it parses");
    let found = events.iter().find(|e| matches!(&e.kind, EventKind::Scalar { value, .. } if value == wanted));
    let start = found.expect("the scalar is there").start;
    (start.line, start.column)
}

#[test]
fn plain_text_folds_across_lines() {
    assert_eq!(scalars("a\n b\n\n c"), ["a b\nc"]);
    assert_eq!(scalars("a # comment"), ["a"]);
    assert_eq!(scalars("a#b: c:d"), ["a#b", "c:d"]);
}

#[test]
fn dollar_braces_are_text_in_a_block_and_not_in_a_list() {
    assert_eq!(scalars("a: ${{ x }}"), ["a", "${{ x }}"]);
    assert!(parse("[${{ x }}]").is_err());
}

#[test]
fn double_quotes_know_escapes() {
    assert_eq!(
        scalars(
            r#""\x41\u263a\U0001F600\n\t\e\_\/ \
    x""#
        ),
        ["A☺😀\n\t\u{1b}\u{a0}/ x"]
    );
}

#[test]
fn single_quotes_know_only_themselves() {
    assert_eq!(scalars(r"'it''s \n'"), [r"it's \n"]);
}

#[test]
fn quoted_text_folds_across_lines() {
    assert_eq!(scalars("'a  \n  b\n\n  c'"), ["a b\nc"]);
}

#[test]
fn literal_blocks_keep_their_lines() {
    assert_eq!(scalars("|\n a\n  b\n\n c\n\n"), ["a\n b\n\nc\n"]);
    assert_eq!(scalars("|-\n a\n\n"), ["a"]);
    assert_eq!(scalars("|+\n a\n\n"), ["a\n\n"]);
    assert_eq!(scalars("|1\n  a\n"), [" a\n"]);
}

#[test]
fn folded_blocks_join_lines_that_are_not_indented_further() {
    assert_eq!(scalars(">\n a\n b\n\n c\n   d\n e\n"), ["a b\nc\n  d\ne\n"]);
}

#[test]
fn six_characters_end_a_line() {
    for line_end in ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"] {
        let text = format!("a: 1{line_end}b: 2");
        assert_eq!(place(&text, "b"), (1, 0), "after {line_end:?}");
    }
}

#[test]
fn columns_count_characters_and_skip_byte_order_marks() {
    assert_eq!(place("é: 😀x", "😀x"), (0, 3));
    assert_eq!(place("\u{feff}a: b", "b"), (0, 3));
}

#[test]
fn tabs_separate_nothing() {
    assert!(parse("a:\tb").is_err());
    assert!(parse("-\tb").is_err());
    assert!(parse("a\t# b").is_err());
    assert_eq!(scalars("|\n \ta\n"), ["\ta\n"]);
}

#[test]
fn a_text_may_hold_several_documents_as_events() {
    assert_eq!(scalars("a\n--- b\n...\n--- c\n"), ["a", "b", "c"]);
    assert_eq!(scalars("%YAML 1.1\n%OTHER x\n---\na"), ["a"]);
}

#[test]
fn a_simple_key_is_at_most_1024_characters_long() {
    let key = "k".repeat(1024);
    assert!(parse(&format!("{key}: v")).is_ok());
    assert!(parse(&format!("{key}k: v")).is_err());
    let wide = "é".repeat(1024);
    assert!(parse(&format!("{wide}: v")).is_ok());
}
