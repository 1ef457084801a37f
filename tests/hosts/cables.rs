//! Three hosts, as a person and their server see them.

use std::process::{Command, Stdio};

use berth_shared::api::{Page, RunStatus, SshHost, SshHostStatus};
use berth_tests::{
    engines::{BASH, required},
    hosts::Host,
    server::{Server, binary, until},
};
use serde_json::json;

/// Two GPUs, as NVIDIA's program tells of them.
const SMI: &str = "#!/bin/sh\nprintf '0, GPU-a, NVIDIA A100-SXM4-80GB, 81559, 550.1\\n1, GPU-b, NVIDIA A100-SXM4-80GB, 81559, 550.1\\n'\n";

fn berth(server: &Server, token: &str, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(binary())
        .args(arguments)
        .env("HOME", "/nonexistent")
        .env("BERTH_SERVER", server.address())
        .env("BERTH_TOKEN", token)
        .stdin(Stdio::null())
        .output()
        .expect("berth");
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&told).into_owned())
}

fn hosts(server: &Server) -> Vec<SshHost> {
    let (status, told) = server.get("/hosts");
    assert_eq!(status, 200, "{told}");
    serde_json::from_str::<Page<SshHost>>(&told).expect("hosts").items
}

fn wait_for(server: &Server, name: &str, wanted: SshHostStatus) {
    until("the host", || {
        hosts(server).iter().any(|host| host.name == name && host.status == wanted).then_some(())
    })
    .unwrap_or_else(|| panic!("{name} does not become {wanted:?}: {:?}", hosts(server)));
}

/// Runs that count, on this host.
fn counting(host: &str) -> String {
    format!(
        "type: dev-environment\nide: vscode\nbackends: [remote]\ninstance_types: [{host}]\nresources: {{cpu: 1, memory: 300MB, disk: null}}\n\
         init:\n  - (i=0; while true; do echo \"count $i\"; i=$((i+1)); sleep 0.5; done) &\n"
    )
}

/// How many numbers were counted: each once and in order. 0 while the log cannot be had.
fn counted(server: &Server, run: &str) -> usize {
    let (status, log) = server.get(&format!("/runs/{run}/logs"));
    if status != 200 {
        return 0;
    }
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    let counts: Vec<usize> = log.split("count ").skip(1).filter_map(number).collect();
    assert!(counts.iter().enumerate().all(|(n, &count)| n == count), "{run}: {counts:?}");
    counts.len()
}

/// Waits until it has counted on.
fn counts_on(server: &Server, run: &str) {
    let before = until("a log", || Some(counted(server, run)).filter(|&count| count > 0));
    let before = before.unwrap_or_else(|| panic!("{run} has no log"));
    until("counting", || (counted(server, run) > before + 2).then_some(()))
        .unwrap_or_else(|| panic!("{run} stands still at {before}"));
}

#[test]
fn environments_on_three_hosts_live_through_pulled_cables_and_a_killed_server() {
    let started: Result<Vec<Host>, String> = ["h1", "h2", "h3"].into_iter().map(Host::start).collect();
    let Some(all) = required("an SSH host", started) else { return };
    let [one, two, three] = all.as_slice() else { unreachable!() };
    two.put_program("nvidia-smi", SMI);
    let mut server = Server::start_with(&["--engine", "none", "--default-image", BASH]);
    let (status, told) = server.send("/tokens", &json!({ "label": "a test" }));
    assert_eq!(status, 201, "{told}");
    let token: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    let token = token["token"].as_str().expect("a token").to_owned();

    // Added from the command line; the third through itself, by an address that only it knows.
    let (_, told) = berth(&server, &token, &["pool", "hosts"]);
    assert_eq!(told.trim(), "No SSH hosts; `berth pool add-ssh USER@HOST` adds one");
    for host in [one, two] {
        let key = host.client_key().display().to_string();
        let (added, told) =
            berth(&server, &token, &["pool", "add-ssh", &host.login(), "-i", &key, "--name", &host.name]);
        assert!(added && told.contains("SHA256:") && told.contains("Podman"), "{told}");
        assert_eq!(told.contains("2 x A100 80 GB"), host.name == "h2", "{told}");
    }
    let key = three.client_key().display().to_string();
    let jump = three.login();
    let arguments = ["pool", "add-ssh", "root@127.0.0.1", "-i", &key, "-J", &jump, "--name", "h3"];
    let (added, told) = berth(&server, &token, &arguments);
    assert!(added, "{told}");
    let (_, listed) = berth(&server, &token, &["pool", "hosts"]);
    assert_eq!(listed.matches(" ready ").count(), 3, "{listed}");

    // Several on one host, and one on each.
    for (run, host) in
        [("first-run-1", "h1"), ("first-run-2", "h1"), ("second-run-1", "h2"), ("third-run-1", "h3")]
    {
        let _ = server.submit(run, &counting(host));
    }
    for run in ["first-run-1", "first-run-2", "second-run-1", "third-run-1"] {
        server.wait_for(run, RunStatus::Running);
        counts_on(&server, run);
    }
    let (busy, told) = berth(&server, &token, &["pool", "rm-ssh", "h1", "-y"]);
    assert!(!busy && told.contains("2 environments are on the SSH host `h1`"), "{told}");

    // A cable is pulled: that host is away, its environments go on, and the others do not care.
    one.cable(false);
    wait_for(&server, "h1", SshHostStatus::Away);
    counts_on(&server, "second-run-1");
    for run in ["first-run-1", "first-run-2"] {
        let there = server.run(run).expect("it is there");
        assert_eq!(there.run.status, RunStatus::Running, "{there:?}");
    }
    one.cable(true);
    wait_for(&server, "h1", SshHostStatus::Ready);
    counts_on(&server, "first-run-1");

    // The server is killed while a cable is out, and starts anew before that is back.
    three.cable(false);
    server.kill();
    server.restart();
    wait_for(&server, "h3", SshHostStatus::Away);
    wait_for(&server, "h1", SshHostStatus::Ready);
    three.cable(true);
    wait_for(&server, "h3", SshHostStatus::Ready);
    for run in ["first-run-1", "first-run-2", "second-run-1", "third-run-1"] {
        counts_on(&server, run);
        server.stop(run, false);
    }
    for run in ["first-run-1", "first-run-2", "second-run-1", "third-run-1"] {
        server.wait_until(run, |run| run.finished_at.is_some());
    }
    for host in &all {
        until("nothing", || host.engine.left().is_empty().then_some(()))
            .unwrap_or_else(|| panic!("left on {}: {:?}", host.name, host.engine.left()));
        let (removed, told) = berth(&server, &token, &["pool", "rm-ssh", &host.name, "-y"]);
        assert!(removed, "{told}");
    }
}
