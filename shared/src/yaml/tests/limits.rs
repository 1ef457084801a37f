//! Texts that are made to exhaust a reader. They only have to come to an end here: how long that takes is
//! measured elsewhere.

use std::fmt::Write;

use crate::yaml::{load, parse};

#[test]
fn ten_thousand_brackets_are_no_deeper_than_memory() {
    let text = "[".repeat(10_000) + &"]".repeat(10_000);
    assert_eq!(load(&text).expect("it loads").len(), 10_000);
    assert_eq!(load(&"- ".repeat(10_000)).expect("it loads").len(), 10_001);
    assert!(load(&"{a: ".repeat(10_000)).is_err());
}

#[test]
fn an_alias_bomb_stays_as_small_as_its_text() {
    let mut text = "- &a0 [x, x]\n".to_owned();
    for i in 0..1000 {
        let _ = writeln!(text, "- &a{} [*a{i}, *a{i}, *a{i}]", i + 1);
    }
    assert_eq!(load(&text).expect("it loads").len(), 1 + 1001 + 2);
}

#[test]
fn merge_keys_that_multiply_are_stopped() {
    let mut text = "- &a0 {x: 1}\n".to_owned();
    for i in 0..100 {
        let _ = writeln!(text, "- &a{} {{<<: [*a{i}, *a{i}]}}", i + 1);
    }
    let error = load(&text).expect_err("it is too much");
    assert!(error.message.contains("merge keys"), "{error}");
}

#[test]
fn merge_keys_in_a_circle_come_to_an_end() {
    let text = format!("a: &a\n{}", "  <<: *a\n".repeat(10_000));
    assert!(load(&text).is_ok());
}

#[test]
fn default_keys_in_a_circle_are_an_error() {
    assert!(load("&a !!str {=: *a}").is_err());
}

#[test]
fn a_number_of_a_million_digits_is_an_error() {
    assert!(load(&"9".repeat(1_000_000)).is_err());
    assert!(load(&format!("0x{}", "f".repeat(1_000_000))).is_err());
    assert!(load(&format!("1{}", ":59".repeat(300_000))).is_err());
    assert!(load(&format!("1{}.5", ":59".repeat(300_000))).is_err());
}

#[test]
fn a_megabyte_on_one_line_is_read() {
    for text in ["a ".repeat(500_000), "[".repeat(1_000_000), "'".repeat(1_000_000), "? ".repeat(100_000)] {
        let _ = parse(&text);
        let _ = load(&text);
    }
}
