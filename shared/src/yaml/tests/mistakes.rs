//! How common mistakes are told.

use std::fmt::Write;

use crate::diagnostics::LineIndex;
use crate::yaml::{Stage, load};

/// The mistake in a text: the line with a mark below the place, and the message.
fn told(text: &str) -> String {
    let Err(error) = load(text) else { panic!("loads: {text:?}") };
    let index = LineIndex::new(text);
    let mut out = String::new();
    let mut show = |range, message: &str| {
        let place = index.range(range);
        let line = text.lines().nth(place.start.line).unwrap_or_default().replace('\t', "→");
        let width =
            if place.end.line == place.start.line { place.end.column - place.start.column } else { 1 };
        let _ = writeln!(out, "  {line}");
        let _ = writeln!(out, "  {}{} {message}", " ".repeat(place.start.column), "^".repeat(width.max(1)));
    };
    show(error.range, &error.message);
    if let Some(context) = &error.context {
        show(context.range, &context.message);
    }
    if let Some(help) = error.help {
        let _ = writeln!(out, "  help: {help}");
    }
    out
}

#[test]
fn mistakes_are_told_for_people() {
    let texts = [
        "type: dev-environment\n\tide: vscode\n",
        "resources:\n  gpu:\t24GB\n",
        "type: dev-environment\nide vscode\n",
        "type: dev-environment\nide:vscode\nimage: x\n",
        "image: registry: 5000\n",
        "type: dev-environment\n  ide: vscode\n",
        "ports:\n  - 80\n - 90\n",
        "resources:\n    cpu: 2\n  memory: 8GB\n",
        "a: - b\n",
        "a: [1, 2\nb: 3\n",
        "a: [1 2, {b: 3]\n",
        "a: {b: 1\n",
        "a: 'b\n",
        "a: \"C:\\dir\"\n",
        "a: \"\\u12\"\n",
        "a: @here\n",
        "a: %x\n",
        "a: `ls`\n",
        "env: *vars\n",
        "a: &x 1\nb: &x 2\n",
        "a: &\n",
        "a: !custom {b: c}\n",
        "a: !e!custom 1\n",
        "a: |x\n  b\n",
        "a: 1\n---\nb: 2\n",
        "a: 1\n...\nb: 2\n",
        "{a: 1}: 2\n",
        "image: {{ name }}\n",
        "a: 2024-02-30\n",
        "a: \u{7}\n",
        "%YAML 2.0\n---\na: 1\n",
        "a: \"x\n--- y",
        "? a: b\n  - c\n",
        "]",
        "a: \"\\U00110000\"\n",
    ];
    let mut all = String::new();
    for text in texts {
        let _ = writeln!(all, "{}", told(text));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn each_stage_reports_under_its_name() {
    let stage = |text| load(text).expect_err("it is wrong").stage;
    assert_eq!(stage("\0"), Stage::Reader);
    assert_eq!(stage("\t"), Stage::Scanner);
    assert_eq!(stage("]"), Stage::Parser);
    assert_eq!(stage("*a"), Stage::Composer);
    assert_eq!(stage("!x y"), Stage::Constructor);
}

#[test]
fn a_forbidden_character_comes_before_any_other_mistake() {
    let error = load("]\n\u{7f}").expect_err("it is wrong");
    assert_eq!((error.stage, error.range.start, error.mark), (Stage::Reader, 2, None));
}

#[test]
fn the_mark_of_a_mistake_counts_lines_as_yaml_does() {
    let error = load("a: é\u{2028}b: \t").expect_err("it is wrong");
    let mark = error.mark.expect("it has a place");
    assert_eq!((mark.line, mark.column), (1, 3));
}
