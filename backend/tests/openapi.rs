//! The committed description of the API is the one that the server serves.

use std::{fs, path::Path};

#[test]
fn the_committed_openapi_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api/openapi.json");
    let current = berth::http::document_text();
    if std::env::var_os("BERTH_UPDATE").is_some() {
        fs::write(&path, &current).expect("docs/api can be written");
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == current,
        "docs/api/openapi.json is out of date: run `BERTH_UPDATE=1 cargo test -p berth --test openapi`"
    );
}

#[test]
fn every_operation_has_a_summary_and_says_what_it_answers() {
    let document: serde_json::Value = serde_json::from_str(&berth::http::document_text()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(
                operation["responses"].as_object().is_some_and(|r| !r.is_empty()),
                "{method} {path} says nothing about its answers"
            );
        }
    }
}

#[test]
fn the_document_speaks_of_json_and_not_of_rust() {
    let document = berth::http::document_text();
    for word in ["[`", "`]", "`None`", "`Some(", "super::", "crate::", "Self::"] {
        assert!(!document.contains(word), "`{word}` means nothing to a reader of the API");
    }
}

#[test]
fn the_committed_table_of_permissions_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let mut current = committed.clone();
    for (name, table) in
        [("table", berth_shared::policy::table()), ("endpoints", berth::http::endpoints_table())]
    {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let (before, rest) = current.split_once(&begin).expect("docs/permissions.md says where it belongs");
        let (_, after) = rest.split_once(&end).expect("docs/permissions.md says where it ends");
        current = format!("{before}{begin}\n{table}\n{end}{after}");
    }
    if std::env::var_os("BERTH_UPDATE").is_some() {
        fs::write(&path, &current).expect("docs can be written");
        return;
    }
    assert!(
        committed == current,
        "docs/permissions.md is out of date: run `BERTH_UPDATE=1 cargo nextest run -p berth --test openapi`"
    );
}
