//! Bad days: a backup that is too old, two servers where one may be, people who are in a hurry.

use std::{fs, path::Path};

use berth_shared::api::RunStatus;
use berth_tests::{
    clouds::Clouds,
    server::{Server, until},
};
use serde_json::json;

use crate::{checks::assert_events_are_whole, matrix::person::Person};

const TEXT: &str = "\
type: dev-environment
ide: vscode
backends: [aws]
setup: [echo ready]
resources: {cpu: 2, memory: 8GB}
termination_idle_time: 0
";

fn person(server: &Server) -> Person {
    Person::new(vec![server.address().to_owned()], server.session())
}

fn machines(clouds: &Clouds) -> usize {
    clouds.bill("aws").lines.iter().filter(|line| line.there).count()
}

fn wait_for_machines(clouds: &Clouds, count: usize) {
    until("so many machines are there", || (machines(clouds) == count).then_some(()))
        .unwrap_or_else(|| panic!("not {count} machines: {:#?}", clouds.bill("aws")));
}

/// The database's files, as somebody copies them.
fn copy(from: &Path, to: &Path) {
    for name in ["berth.db", "berth.db-wal", "berth.db-shm"] {
        let _ = fs::remove_file(to.join(name));
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).expect("it can be copied");
        }
    }
}

#[test]
fn after_an_old_backup_was_restored_what_it_does_not_know_is_shown_and_left_alone() {
    let clouds = Clouds::start(&["--cloud", "aws"]);
    let mut server = Server::start_with(&["--simulated-clouds", clouds.address()]);
    let backup = tempfile::tempdir().expect("a folder");
    let _ = server.submit("kept", TEXT);
    server.wait_for("kept", RunStatus::Running);
    let _ = server.submit("ended", TEXT);
    // Taken while one runs and the other is being provisioned.
    server.wait_until("ended", |run| run.instance_id.is_some());
    server.kill();
    copy(server.data_dir(), backup.path());
    server.restart();
    server.wait_for("ended", RunStatus::Running);
    server.stop("ended", false);
    server.wait_for("ended", RunStatus::Terminated);
    let _ = server.submit("later", TEXT);
    let later = server.wait_for("later", RunStatus::Running);
    server.kill();
    copy(backup.path(), server.data_dir());
    server.restart();

    // Nobody knows the run any more; its machine is found by the sweep, shown, and left for a quarter of an hour.
    assert!(server.run("later").is_none());
    let found = until("it is shown", || person(&server).orphans().into_iter().next()).expect("it is shown");
    assert_eq!(Some(found.id), later.run.instance_id);
    assert!(found.ours && found.gone_at.is_none());
    assert_eq!(found.remove_at, Some(found.found_at.plus_seconds(900)));
    // What it does know goes on. That the other was ended, nobody knows any more: its machine is gone, and it gets another.
    assert_events_are_whole(&server.wait_for("kept", RunStatus::Running));
    server.wait_for("ended", RunStatus::Running);
    server.stop("ended", false);
    server.wait_for("ended", RunStatus::Terminated);
    server.stop("kept", false);
    server.wait_for("kept", RunStatus::Terminated);
    wait_for_machines(&clouds, 1);

    // Somebody says that it may go; each start begins with a sweep.
    let decided = person(&server)
        .post("/orphans/decide", &json!({ "backend": "aws", "handle": found.handle, "keep": false }));
    assert_eq!(decided.0, 200, "{decided:?}");
    server.kill();
    server.restart();
    wait_for_machines(&clouds, 0);
}

#[test]
fn a_second_server_on_one_data_directory_is_refused_and_harms_nobody() {
    let server = Server::start();
    let told = server.refused(server.data_dir(), &[]);
    assert!(told.contains("is in use by another `berth serve`") && told.contains("--data-dir"), "{told}");
    assert_eq!(person(&server).once("GET", "/readyz", None).expect("it answers").0, 200);
}

#[test]
fn a_run_that_is_stopped_and_deleted_while_it_is_provisioned_leaves_no_machine() {
    let clouds = Clouds::start(&["--cloud", "aws"]);
    let server = Server::start_with(&["--simulated-clouds", clouds.address()]);
    let person = person(&server);
    for delay in [0, 50, 300] {
        let _ = server.submit("hasty", TEXT);
        server.wait_until("hasty", |run| run.instance_id.is_some());
        std::thread::sleep(std::time::Duration::from_millis(delay));
        let (status, told) = person.delete("hasty");
        assert_eq!((status, &told["code"]), (409, &json!("run-active")), "{told}");
        server.stop("hasty", true);
        until("it is deleted", || (person.delete("hasty").0 < 300).then_some(())).expect("it is deleted");
        assert!(server.run("hasty").is_none());
        wait_for_machines(&clouds, 0);
    }
    assert_eq!(person.orphans(), [], "its machine was removed as its instance, not found by a sweep");
}

#[test]
fn a_pool_that_is_removed_with_a_run_in_it_ends_that_first() {
    let clouds = Clouds::start(&["--cloud", "aws"]);
    let server = Server::start_with(&["--simulated-clouds", clouds.address()]);
    let person = person(&server);
    assert!(person.post("/pools", &json!({ "name": "team" })).0 < 300);
    let _ = server.submit("inside", &format!("{TEXT}pool_name: team\n"));
    server.wait_for("inside", RunStatus::Running);
    let (status, told) = person.post("/pools/team/delete", &json!({ "force": false }));
    assert_eq!((status, &told["code"]), (409, &json!("pool-not-empty")), "{told}");
    assert_eq!(server.run("inside").expect("it is there").run.status, RunStatus::Running);
    until("the pool is gone", || {
        let (status, _) = person.post("/pools/team/delete", &json!({ "force": true }));
        (status < 300 || status == 404).then_some(())
    })
    .expect("the pool goes once it is empty");
    let detail = server.wait_until("inside", |run| run.status.is_finished());
    assert_events_are_whole(&detail);
    assert!(detail.run.message.is_some() || detail.run.job_reason.is_some(), "why is told: {detail:#?}");
    wait_for_machines(&clouds, 0);
}
