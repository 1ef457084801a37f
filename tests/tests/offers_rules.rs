//! Offers and pool instances are those recorded for dstack 0.18.2, its known defects in matching put right.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use berth_tests::conformance::{offers, recorded};
use flate2::read::GzDecoder;
use serde_json::Value;

/// The answers to a folder's queries, a record a line.
fn answers(folder: &Path) -> Vec<Value> {
    let mut output = Vec::new();
    offers::run(folder, &mut output).expect("the queries can be answered");
    records(&String::from_utf8(output).expect("JSON is UTF-8"))
}

fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON record a line")).collect()
}

/// Equal, numbers within 1e-9 of each other.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => a == b,
    }
}

fn agrees(folder: &Path, expected: &[Value]) {
    let answers = answers(folder);
    assert_eq!(answers.len(), expected.len());
    for (answer, expected) in answers.iter().zip(expected) {
        for key in ["id", "pool", "pool_run", "total", "offers"] {
            let (found, wanted) = (&answer[key], &expected[key]);
            assert!(
                same(found, wanted),
                "{}: {key}\n  expected {wanted}\n  got      {found}",
                expected["id"]
            );
        }
        assert_eq!(answer.get("errors"), None, "{}", expected["id"]);
    }
}

#[test]
fn our_copy_of_the_recorded_queries_is_answered_alike() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/offers");
    let packed = fs::read(folder.join("expected.jsonl.gz")).expect("the expectations are there");
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut text).expect("they are whole");
    let expected = records(&text);
    assert!(expected.len() > 500, "only {} queries", expected.len());
    agrees(&folder, &expected);
}

#[test]
fn all_recorded_queries_are_answered_alike() {
    let Some(folder) = recorded().map(|recorded| recorded.join("offers")) else {
        println!("skipped: no recorded answers beside the repository, and `BERTH_SHARED` names none");
        return;
    };
    let text = fs::read_to_string(folder.join("expected.jsonl")).expect("the expectations are there");
    agrees(&folder, &records(&text));
}

#[test]
fn a_file_of_another_shape_is_named() {
    let bad = offers::World::read("provider,price\naws,1\n", "{}", Default::default());
    let message = bad.err().expect("it has no instance_name").to_string();
    assert!(message.starts_with("catalog.csv: "), "{message}");
}
