//! Nothing secret lies about: planted secrets are looked for wherever the server writes or answers.

use std::{fs, path::Path};

use berth_shared::api::RunStatus;
use berth_tests::{
    engines::{BASH, required},
    hosts::Host,
    server::{Server, until},
};
use serde_json::json;

/// What the submitter gives for a variable.
const VALUE: &str = "hf_planted0wOuLdBeAtOkEn0123456789";

/// The value of a secret.
const SECRET: &str = "planted0secret0of0the0project0456789";

/// Files below a folder that hold this text.
fn holding(folder: &Path, secret: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            found.extend(holding(&path, secret));
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap_or_default();
            if bytes.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn planted_secrets_are_nowhere_in_what_the_server_keeps_and_says() {
    let Some(host) = required("an SSH host", Host::start("h1")) else { return };
    let server = Server::start_with(&["--engine", "none", "--default-image", BASH]);
    let request = host.request();
    let key = request.private_key.clone().expect("a key");
    // A line of it is enough to be recognised.
    let line = key.lines().nth(2).expect("a line").to_owned();
    let (status, told) = server.send("/hosts", &serde_json::to_value(&request).expect("JSON"));
    assert_eq!(status, 201, "{told}");
    let (status, told) = server.send("/tokens", &json!({ "label": "a test" }));
    assert_eq!(status, 201, "{told}");
    let token: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    let token = token["token"].as_str().expect("a token").to_owned();
    let configuration = "type: dev-environment\nide: vscode\nbackends: [remote]\nresources: {cpu: 1, memory: 300MB, disk: null}\nenv: [HF_TOKEN, 'OTHER=a-${{ secrets.other }}']\n\
                         init: ['test -n \"$HF_TOKEN\" && echo of ${#OTHER} letters']\n";
    let body =
        json!({ "configuration": configuration, "name": "shy-fox-1", "variables": { "HF_TOKEN": VALUE } });
    let (status, told) = server.send("/runs", &body);
    assert_eq!(status, 409, "{told}");
    assert!(told.contains("there is no secret `other`: `berth secret set other` makes it"), "{told}");
    let (status, set) = server.put("/secrets/other", &json!({ "value": SECRET }));
    assert_eq!(status, 200, "{set}");
    let (status, told) = server.send("/runs", &body);
    assert_eq!(status, 201, "{told}");
    server.wait_for("shy-fox-1", RunStatus::Running);
    let letters = format!("of {} letters", SECRET.len() + 2);
    assert!(
        until("the secret is in the environment", || server
            .get("/runs/shy-fox-1/logs")
            .1
            .contains(&letters)
            .then_some(()))
        .is_some()
    );
    // A mistake is told without what it is about.
    let mut damaged = request;
    damaged.name = Some("h2".to_owned());
    damaged.private_key = Some(key.replacen("b3BlbnNzaC1rZXk", "b3BlbnNzaC1rZXl", 1));
    let (status, refusal) = server.send("/hosts", &serde_json::to_value(&damaged).expect("JSON"));
    assert_eq!(status, 422, "{refusal}");

    let mut said = vec![refusal, set];
    for at in [
        "/hosts",
        "/secrets",
        "/runs",
        "/runs/shy-fox-1",
        "/events",
        "/instances",
        "/me",
        "/runs/shy-fox-1/logs",
    ] {
        let (status, told) = server.get(at);
        assert_eq!(status, 200, "{at}: {told}");
        said.push(told);
    }
    let log = fs::read_to_string(server.data_dir().with_extension("log")).expect("its log");
    assert!(log.contains("SSH host added"), "{log}");
    said.push(log);
    let session = server.session().split_once('=').map(|(_, secret)| secret.to_owned()).expect("a cookie");
    let session = session.split(';').next().unwrap_or_default().to_owned();
    for (what, secret) in [
        ("the private key", &line),
        ("the variable", &VALUE.to_owned()),
        ("the project's secret", &SECRET.to_owned()),
        ("the API token", &token),
        ("the session", &session),
    ] {
        assert!(secret.len() > 20, "{what} can be looked for");
        assert_eq!(holding(server.data_dir(), secret), Vec::<String>::new(), "{what} lies about");
        assert!(!said.iter().any(|told| told.contains(secret.as_str())), "{what} is told");
    }
    server.stop("shy-fox-1", true);
    server.wait_until("shy-fox-1", |run| run.finished_at.is_some());
}
