//! Servers that share a PostgreSQL database: what one does the others know, and what one leaves the others go on with.

#[path = "../../backend/src/store/contract/cluster.rs"]
#[expect(dead_code, reason = "the tests of the store break it in more ways")]
pub(crate) mod cluster;

use berth_shared::api::{RunReason, RunStatus};
use berth_tests::server::Server;

use crate::checks::{assert_events_are_whole, assert_nothing_is_left, configuration};

#[test]
fn servers_of_one_database_know_the_same_and_outlive_each_other() {
    let Some(cluster) = cluster::Cluster::get() else { return };
    let database = cluster.copy("template0");
    let shared = ["--database-url", &database.url];
    let mut home = Server::start_with(&[&shared[..], &["--local"]].concat());
    let mut other = Server::start_with(&shared);

    let folder = tempfile::tempdir().expect("a folder");
    let told = other.refused(folder.path(), &[&shared[..], &["--local"]].concat());
    assert!(told.contains("start this one without `--local`"), "{told}");
    let told = other.refused(other.data_dir(), &shared);
    assert!(told.contains("is in use by another `berth serve`"), "{told}");

    // Started where the machine is, and seen everywhere.
    let _ = home.submit("shared", &configuration("7700001", "echo hello"));
    let detail = other.wait_for("shared", RunStatus::Running);
    assert_events_are_whole(&detail);

    // The home is killed and comes back to what it had; the other is there all the while.
    home.kill();
    assert_eq!(other.run("shared").expect("it is there").run.status, RunStatus::Running);
    home.restart();

    // Stopped from elsewhere, by a server that is gone right afterwards.
    other.stop("shared", false);
    other.kill();
    let detail = home.wait_for("shared", RunStatus::Terminated);
    assert_eq!(detail.run.reason, Some(RunReason::StoppedByUser));
    assert_events_are_whole(&detail);
    assert_nothing_is_left(&home, "7700001");

    // Everything is in the database: the log, too, when the machine it was on is not there any more.
    home.terminate();
    other.restart();
    assert_eq!(other.run("shared").expect("it is there").run, detail.run);
    let log = other.log("shared");
    assert!(log.contains("hello"), "{log}");
}
