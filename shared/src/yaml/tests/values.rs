//! What plain scalars, tags and merge keys mean.

use super::{Value, load, value_of};

/// Checks the values of many texts.
fn assert_values(expected: &[(&str, &str)]) {
    for (text, value) in expected {
        assert_eq!(value_of(text), *value, "of {text:?}");
    }
}

#[test]
fn yes_and_off_are_booleans_but_y_is_not() {
    assert_values(&[
        ("yes", "true"),
        ("On", "true"),
        ("FALSE", "false"),
        ("off", "false"),
        ("y", "\"y\""),
        ("tRue", "\"tRue\""),
        ("'no'", "\"no\""),
    ]);
}

#[test]
fn nothing_a_tilde_and_null_are_null() {
    assert_values(&[
        ("- ", "[null]"),
        ("~", "null"),
        ("Null", "null"),
        ("nULL", "\"nULL\""),
        ("--- ", "null"),
    ]);
}

#[test]
fn a_text_without_a_document_has_no_root() {
    assert_values(&[("", "nothing"), ("# only a comment\n", "nothing"), ("\u{feff}", "nothing")]);
}

#[test]
fn integers_come_in_five_notations() {
    assert_values(&[
        ("0", "0"),
        ("-12", "-12"),
        ("+1_000", "1000"),
        ("0x1F", "31"),
        ("-0b101", "-5"),
        ("010", "8"),
        ("089", "\"089\""),
        ("0o10", "\"0o10\""),
        ("22:22", "1342"),
        ("1:30:00", "5400"),
        ("1:60", "\"1:60\""),
        ("8080:50", "484850"),
        ("8080:80", "\"8080:80\""),
        ("8080:8080", "\"8080:8080\""),
    ]);
}

#[test]
fn integers_have_no_upper_bound() {
    assert_values(&[
        ("170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
        ("170141183460469231731687303715884105728", "big 170141183460469231731687303715884105728"),
        ("-0x80000000000000000000000000000001", "big -170141183460469231731687303715884105729"),
    ]);
}

#[test]
fn floats_need_a_dot_and_a_signed_exponent() {
    assert_values(&[
        ("1.80", "1.8"),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("-.5", "\"-.5\""),
        ("1e3", "\"1e3\""),
        ("1.0e3", "\"1.0e3\""),
        ("1.0e+3", "1000.0"),
        ("1:30.5", "90.5"),
        ("-.inf", "-inf"),
        (".NaN", "NaN"),
        ("1_0.2_5", "10.25"),
    ]);
}

#[test]
fn dates_are_dates_when_they_exist() {
    assert_values(&[
        ("2024-02-29", "time 2024-02-29"),
        ("2024-1-1", "\"2024-1-1\""),
        ("2024-1-1 10:00:00.5 +5:30", "time 2024-1-1 10:00:00.5 +5:30"),
        ("2023-02-29", "error: `2023-02-29` is not a date"),
        ("2024-01-01 24:00:00", "error: `2024-01-01 24:00:00` is not a date"),
    ]);
}

#[test]
fn tags_decide_the_type() {
    assert_values(&[
        ("!!str 12", "\"12\""),
        ("!!int '12'", "12"),
        ("!!int 0o17", "15"),
        ("!!float 3", "3.0"),
        ("!!float 1e3", "1000.0"),
        ("!!bool yEs", "true"),
        ("!!null anything", "null"),
        ("!!binary aGk=", "bytes [104, 105]"),
        ("! 'yes'", "true"),
        ("!<tag:yaml.org,2002:int> '1'", "1"),
        ("%TAG !y! tag:yaml.org,2002:\n--- !y!str 1", "\"1\""),
        ("!!set {a, b}", "set [\"a\", \"b\"]"),
        ("!!omap [a: 1, b: 2]", "pairs [\"a\": 1, \"b\": 2]"),
        ("!!pairs [a: 1, a: 2]", "pairs [\"a\": 1, \"a\": 2]"),
        ("!!int {=: 7}", "7"),
        ("!custom x", "error: the tag `!custom` is not known"),
        ("!!int abc", "error: `abc` is not an integer"),
    ]);
}

#[test]
fn digits_of_other_scripts_count_under_a_tag_only() {
    assert_values(&[("١٢", "\"١٢\""), ("!!int ١٢", "12"), ("!!float ١.٢", "1.2")]);
}

#[test]
fn merged_entries_come_first_so_that_own_ones_win() {
    assert_values(&[
        ("- &a {x: 1}\n- {y: 2, <<: *a}", "[{\"x\": 1}, {\"x\": 1, \"y\": 2}]"),
        ("- &a {x: 1}\n- &b {x: 2}\n- <<: [*a, *b]", "[{\"x\": 1}, {\"x\": 2}, {\"x\": 2, \"x\": 1}]"),
        ("<<: 1", "error: `<<` merges a mapping or a list of mappings, found a single value"),
        ("<<: [1]", "error: `<<` merges mappings, found a single value in the list"),
        ("- <<", "error: `<<` is a merge key and no value"),
    ]);
}

#[test]
fn a_merged_entry_is_known_as_one() {
    let document = load("- &a {x: 1}\n- {<<: *a, y: 2}").expect("it loads");
    let root = document.root.expect("it has a root");
    let Value::Seq(items) = &document.node(root).value else { panic!("a list") };
    let Value::Map(entries) = &document.node(items[1].0).value else { panic!("a mapping") };
    assert_eq!(entries.iter().map(|e| e.merged).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn mappings_that_merge_each_other_in_a_circle_load() {
    let text = "a: &a\n  x: 1\n  <<: &b {<<: *a, y: 2}\n";
    assert_eq!(value_of(text), r#"{"a": {"x": 1, "y": 2, "x": 1}}"#);
}

#[test]
fn an_equals_sign_is_text_as_a_key_alone() {
    assert_values(&[("=: 1", "{\"=\": 1}"), ("a: =", "error: a lone `=` is no value")]);
}

#[test]
fn an_alias_is_the_node_itself_even_inside_of_it() {
    let document = load("&a [*a]").expect("it loads");
    let root = document.root.expect("it has a root");
    let Value::Seq(items) = &document.node(root).value else { panic!("a list") };
    assert_eq!(items[0].0, root);
    assert_eq!(document.len(), 1);
}

#[test]
fn equal_keys_are_all_kept() {
    assert_values(&[("a: 1\na: 2", "{\"a\": 1, \"a\": 2}")]);
}

#[test]
fn half_of_a_surrogate_pair_becomes_a_replacement_character() {
    assert_values(&[(r#""\ud800""#, "\"\u{fffd}\"")]);
}

#[test]
fn the_text_of_a_scalar_is_kept_as_written() {
    let document = load("3.10").expect("it loads");
    let node = document.node(document.root.expect("it has a root"));
    assert_eq!((node.text.as_deref(), node.plain), (Some("3.10"), true));
}
