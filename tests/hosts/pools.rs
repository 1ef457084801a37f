//! A host takes the runs of its pool.

use std::process::{Command, Stdio};

use berth_shared::api::{Plan, RunStatus};
use berth_tests::{
    engines::{BASH, required},
    hosts::Host,
    server::{Server, binary},
};
use serde_json::json;

const TEXT: &str = "type: dev-environment\nide: vscode\nbackends: [remote]\nresources: {cpu: 1, memory: 300MB, disk: null}\n";

/// Hosts that a plan offers, and why it has none.
fn plan(server: &Server, text: &str) -> (Vec<String>, String) {
    let (status, told) = server.send("/plan", &json!({ "configuration": text }));
    assert_eq!(status, 200, "{told}");
    let plan: Plan = serde_json::from_str(&told).expect("a plan");
    let hosts = plan.offers.iter().map(|planned| planned.offer.instance_type.clone()).collect();
    let reasons = plan.refusals.iter().flat_map(|refusal| &refusal.reasons);
    (hosts, reasons.map(|reason| format!("{}\n", reason.message)).collect())
}

#[test]
fn a_host_takes_the_runs_of_its_pool_and_no_others() {
    let started: Result<Vec<Host>, String> = ["h1", "h2"].into_iter().map(Host::start).collect();
    let Some(all) = required("an SSH host", started) else { return };
    let server = Server::start_with(&["--engine", "none", "--default-image", BASH]);
    let (_, told) = server.send("/tokens", &json!({ "label": "a test" }));
    let token: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    let berth = |arguments: &[&str]| {
        let output = Command::new(binary())
            .args(arguments)
            .env("HOME", "/nonexistent")
            .env("BERTH_SERVER", server.address())
            .env("BERTH_TOKEN", token["token"].as_str().expect("a token"))
            .stdin(Stdio::null())
            .output()
            .expect("berth");
        let told = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&told).into_owned())
    };
    for (host, pool) in all.iter().zip([&[][..], &["--pool", "team"]]) {
        let key = host.client_key().display().to_string();
        let login = host.login();
        let mut arguments = vec!["pool", "add-ssh", &login, "-i", &key, "--name", &host.name];
        arguments.extend(pool);
        let (added, told) = berth(&arguments);
        assert!(added, "{told}");
    }
    let (_, listed) = berth(&["pool", "hosts"]);
    let columns: Vec<Vec<&str>> =
        listed.lines().map(|line| line.split_whitespace().take(4).collect()).collect();
    assert_eq!(columns[0], ["NAME", "ADDRESS", "LOGIN", "POOL"], "{listed}");
    assert_eq!((columns[1][3], columns[2][3]), ("(default)", "team"), "{listed}");

    let team = format!("{TEXT}pool_name: team\n");
    assert_eq!(plan(&server, TEXT).0, ["h1"]);
    assert_eq!(plan(&server, &team).0, ["h2"]);
    let (hosts, why) = plan(&server, &format!("{TEXT}pool_name: other\n"));
    assert_eq!(hosts, Vec::<String>::new());
    assert!(why.contains("`h2` is in the pool `team` and `other` is asked for"), "{why}");
    let _ = server.submit("shy-fox-1", &team);
    let detail = server.wait_for("shy-fox-1", RunStatus::Running);
    assert_eq!(detail.run.offer.map(|offer| offer.instance_type).as_deref(), Some("h2"));
    server.stop("shy-fox-1", true);
    server.wait_until("shy-fox-1", |run| run.finished_at.is_some());

    let (deleted, told) = berth(&["pool", "delete", "team", "-y"]);
    assert!(
        !deleted && told.contains("the SSH host `h2` is in the pool `team`: remove the host first"),
        "{told}"
    );
    // One that was added without a pool goes with the default one.
    let (set, told) = berth(&["pool", "set-default", "team"]);
    assert!(set, "{told}");
    assert_eq!(plan(&server, TEXT).0, ["h1", "h2"]);
}
