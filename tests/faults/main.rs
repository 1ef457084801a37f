//! The server is killed with SIGKILL in each state of a run and started again. Afterwards the run's fate is
//! right, its commands ran once, no process and no folder is left behind, and no event is missing or doubled.

mod bad_days;
mod checks;
mod clouds;
mod matrix;
mod shared;

use std::{thread, time::Duration};

use berth_shared::api::{JobReason, RunReason, RunStatus};
use berth_tests::{
    processes,
    server::{Server, until},
};
use checks::{assert_events_are_whole, assert_nothing_is_left, configuration, setup_processes};

#[test]
fn killed_at_any_moment_of_a_launch_the_run_still_comes_up_once() {
    // From before the request is read to after the environment is there.
    for (i, delay) in [0, 1, 2, 4, 7, 11, 16, 25, 40, 60, 90, 150].into_iter().enumerate() {
        let mut server = Server::start();
        let marker = format!("71{i:03}01");
        let text = configuration(&marker, "echo ready");
        let request = thread::spawn(server.submitter("launch", &text));
        thread::sleep(Duration::from_millis(delay));
        server.kill();
        request.join().expect("the request ends");
        server.restart();
        if server.run("launch").is_none() {
            until("nothing came of it", || server.instance_folders().is_empty().then_some(()))
                .unwrap_or_else(|| panic!("something came of it: {:?}", server.instance_folders()));
            // It was lost before it was accepted; the name is free and the next try is the first.
            let _ = server.submit("launch", &text);
        }
        server.wait_for("launch", RunStatus::Running);
        assert_eq!(setup_processes(&marker).len(), 1, "killed after {delay} ms: `setup` ran once");
        server.stop("launch", false);
        let detail = server.wait_for("launch", RunStatus::Terminated);
        assert_events_are_whole(&detail);
        assert_nothing_is_left(&server, &marker);
    }
}

#[test]
fn killed_while_setup_runs_the_environment_goes_on_and_comes_up() {
    let mut server = Server::start();
    let text = configuration("7200001", "sleep 2");
    let _ = server.submit("setup", &text);
    server.wait_until("setup", |run| run.progress.as_deref().is_some_and(|p| p.contains("sleep 2")));
    server.kill();
    server.restart();
    let detail = server.wait_for("setup", RunStatus::Running);
    assert_eq!(setup_processes("7200001").len(), 1, "`setup` ran once");
    assert_events_are_whole(&detail);
    server.stop("setup", false);
    server.wait_for("setup", RunStatus::Terminated);
    assert_nothing_is_left(&server, "7200001");
}

#[test]
fn killed_while_it_runs_the_environment_is_picked_up_again_with_its_processes() {
    let mut server = Server::start();
    let _ = server.submit("running", &configuration("7300001", "echo ready"));
    let before = server.wait_for("running", RunStatus::Running);
    let processes_before = setup_processes("7300001");
    assert_eq!(processes_before.len(), 1);
    for _ in 0..3 {
        server.kill();
        assert_eq!(
            processes::with_marker("7300001"),
            processes_before,
            "the environment outlives its server"
        );
        server.restart();
        let after = server.wait_for("running", RunStatus::Running);
        assert_eq!(after.run.instance_id, before.run.instance_id);
        assert_eq!(after.run.started_at, before.run.started_at);
        assert_eq!(processes::with_marker("7300001"), processes_before);
    }
    server.stop("running", false);
    let detail = server.wait_for("running", RunStatus::Terminated);
    assert_events_are_whole(&detail);
    assert_nothing_is_left(&server, "7300001");
}

#[test]
fn killed_while_it_stops_the_run_is_stopped_all_the_same() {
    for (i, delay) in [0, 3, 20, 200].into_iter().enumerate() {
        let mut server = Server::start();
        let marker = format!("74{i:03}01");
        // Something that does not end when asked to, so that stopping takes a while.
        let stubborn = format!("(trap '' TERM; exec -a stubborn-{marker} sleep 9{marker}) &\n  - sleep 0.2");
        let _ = server.submit("stopping", &configuration(&marker, &stubborn));
        server.wait_for("stopping", RunStatus::Running);
        server.stop("stopping", false);
        thread::sleep(Duration::from_millis(delay));
        server.kill();
        server.restart();
        let detail = server.wait_for("stopping", RunStatus::Terminated);
        assert_eq!(detail.run.reason, Some(RunReason::StoppedByUser));
        assert_events_are_whole(&detail);
        assert_nothing_is_left(&server, &marker);
    }
}

#[test]
fn what_ended_while_no_server_was_there_is_noticed_by_the_next() {
    let mut server = Server::start();
    let _ = server.submit("ended", &configuration("7500001", "sleep 1; exit 7"));
    server.wait_until("ended", |run| run.progress.as_deref().is_some_and(|p| p.contains("sleep 1")));
    server.kill();
    until("setup has failed", || processes::with_marker("7500001").is_empty().then_some(()))
        .expect("a failed `setup` ends the environment without a server too");
    server.restart();
    let detail = server.wait_for("ended", RunStatus::Failed);
    assert_eq!(detail.run.job_reason, Some(JobReason::ContainerExitedWithError));
    let message = detail.run.message.clone().unwrap_or_default();
    assert!(message.contains('7'), "the message tells the exit status: {message}");
    assert_events_are_whole(&detail);
    assert_nothing_is_left(&server, "7500001");
}

#[test]
fn killed_after_a_run_is_over_nothing_begins_again() {
    let mut server = Server::start();
    let _ = server.submit("over", &configuration("7600001", "echo ready"));
    server.wait_for("over", RunStatus::Running);
    server.stop("over", true);
    let before = server.wait_for("over", RunStatus::Terminated);
    server.kill();
    server.restart();
    let after = server.run("over").expect("the run is remembered");
    assert_eq!(after.run, before.run);
    assert_eq!(after.events, before.events);
    assert_nothing_is_left(&server, "7600001");
}
