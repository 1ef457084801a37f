//! Verdicts and normalised configurations are those of dstack 0.22.5.

use std::path::PathBuf;

use berth_shared::schema::Dialect;
use berth_tests::conformance::{agreement::assert_agrees, recorded};

/// Documents in which Berth differs on purpose: 12 of 3,729.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("d00678", "number-too-large", "an inactivity beyond 64 bits"),
    ("d03142", "number-too-large", "an inactivity beyond 64 bits"),
    ("d03324", "number-too-large", "a stop beyond 64 bits"),
    ("d03422", "number-too-large", "an idle time beyond 64 bits"),
    ("d03423", "number-too-large", "an idle time beyond 64 bits"),
    ("d03527", "number-too-large", "a retry beyond 64 bits"),
    ("d03528", "number-too-large", "a retry beyond 64 bits"),
    ("d03633", "number-too-large", "a window beyond 64 bits"),
    ("d04009", "", "`1` and `1.0` are one key to Python; here they are two, of which the last by name wins"),
    ("d04523", "number-too-large", "vCPUs beyond 64 bits"),
    ("d04971", "number-too-large", "GPUs beyond 64 bits"),
    ("d05595", "number-too-large", "a score beyond 64 bits"),
];

/// Documents of dstack 0.18's corpus in which Berth differs on purpose: 4 of 2,694.
const OF_BOTH: &[(&str, &str, &str)] = &[
    ("b03397", "number-too-large", "a GPU count beyond 64 bits"),
    ("b03398", "number-too-large", "a GPU count beyond 64 bits"),
    ("b03507", "number-too-large", "a GPU count beyond 64 bits"),
    ("b03980", "number-too-large", "a number beyond 64 bits"),
];

#[test]
fn verdicts_and_configurations_are_those_of_dstack_0_22() {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/config-0.22");
    assert_agrees(&data.join("documents.jsonl"), &data.join("expected.jsonl"), Dialect::V0_22, EXCEPTIONS);
}

#[test]
fn real_files_are_read_as_dstack_0_22_reads_them() {
    let Some(recorded) = recorded() else {
        println!("skipped: no recorded answers beside the repository (BERTH_SHARED)");
        return;
    };
    for (folder, exceptions) in [("config", OF_BOTH), ("dialect-0.22", EXCEPTIONS)] {
        let folder = recorded.join(folder);
        assert_agrees(
            &folder.join("documents.jsonl"),
            &folder.join("expected-0.22.jsonl"),
            Dialect::V0_22,
            exceptions,
        );
    }
}
