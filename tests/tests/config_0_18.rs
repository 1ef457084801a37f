//! Verdicts and normalised configurations are those of dstack 0.18.2.

use std::{collections::BTreeMap, path::PathBuf};

use berth_shared::{
    check,
    diagnostics::{Code, Diagnostic, mend},
    schema::Dialect,
};
use berth_tests::conformance::{
    agreement::{assert_agrees, id, records},
    recorded,
};
use serde_json::Value;

/// Documents in which Berth differs on purpose.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("b02153", "number-too-large", "an idle time beyond 64 bits"),
    ("b03397", "number-too-large", "a GPU count beyond 64 bits"),
    ("b03398", "number-too-large", "a GPU count beyond 64 bits"),
    ("b03507", "number-too-large", "a GPU count beyond 64 bits"),
    ("b04153", "number-too-large", "a retry duration beyond 64 bits"),
];

fn data(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/config-0.18").join(file)
}

#[test]
fn verdicts_and_configurations_are_those_of_dstack_0_18() {
    assert_agrees(&data("documents.jsonl"), &data("expected.jsonl"), Dialect::V0_18, EXCEPTIONS);
}

#[test]
fn real_files_are_read_as_dstack_0_18_reads_them() {
    let Some(recorded) = recorded() else {
        println!("skipped: no recorded answers beside the repository (BERTH_SHARED)");
        return;
    };
    let folder = recorded.join("config");
    assert_agrees(
        &folder.join("documents.jsonl"),
        &folder.join("expected-0.18.jsonl"),
        Dialect::V0_18,
        EXCEPTIONS,
    );
}

/// All texts there are to try: ours, those recorded beside the repository, and the examples of the rules.
fn texts() -> Vec<String> {
    let mut files = vec![data("documents.jsonl")];
    files.extend(recorded().map(|recorded| recorded.join("config/documents.jsonl")));
    let documents =
        files.iter().flat_map(|file| records(file)).map(|d| d["yaml"].as_str().expect("a text").to_owned());
    let examples = Code::ALL
        .iter()
        .flat_map(|code| [code.bad_example(), code.good_example()])
        .filter_map(|example| String::from_utf8(example.bytes().into_owned()).ok());
    let mut texts: Vec<_> = documents.chain(examples).collect();
    texts.sort();
    texts.dedup();
    texts
}

/// How often something is said about a place in the configuration.
fn count(all: &[Diagnostic], of: &Diagnostic) -> usize {
    all.iter().filter(|d| d.code == of.code && d.path == of.path).count()
}

#[test]
fn our_copy_holds_every_recorded_document_that_is_nobody_elses() {
    let Some(recorded) = recorded() else {
        println!("skipped: no recorded answers beside the repository (BERTH_SHARED)");
        return;
    };
    let by_id = |records: Vec<Value>| -> BTreeMap<String, Value> {
        records.into_iter().map(|r| (id(&r).to_owned(), r)).collect()
    };
    let ours = by_id(records(&data("documents.jsonl")));
    let answers = by_id(records(&data("expected.jsonl")));
    let theirs = by_id(records(&recorded.join("config/documents.jsonl")));
    let their_answers = by_id(records(&recorded.join("config/expected-0.18.jsonl")));
    let mut seen = 0;
    for (id, document) in theirs.iter().filter(|(_, document)| document["class"] == "b") {
        seen += 1;
        assert_eq!(ours.get(id).map(|d| &d["yaml"]), Some(&document["yaml"]), "{id}");
        assert_eq!(answers.get(id), their_answers.get(id), "{id}");
    }
    assert!(seen > 2000, "only {seen} documents of class b");
}

#[test]
fn applying_a_fix_takes_its_diagnostic_away() {
    let mut fixes = 0;
    let mut wrong = Vec::new();
    for yaml in texts() {
        let before = check(&yaml);
        for diagnostic in &before.diagnostics {
            for fix in &diagnostic.fixes {
                fixes += 1;
                let Some(mended) = fix.apply(&yaml) else {
                    wrong.push(format!("{yaml:?}: `{}` does not apply", fix.title));
                    continue;
                };
                let after = check(&mended);
                // One of several equal keys may remain.
                if count(&after.diagnostics, diagnostic) >= count(&before.diagnostics, diagnostic) {
                    wrong.push(format!(
                        "{yaml:?} -> {mended:?}: still {} ({})",
                        diagnostic.code, diagnostic.message
                    ));
                }
                if fix.certain && before.is_valid() && !after.is_valid() {
                    wrong.push(format!("{yaml:?} -> {mended:?}: `{}` breaks it", fix.title));
                }
                // Nothing but what is to be replaced is touched.
                let replaced: usize =
                    fix.edits.iter().map(|e| e.range.end.offset - e.range.start.offset).sum();
                let inserted: usize = fix.edits.iter().map(|e| e.new_text.len()).sum();
                assert_eq!(mended.len() + replaced, yaml.len() + inserted);
            }
        }
    }
    assert!(fixes > 500, "only {fixes} fixes tried");
    assert!(wrong.is_empty(), "{} of {fixes}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn mending_leaves_nothing_certain_and_breaks_nothing() {
    let mut mended_texts = 0;
    for yaml in texts() {
        let before = check(&yaml);
        let mended = mend(&yaml, |text| check(text).diagnostics);
        mended_texts += usize::from(mended.text != yaml);
        let after = check(&mended.text);
        assert_eq!(after.diagnostics, mended.diagnostics, "{yaml:?}");
        assert!(!before.is_valid() || after.is_valid(), "{yaml:?} -> {:?}", mended.text);
        let left = after.diagnostics.iter().flat_map(|d| &d.fixes).filter(|fix| fix.certain).count();
        assert_eq!(left, 0, "{yaml:?} -> {:?}", mended.text);
        assert_eq!(mended.text != yaml, !mended.fixed.is_empty(), "{yaml:?}");
    }
    assert!(mended_texts > 50, "only {mended_texts} texts mended");
}

#[test]
fn a_configuration_as_yaml_reads_back_as_the_same() {
    let mut seen = 0;
    for yaml in texts() {
        let Some(configuration) = check(&yaml).configuration else { continue };
        seen += 1;
        let written = configuration.to_yaml();
        let again = check(&written);
        let json = |c: &Option<_>| serde_json::to_value(c).expect("a configuration is JSON");
        // As JSON: not a number is equal to itself there.
        assert_eq!(json(&again.configuration), json(&Some(configuration)), "{yaml:?} -> {written}");
    }
    assert!(seen > 500, "only {seen} configurations");
}

#[test]
fn every_range_lies_inside_of_the_text_and_marks_something() {
    for yaml in texts() {
        for d in check(&yaml).diagnostics {
            let edits = d.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.range);
            for range in [d.range].into_iter().chain(d.related.iter().map(|r| r.range)).chain(edits) {
                let (start, end) = (range.start.offset, range.end.offset);
                assert!(start <= end && yaml.get(start..end).is_some(), "{yaml:?}: {d:?}");
            }
            for range in [d.range].into_iter().chain(d.related.iter().map(|r| r.range)) {
                let (start, end) = (range.start.offset, range.end.offset);
                let nothing_there = yaml[start..].chars().next().is_none_or(|c| c.is_whitespace());
                assert!(start < end || nothing_there, "{yaml:?}: {d:?}");
            }
            assert!(!d.message.ends_with('.'), "{}", d.message);
        }
    }
}
