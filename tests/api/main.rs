//! Whatever is asked, the server answers without a fault and as its description says: schemathesis makes requests of the OpenAPI document,
//! such as make sense and such as do not.
//!
//! It asks a demo, in which nothing is real: what it launches costs nothing and runs nowhere.

use std::{fs, path::PathBuf, process::Command};

use berth_tests::server::Server;

/// From which the requests are drawn, the same ones in each run.
const SEED: &str = "1";

/// How many requests of each kind an endpoint gets at most.
const EXAMPLES: &str = "8";

/// What is not asked: signing out, ending the session that a list has told it of, or removing itself once it has made somebody else an admin
/// would end what it asks by; the stream is no endpoint of questions and answers; and archives are nothing that it knows how to make.
const PASSED_OVER: [&str; 5] = [
    "/api/v1/logout",
    "/api/v1/me/sessions/{id}",
    "/api/v1/people/{name}",
    "/api/v1/stream",
    "/api/v1/code/{sha256}",
];

/// How long one answer may take, seconds: twice what the server gives itself.
const PATIENCE: &str = "60";

/// What `cargo xtask test` installs. `None`, with a line, where it is not there; `BERTH_REQUIRE_APPS=1` makes that a failure.
fn schemathesis() -> Option<PathBuf> {
    let program = std::env::var_os("BERTH_SCHEMATHESIS").map(|folder| PathBuf::from(folder).join("bin/st"));
    let found = program.filter(|program| program.exists());
    if found.is_none() {
        let why = "`BERTH_SCHEMATHESIS` names no environment of Python with it; `cargo xtask test` installs one where it can";
        assert!(std::env::var_os("BERTH_REQUIRE_APPS").is_none(), "schemathesis is required: {why}");
        eprintln!("skipped: schemathesis: {why}");
    }
    found
}

#[test]
fn whatever_is_asked_there_is_no_fault_of_the_servers() {
    let Some(program) = schemathesis() else { return };
    let server = Server::start_with(&["--demo", "--requests-per-minute", "1000000"]);
    let folder = tempfile::tempdir().expect("a folder");
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let cookie = format!("Cookie:{}", server.session());
    let origin = format!("Origin:{}", server.address());
    let document = folder.path().join("openapi.json");
    fs::write(&document, berth::http::document_text()).expect("the document is written");
    let output = Command::new(program)
        .current_dir(folder.path())
        .arg("run")
        .arg(&document)
        .args(["--url", server.address(), "--header", &cookie, "--header", &origin])
        .args([
            "--checks",
            "not_a_server_error,response_schema_conformance",
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args([
            "--max-examples",
            EXAMPLES,
            "--seed",
            SEED,
            "--request-timeout",
            PATIENCE,
            "--continue-on-failure",
        ])
        .args(PASSED_OVER.iter().flat_map(|path| ["--exclude-path", path]))
        .args(["--warnings", "off"])
        .args(["--report", "junit", "--report-junit-path", "report.xml"])
        .env("NO_COLOR", "1")
        .output()
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    // Whoever is not let in finds nothing out: its requests were those of somebody who is signed in, to the last.
    let me = agent.get(format!("{}/api/v1/me", server.address())).header("cookie", server.session()).call();
    assert_eq!(me.expect("an answer").status(), 200, "{said}");
    let report = fs::read_to_string(folder.path().join("report.xml")).expect("a report");
    assert_eq!(report.matches("<testcase").count(), operations(), "{said}");
}

/// How many there are to be asked.
fn operations() -> usize {
    let document: serde_json::Value =
        serde_json::from_str(&berth::http::document_text()).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("paths");
    let asked = paths.iter().filter(|(path, _)| !PASSED_OVER.contains(&path.as_str()));
    asked.map(|(_, item)| item.as_object().map_or(0, serde_json::Map::len)).sum()
}
