//! Whether our verdicts and configurations are those that were recorded.

use std::{collections::BTreeMap, path::Path};

use berth_shared::{config::check_in, schema::Dialect};
use serde_json::Value;

use super::config::normalised;

/// The records of a file, one JSON object a line.
///
/// # Panics
/// When the file cannot be read or a line is no JSON: a test that needs it cannot go on.
#[must_use]
pub fn records(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON record a line")).collect()
}

/// A record's name.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn id(record: &Value) -> &str {
    record["id"].as_str().expect("an id")
}

/// Asserts that each document has the verdict and the configuration that were recorded, in one dialect.
///
/// `exceptions` are documents in which Berth differs on purpose, each with the code that it reports and why.
///
/// # Panics
/// When one differs, or an exception is none any more.
pub fn assert_agrees(documents: &Path, expected: &Path, dialect: Dialect, exceptions: &[(&str, &str, &str)]) {
    let expected: BTreeMap<String, Value> =
        records(expected).into_iter().map(|record| (id(&record).to_owned(), record)).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for document in records(documents) {
        let id = id(&document);
        let yaml = document["yaml"].as_str().expect("a text");
        let expected = &expected[id];
        let checked = check_in(yaml, dialect, None);
        seen += 1;
        let config = normalised(&checked, dialect);
        let differs = checked.is_valid() != expected["ok"]
            || (checked.is_valid() && !same(&expected["config"], config.as_ref().unwrap_or(&Value::Null)));
        if let Some((_, code, _)) = exceptions.iter().find(|(exception, ..)| *exception == id) {
            let reported = code.is_empty() || checked.diagnostics.iter().any(|d| d.code == *code);
            assert!(differs && reported, "{id} is no exception any more");
            continue;
        }
        if differs {
            let (ok, wanted) = (&expected["ok"], &expected["config"]);
            let got =
                config.map_or_else(|| format!("{:?}", checked.diagnostics), |config| config.to_string());
            wrong.push(format!("{id}: ok={ok} expected; {yaml:?}\n  expected {wanted}\n  got      {got}"));
        }
        assert_eq!(
            checked.configuration.is_some(),
            checked.is_valid(),
            "{id}: a configuration in spite of errors"
        );
    }
    assert!(seen > 2000, "only {seen} documents");
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Equal but for the kind of a number, and for keys without a value.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b
                || (a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => a
            .keys()
            .chain(b.keys())
            .all(|key| same(a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null))),
        _ => a == b,
    }
}
