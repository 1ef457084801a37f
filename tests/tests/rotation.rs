//! Another key for what is sealed, while a server runs, also where it is killed in the middle.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use berth_shared::api::RunStatus;
use berth_tests::server::{Server, binary};
use serde_json::json;

const VALUE: &str = "a value that nobody reads again";

fn key_file(server: &Server) -> PathBuf {
    server.data_dir().join("sealing.key")
}

fn keys(server: &Server) -> Vec<String> {
    let text = fs::read_to_string(key_file(server)).expect("a key");
    text.lines().map(str::to_owned).collect()
}

/// `berth secret rotate-key`, which dies at `failpoint` where there is one.
fn rotate(server: &Server, failpoint: Option<&str>, options: &[&str]) -> Output {
    let mut berth = Command::new(binary());
    berth.args(["secret", "rotate-key", "--data-dir"]).arg(server.data_dir()).args(options);
    berth.env_remove("BERTH_SEALING_KEY").env_remove("BERTH_SEALING_KEY_FILE");
    if let Some(failpoint) = failpoint {
        berth.env("BERTH_FAILPOINT", failpoint);
    }
    berth.output().expect("it can be started")
}

/// What it says, once it has done it.
#[track_caller]
fn rotated(server: &Server, options: &[&str]) -> String {
    let output = rotate(server, None, options);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Has a run compare the secret with what it has to be.
#[track_caller]
fn secret_is_right(server: &Server, run: &str) {
    let text = format!(
        "type: dev-environment\nide: vscode\nresources: {{cpu: 1.., memory: 64MB.., disk: null}}\n\
         env: ['SECRET=${{{{ secrets.hub }}}}']\n\
         init: ['test \"$SECRET\" = \"{VALUE}\" && echo the secret is right']\n"
    );
    let _ = server.submit(run, &text);
    server.wait_for(run, RunStatus::Running);
    let seen = berth_tests::server::until("the log says so", || {
        Some(server.log(run)).filter(|log| log.contains("the secret is right"))
    });
    assert!(seen.is_some(), "the secret is what it was: {}", server.log(run));
    server.stop(run, true);
}

fn with_a_secret() -> Server {
    let server = Server::start();
    let (status, told) = server.put("/secrets/hub", &json!({ "value": VALUE }));
    assert_eq!(status, 200, "{told}");
    server
}

#[test]
fn a_server_goes_on_by_a_new_key_and_the_old_one_opens_nothing_any_more() {
    let mut server = with_a_secret();
    let before = keys(&server);
    assert_eq!(before.len(), 1);
    let told = rotated(&server, &["--wait", "0"]);
    assert!(told.starts_with("1 sealed anew."), "{told}");
    let after = keys(&server);
    assert!(after.len() == 1 && after != before);
    secret_is_right(&server, "calm-otter-1");
    server.kill();
    server.restart();
    secret_is_right(&server, "calm-otter-2");
    // With the key from before it is as after any other key.
    server.kill();
    fs::write(key_file(&server), &before[0]).expect("written");
    assert!(rotated(&server, &["--wait", "0"]).contains("1 could not be read by any key that there was"));
}

#[test]
fn what_was_killed_in_the_middle_loses_nothing_and_goes_on() {
    let server = with_a_secret();
    for (number, failpoint) in ["key.after", "seal.after", "drop.before"].iter().enumerate() {
        let output = rotate(&server, Some(&format!("rotate-key.{failpoint}")), &["--wait", "0"]);
        assert_eq!(output.status.code(), None, "it is killed at {failpoint}: {output:?}");
        assert_eq!(keys(&server).len(), 2, "{failpoint}");
        secret_is_right(&server, &format!("calm-otter-{}", 2 * number + 1));
        // What is set meanwhile is there afterwards.
        let (status, told) = server.put(&format!("/secrets/other{number}"), &json!({ "value": "x" }));
        assert_eq!(status, 200, "{told}");
        let told = rotated(&server, &["--wait", "0"]);
        assert!(told.starts_with("Went on with a rotation that was begun before."), "{told}");
        assert!(!told.contains("could not be read"), "{told}");
        assert_eq!(keys(&server).len(), 1, "{failpoint}");
        secret_is_right(&server, &format!("calm-otter-{}", 2 * number + 2));
    }
}

#[test]
fn servers_with_copies_of_the_key_are_prepared_first() {
    let server = with_a_secret();
    let old = keys(&server);
    let told = rotated(&server, &["--prepare"]);
    assert!(told.contains("opens and does not seal yet"), "{told}");
    let prepared = keys(&server);
    assert!(
        prepared.len() == 2 && prepared[0] == old[0] && prepared[1].starts_with("next "),
        "it seals as before"
    );
    let again = rotate(&server, None, &["--prepare"]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("a rotation is under way"), "{again:?}");
    let told = rotated(&server, &["--keep-old", "--wait", "0"]);
    assert!(told.contains("run `berth secret rotate-key` once more"), "{told}");
    let both = keys(&server);
    assert_eq!(both, [prepared[1].trim_start_matches("next "), old[0].as_str()]);
    secret_is_right(&server, "calm-otter-1");
    rotated(&server, &["--wait", "0"]);
    assert_eq!(keys(&server), both[..1]);
    secret_is_right(&server, "calm-otter-2");
}

#[test]
fn a_key_that_is_in_a_variable_is_not_changed_behind_its_back() {
    let server = with_a_secret();
    let mut berth = Command::new(binary());
    berth.args(["secret", "rotate-key", "--data-dir"]).arg(server.data_dir()).env("BERTH_SEALING_KEY", "x");
    let output = berth.output().expect("it can be started");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("write it into a file"), "{output:?}");
    assert_eq!(keys(&server).len(), 1);
}
