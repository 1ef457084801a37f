//! What `docs/security.md` says is tested, is.

use std::{collections::BTreeSet, fs, path::Path};

/// Around what the page tells of threats.
const BEGIN: &str = "## Threats\n";
const END: &str = "## What is not defended against\n";

/// What stands between backticks and names a test: file, and name in it.
fn named(text: &str) -> Vec<(&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|code| code.split_once("::").filter(|(file, _)| file.contains('/'))).collect()
}

/// Whether a file has a test of this name that is run.
fn has(source: &str, file: &str, test: &str) -> bool {
    if file.ends_with(".mjs") {
        return source.contains(&format!("'{test}'"));
    }
    let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let is_it = line.trim_start_matches("async ").starts_with(&format!("fn {test}("));
        // Its attributes, and what is said of them.
        let above =
            || lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        let is_test = above().any(|line| *line == "#[test]" || line.starts_with("#[tokio::test"));
        is_it && is_test && !above().any(|line| line.starts_with("#[ignore"))
    })
}

#[test]
fn every_threat_names_tests_and_all_of_them_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/security.md")).expect("docs/security.md");
    let threats = page.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).expect("threats").0;
    let sections: Vec<&str> = threats.split("\n### ").skip(1).collect();
    assert!(sections.len() >= 15, "the threats are gone: {}", sections.len());
    let mut missing = BTreeSet::new();
    for section in sections {
        let title = section.lines().next().unwrap_or_default();
        let tests = named(section);
        if tests.is_empty() {
            missing.insert(format!("“{title}” names no test"));
        }
        for (file, test) in tests {
            let source = fs::read_to_string(root.join(file)).unwrap_or_default();
            if !has(&source, file, test) {
                missing.insert(format!("“{title}” names `{file}::{test}`, which is no test"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_name_that_is_no_test_is_noticed() {
    let source = "    #[tokio::test(flavor = \"multi_thread\")]\n    async fn one() {}\nfn helper() {}\n\n\n\n#[test]\n#[ignore]\nfn two() {}\n";
    assert!(has(source, "a/b.rs", "one"));
    for other in ["on", "helper", "two", "three"] {
        assert!(!has(source, "a/b.rs", other), "{other}");
    }
    assert!(has("test('says so', …", "a/b.mjs", "says so") && !has("says so", "a/b.mjs", "says so"));
    assert_eq!(named("by `x` and `a/b.rs::one two`, `A::b`"), [("a/b.rs", "one two")]);
}
