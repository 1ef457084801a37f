//! Verdicts and normalised configurations are those of dstack 0.18.2.

use std::{collections::BTreeMap, path::PathBuf};

use berth_shared::{check, diagnostics::Severity};
use berth_tests::conformance::recorded;
use serde_json::Value;

/// Documents in which Berth differs on purpose.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("b02153", "an idle time beyond 64 bits: `number-too-large`"),
    ("b03397", "a GPU count beyond 64 bits: `number-too-large`"),
    ("b03398", "a GPU count beyond 64 bits: `number-too-large`"),
    ("b03507", "a GPU count beyond 64 bits: `number-too-large`"),
    ("b04153", "a retry duration beyond 64 bits: `number-too-large`"),
];

fn records(path: &PathBuf) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON record a line")).collect()
}

fn data(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/config-0.18").join(file)
}

fn agrees(documents: &PathBuf, expected: &PathBuf) {
    let expected: BTreeMap<String, Value> =
        records(expected).into_iter().map(|r| (r["id"].as_str().expect("an id").to_owned(), r)).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for document in records(documents) {
        let id = document["id"].as_str().expect("an id");
        let yaml = document["yaml"].as_str().expect("a text");
        let expected = &expected[id];
        let checked = check(yaml);
        seen += 1;
        if EXCEPTIONS.iter().any(|(exception, _)| *exception == id) {
            assert!(
                checked.diagnostics.iter().any(|d| d.code == "number-too-large"),
                "{id} is no exception any more"
            );
            continue;
        }
        if checked.is_valid() != expected["ok"] {
            wrong.push(format!("{id}: ok={} expected; {yaml:?}: {:?}", expected["ok"], checked.diagnostics));
        } else if checked.is_valid() {
            let config = serde_json::to_value(&checked.configuration).expect("a configuration is JSON");
            if !same(&expected["config"], &config) {
                wrong.push(format!("{id}: {yaml:?}\n  expected {}\n  got      {config}", expected["config"]));
            }
        } else {
            assert!(checked.configuration.is_none(), "{id}: a configuration in spite of errors");
        }
    }
    assert!(seen > 2000, "only {seen} documents");
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Equal but for the kind of a number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b
                || (a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn verdicts_and_configurations_are_those_of_dstack_0_18() {
    agrees(&data("documents.jsonl"), &data("expected.jsonl"));
}

#[test]
fn real_files_are_read_as_dstack_0_18_reads_them() {
    let Some(recorded) = recorded() else {
        println!("skipped: no recorded answers beside the repository (BERTH_SHARED)");
        return;
    };
    agrees(&recorded.join("config/documents.jsonl"), &recorded.join("config/expected-0.18.jsonl"));
}

#[test]
fn applying_a_fix_takes_its_diagnostic_away() {
    let mut fixes = 0;
    let mut wrong = Vec::new();
    for document in records(&data("documents.jsonl")) {
        let yaml = document["yaml"].as_str().expect("a text");
        let before = check(yaml);
        for diagnostic in &before.diagnostics {
            for fix in &diagnostic.fixes {
                fixes += 1;
                let Some(mended) = fix.apply(yaml) else {
                    wrong.push(format!("{yaml:?}: `{}` does not apply", fix.title));
                    continue;
                };
                let after = check(&mended);
                let same = |d: &&berth_shared::diagnostics::Diagnostic| {
                    d.code == diagnostic.code && d.path == diagnostic.path
                };
                // One of several equal keys may remain.
                let count = |all: &[berth_shared::diagnostics::Diagnostic]| all.iter().filter(same).count();
                if count(&after.diagnostics) >= count(&before.diagnostics) {
                    wrong.push(format!(
                        "{yaml:?} -> {mended:?}: still {} ({})",
                        diagnostic.code, diagnostic.message
                    ));
                }
                if fix.certain && before.is_valid() && !after.is_valid() {
                    let errors: Vec<_> =
                        after.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
                    wrong.push(format!("{yaml:?} -> {mended:?}: `{}` breaks it: {errors:?}", fix.title));
                }
            }
        }
    }
    assert!(fixes > 300, "only {fixes} fixes tried");
    assert!(wrong.is_empty(), "{} of {fixes}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_range_lies_inside_of_the_text() {
    for document in records(&data("documents.jsonl")) {
        let yaml = document["yaml"].as_str().expect("a text");
        for d in check(yaml).diagnostics {
            let edits = d.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.range);
            for range in [d.range].into_iter().chain(d.related.iter().map(|r| r.range)).chain(edits) {
                let (start, end) = (range.start.offset, range.end.offset);
                assert!(start <= end && yaml.get(start..end).is_some(), "{yaml:?}: {d:?}");
            }
            assert!(!d.message.ends_with('.'), "{}", d.message);
        }
    }
}
