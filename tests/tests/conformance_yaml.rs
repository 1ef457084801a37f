//! The YAML reader against what PyYAML made of the same texts.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use berth_tests::conformance::yaml::{Answer, answer};
use berth_tests::conformance::{Document, Text, answer_all, recorded};

fn answers(path: &Path) -> HashMap<String, Answer> {
    let text = fs::read_to_string(path).expect("the recorded answers can be read");
    let answers = text.lines().map(|line| serde_json::from_str::<Answer>(line).expect("an answer a line"));
    answers.map(|answer| (answer.id.clone(), answer)).collect()
}

#[test]
fn the_reader_agrees_with_pyyaml_on_all_recorded_texts() {
    let Some(folder) = recorded().map(|folder| folder.join("yaml")) else {
        println!("skipped: there are no recorded answers (set BERTH_SHARED to the folder that has them)");
        return;
    };
    let expected = answers(&folder.join("expected.jsonl"));
    let documents = fs::read_to_string(folder.join("documents.jsonl")).expect("the texts can be read");
    let mut seen = 0;
    let mut differing = Vec::new();
    for line in documents.lines() {
        let document: Document = serde_json::from_str(line).expect("a document a line");
        let ours = answer(document);
        seen += 1;
        if expected.get(&ours.id) != Some(&ours) {
            differing.push(ours.id);
        }
    }
    assert_eq!(seen, expected.len());
    assert!(differing.is_empty(), "{} of {seen} differ, such as {:?}", differing.len(), &differing[..1]);
}

#[test]
fn each_record_is_answered_on_a_line() {
    let records = "{\"id\": \"a\", \"yaml\": \"x: [1]\"}\n\n{\"id\": \"b\", \"yaml\": \"[\"}\n";
    let mut out = Vec::new();
    answer_all(records.as_bytes(), &mut out, answer).expect("all are answered");
    let out = String::from_utf8(out).expect("JSON is text");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].contains(r#""events":["+DOC","+MAP <>","=VAL : <> x","+SEQ <>","=VAL : <> 1""#),
        "{out}"
    );
    assert_eq!(lines[1], r#"{"id":"b","parse_ok":false,"load_ok":false}"#);
}

#[test]
fn a_lone_surrogate_is_a_text_that_no_reader_accepts() {
    let document: Document = serde_json::from_str(r#"{"id": "a", "yaml": "x: \ud800"}"#).expect("it is JSON");
    assert_eq!(document.yaml, Text::LoneSurrogate);
    let answer = answer(document);
    assert!(!answer.parse_ok && !answer.load_ok);
}

#[test]
fn a_line_that_is_no_record_is_named() {
    let error = answer_all("{}\n".as_bytes(), Vec::new(), answer).expect_err("it is no record");
    assert!(error.to_string().starts_with("line 1: "), "{error}");
}
