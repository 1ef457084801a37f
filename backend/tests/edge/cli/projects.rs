//! Which project commands are about.

use super::{Home, Said};
use crate::server::Server;

/// What a command says whose environment names a project that is not there.
async fn in_none(home: &Home, arguments: &[&str]) -> Said {
    let output = home.command(arguments).env("BERTH_PROJECT", "none").output().await;
    home.said(output.expect("berth runs"))
}

#[tokio::test]
async fn projects_are_listed_and_made_also_when_the_environment_names_one_that_is_not_there() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    let said = in_none(&home, &["project", "create", "vision"]).await;
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        ("Project vision created; `berth project add PERSON --project vision` puts people into it\n", "")
    );
    let said = in_none(&home, &["project", "list", "--format", "json"]).await;
    let told: serde_json::Value = serde_json::from_str(&said.out).expect("one object");
    let names = [&told["projects"][0]["name"], &told["projects"][1]["name"]];
    assert_eq!(names, ["main", "vision"], "{}", said.err);
    let said = in_none(&home, &["project", "members"]).await;
    assert_eq!(said.status, Some(1));
    assert!(said.err.contains("there is no project `none`"), "{}", said.err);
    // As the hint says it.
    let said = home.berth(&["project", "add", "admin", "--project", "vision"]).await;
    assert_eq!(said.status, Some(0), "{}", said.err);
}

#[tokio::test]
async fn a_launch_in_a_project_says_how_to_go_on_there() {
    let server = Server::start().await;
    *server.fake.offers.lock().unwrap() = vec![1.0];
    let home = Home::of(&server).await;
    home.write(".dstack.yml", "type: dev-environment\nide: vscode\n");
    assert_eq!(home.berth(&["project", "create", "vision"]).await.status, Some(0));
    let said = home.berth(&["run", "-y", "-d", "--project", "vision"]).await;
    assert_eq!(
        said.err,
        "berth logs -f calm-otter-1 --project vision follows it, berth stop calm-otter-1 --project vision ends it; \
         SERVER/p/vision/runs/calm-otter-1\n"
    );
}

#[tokio::test]
async fn events_are_not_said_to_be_so_many_where_projects_share_the_numbers() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    assert_eq!(home.berth(&["project", "create", "vision"]).await.status, Some(0));
    server.fake.happen_in(Some("vision"), 120);
    for arguments in [&["events"][..], &["events", "--project", "vision"]] {
        let said = home.berth(arguments).await;
        assert_eq!(
            said.err,
            "note: from number 71 on, of 120 events in all projects; `--after 0` shows all of this one\n"
        );
    }
}
