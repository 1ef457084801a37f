//! The command line with a real server and real environments.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use berth_shared::api::RunStatus;
use berth_tests::server::{Server, binary, until};

const TEXT: &str = "type: dev-environment
ide: vscode
resources:
  cpu: 1..
  memory: 64MB..
  disk:
init:
  - for i in $(seq 1 40); do echo \"tick $i of $WHAT\"; sleep 0.1; done
env:
  - WHAT
";

fn berth(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(home).env("HOME", home).stdin(Stdio::null());
    for variable in ["XDG_CONFIG_HOME", "BERTH_SERVER", "BERTH_TOKEN", "BERTH_DATA_DIR", "DSTACK_PROFILE"] {
        command.env_remove(variable);
    }
    command
}

fn said(home: &Path, arguments: &[&str]) -> Output {
    let output = berth(home, arguments).output().expect("berth runs");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "berth {arguments:?}: {:?}: {err}", output.status);
    output
}

#[test]
fn a_run_is_launched_followed_over_a_killed_server_and_stopped() {
    let mut server = Server::start();
    let home = tempfile::tempdir().expect("a home");
    let home = home.path();
    std::fs::write(home.join(".dstack.yml"), TEXT).expect("a configuration");
    let data_dir = server.data_dir().to_string_lossy().into_owned();
    // Whoever may read the server's data may come in.
    said(home, &["login", "--data-dir", &data_dir]);
    said(home, &["run", "-y", "-d", "-n", "fox", "-e", "WHAT=all", "--max-duration", "10m"]);
    assert!(server.wait_for("fox", RunStatus::Running).configuration.contains("max_duration: 10m"));

    let child = berth(home, &["logs", "-f", "fox"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let follower = child.expect("berth starts");
    until("a part of the log is there", || {
        let log = berth(home, &["logs", "fox"]).output().ok()?;
        String::from_utf8_lossy(&log.stdout).contains("tick 5 of all").then_some(())
    })
    .expect("the log grows");
    server.kill();
    let away = berth(home, &["ps"]).output().expect("berth runs");
    assert_eq!(away.status.code(), Some(3), "{}", String::from_utf8_lossy(&away.stderr));
    server.restart();
    until("the whole log is there", || {
        let log = berth(home, &["logs", "fox"]).output().ok()?;
        String::from_utf8_lossy(&log.stdout).contains("tick 40 of all").then_some(())
    })
    .expect("the log grows on");
    said(home, &["stop", "-y", "--wait", "fox"]);
    let followed = follower.wait_with_output().expect("it ends with the run");
    assert!(followed.status.success());
    // Every line, once and in order, whatever was away meanwhile.
    let whole: String = (1..=40).map(|i| format!("tick {i} of all\n")).collect();
    assert_eq!(String::from_utf8_lossy(&followed.stdout), whole);
    assert_eq!(String::from_utf8_lossy(&said(home, &["logs", "fox"]).stdout), whole);

    let events = String::from_utf8_lossy(&said(home, &["events", "fox"]).stdout).into_owned();
    assert!(events.contains("terminating -> terminated"), "{events}");
    let runs = String::from_utf8_lossy(&said(home, &["ps"]).stdout).into_owned();
    assert!(runs.contains("fox") && runs.contains("terminated"), "{runs}");
}

#[test]
fn a_command_that_fails_is_the_exit_status_of_its_launch() {
    let server = Server::start();
    let home = tempfile::tempdir().expect("a home");
    let home = home.path();
    said(home, &["login", "--data-dir", &server.data_dir().to_string_lossy()]);
    let text = TEXT.replace("setup", "init").replace("for i in", "echo working; exit 7; for i in");
    std::fs::write(home.join("fails.dstack.yml"), text.replace("init:", "setup:")).expect("a configuration");
    let output = berth(home, &["run", "fails.dstack.yml", "-y", "-n", "wren"]).env("WHAT", "none").output();
    let output = output.expect("berth runs");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("working\n"));
    assert!(err.contains("wren failed") && err.contains('7'), "{err}");
}

/// What dstack 0.22 reads and 0.18 does not.
const NEWER: &str = "type: dev-environment
name: heron
ide: cursor
working_dir: src
shell: sh
env: {HOME: /home/me}
tags: {team: ml}
stop_duration: 3s
priority: 10
nvcc: true
resources: {cpu: 1.., memory: 64MB.., disk: }
init:
  - echo \"in ${PWD##*/} by $0, at home in ${HOME##*/}\"
";

#[test]
fn a_file_of_dstack_0_22_is_launched_as_it_says_and_what_comes_to_nothing_is_told_before() {
    let server = Server::start();
    let home = tempfile::tempdir().expect("a home");
    let home = home.path();
    said(home, &["login", "--data-dir", &server.data_dir().to_string_lossy()]);
    std::fs::write(home.join(".dstack.yml"), NEWER).expect("a configuration");
    let launched = said(home, &["run", "-y", "-d", "--max-duration", "10m"]);
    let out = String::from_utf8_lossy(&launched.stdout);
    assert!(out.contains("nothing comes of `nvcc` here"), "{out}");
    let detail = server.wait_for("heron", RunStatus::Running);
    assert!(detail.configuration.contains("max_duration: 10m"), "{}", detail.configuration);
    let run = detail.run;
    assert_eq!((run.ide.as_deref(), run.tags["team"].as_str()), (Some("cursor"), "ml"));
    until("the command has said where it is", || {
        let log = berth(home, &["logs", "heron"]).output().ok()?;
        String::from_utf8_lossy(&log.stdout).contains("in src by sh, at home in ").then_some(())
    })
    .expect("the log has it");
    said(home, &["stop", "-y", "--wait", "heron"]);

    // A run without its volumes would be another one.
    std::fs::write(home.join(".dstack.yml"), format!("{NEWER}volumes: [\"data:/data\"]\n")).expect("a file");
    let refused = berth(home, &["run", "-y", "-d"]).output().expect("berth runs");
    let err = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{err}");
    let all = format!("{}{err}", String::from_utf8_lossy(&refused.stdout));
    assert!(all.contains("the volume `data` cannot be had: volumes are a container engine's"), "{all}");
}

/// A server that is killed with the test.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[test]
fn a_server_whose_log_cannot_be_written_works_on() {
    let home = tempfile::tempdir().expect("a home");
    let home = home.path();
    let data_dir = home.join("data").to_string_lossy().into_owned();
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a disk that is full");
    let _server = Killed(
        berth(home, &["serve", "--listen", "127.0.0.1:0", "--data-dir", &data_dir, "--engine", "none"])
            .stdout(Stdio::null())
            .stderr(full)
            .spawn()
            .expect("berth starts"),
    );
    until("the server answers", || {
        let login = berth(home, &["login", "--data-dir", &data_dir]).output().ok()?;
        login.status.success().then_some(())
    })
    .expect("it comes up");
    std::fs::write(home.join(".dstack.yml"), TEXT.replace("seq 1 40", "seq 1 2")).expect("a configuration");
    said(home, &["run", "-y", "-d", "-n", "fox", "-e", "WHAT=all"]);
    until("the run has come up and said what it says", || {
        let log = berth(home, &["logs", "fox"]).output().ok()?;
        String::from_utf8_lossy(&log.stdout).contains("tick 2 of all").then_some(())
    })
    .expect("its loops go on");
    said(home, &["stop", "-y", "--wait", "fox"]);
}
