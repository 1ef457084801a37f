//! The same with clouds, which outlive the server: one machine is made for each instance, and none stays.

use std::{collections::BTreeSet, thread, time::Duration};

use berth_shared::api::RunStatus;
use berth_tests::{
    clouds::Clouds,
    server::{Server, until},
};

use crate::checks::assert_events_are_whole;

const TEXT: &str = "\
type: dev-environment
ide: vscode
backends: [aws]
setup: [echo ready]
resources: {cpu: 2, memory: 8GB}
termination_idle_time: 1s
";

/// No machine is left at the cloud, and no two were ever made for one instance.
fn assert_one_each_and_none_left(clouds: &Clouds) {
    until("all machines are gone", || clouds.bill("aws").lines.iter().all(|line| !line.there).then_some(()))
        .unwrap_or_else(|| panic!("machines are left: {:#?}", clouds.bill("aws")));
    let bill = clouds.bill("aws");
    let ids: BTreeSet<_> =
        bill.lines.iter().filter_map(|line| line.tag.as_ref()).map(|tag| &tag.id).collect();
    assert_eq!(ids.len(), bill.lines.len(), "one machine for each instance: {bill:#?}");
    assert!(bill.total > 0.0, "they did cost: {bill:#?}");
}

#[test]
fn killed_at_any_moment_of_a_launch_on_a_cloud_one_machine_is_made_and_none_stays() {
    // Without keys that count, a retry that does not look first would make another machine.
    let faults = r#"{"answer_lost": 0.3, "key_ignored": 1.0}"#;
    for (seed, delay) in [0, 10, 30, 80, 200, 500, 1000, 2000].into_iter().enumerate() {
        let clouds = Clouds::start(&["--cloud", "aws", "--seed", &seed.to_string(), "--faults", faults]);
        let mut server = Server::start_with(&["--simulated-clouds", clouds.address()]);
        let _ = server.submit("launch", TEXT);
        thread::sleep(Duration::from_millis(delay));
        server.kill();
        server.restart();
        server.wait_for("launch", RunStatus::Running);
        server.stop("launch", false);
        let detail = server.wait_for("launch", RunStatus::Terminated);
        assert_events_are_whole(&detail);
        assert_one_each_and_none_left(&clouds);
    }
}

#[test]
fn a_run_on_a_cloud_goes_on_while_its_server_is_away() {
    let clouds = Clouds::start(&["--cloud", "aws"]);
    let mut server = Server::start_with(&["--simulated-clouds", clouds.address()]);
    let _ = server.submit("running", TEXT);
    let before = server.wait_for("running", RunStatus::Running);
    server.kill();
    thread::sleep(Duration::from_millis(300));
    server.restart();
    let after = server.wait_for("running", RunStatus::Running);
    assert_eq!(after.run.instance_id, before.run.instance_id);
    assert_eq!(after.run.started_at, before.run.started_at);
    server.stop("running", false);
    assert_events_are_whole(&server.wait_for("running", RunStatus::Terminated));
    assert_one_each_and_none_left(&clouds);
}

#[test]
fn a_cloud_that_cannot_be_reached_for_a_while_costs_no_run() {
    let clouds = Clouds::start(&["--cloud", "aws"]);
    let server = Server::start_with(&["--simulated-clouds", clouds.address()]);
    let _ = server.submit("running", TEXT);
    server.wait_for("running", RunStatus::Running);
    clouds.set_faults("aws", &serde_json::json!({ "throttled": 1.0 }));
    server.stop("running", false);
    thread::sleep(Duration::from_secs(2));
    assert!(
        clouds.bill("aws").lines.iter().all(|line| line.there),
        "nothing is gone before the cloud says so"
    );
    clouds.set_faults("aws", &serde_json::json!({}));
    assert_events_are_whole(&server.wait_for("running", RunStatus::Terminated));
    assert_one_each_and_none_left(&clouds);
}

#[test]
fn servers_that_share_an_account_leave_each_others_machines_alone() {
    let clouds = Clouds::start(&["--cloud", "aws"]);
    let one = Server::start_with(&["--simulated-clouds", clouds.address()]);
    let _ = one.submit("one", TEXT);
    let before = one.wait_for("one", RunStatus::Running);
    // Each looks at its beginning for what it does not know.
    let other = Server::start_with(&["--simulated-clouds", clouds.address()]);
    let _ = other.submit("other", TEXT);
    other.wait_for("other", RunStatus::Running);
    other.stop("other", false);
    other.wait_for("other", RunStatus::Terminated);
    until("only one machine is there", || {
        (clouds.bill("aws").lines.iter().filter(|line| line.there).count() == 1).then_some(())
    })
    .unwrap_or_else(|| panic!("not one machine: {:#?}", clouds.bill("aws")));
    drop(other);
    assert_eq!(one.wait_for("one", RunStatus::Running).run.instance_id, before.run.instance_id);
    one.stop("one", false);
    one.wait_for("one", RunStatus::Terminated);
    assert_one_each_and_none_left(&clouds);
}
