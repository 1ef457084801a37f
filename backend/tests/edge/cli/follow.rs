//! Following a run to its end.

use std::time::Duration;

use berth_shared::api::RunStatus;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout},
    time::timeout,
};

use super::Home;
use crate::{client::DEADLINE, server::Server};

async fn started(home: &Home, arguments: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = home.command(arguments).spawn().expect("berth starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    (child, lines)
}

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    timeout(DEADLINE, lines.next_line()).await.expect("a line in time").expect("a line")
}

#[tokio::test]
async fn a_followed_log_ends_with_its_run() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    server.fake.happen(1);
    server.fake.log("one");
    let (mut child, mut lines) = started(&home, &["logs", "-f", "calm-otter-1"]).await;
    assert_eq!(line(&mut lines).await.as_deref(), Some("one"));
    server.fake.log("two");
    assert_eq!(line(&mut lines).await.as_deref(), Some("two"));
    server.fake.log("three");
    *server.fake.ended.lock().unwrap() = Some(RunStatus::Done);
    server.fake.happen(1);
    assert_eq!(line(&mut lines).await.as_deref(), Some("three"));
    assert_eq!(line(&mut lines).await, None);
    assert_eq!(timeout(DEADLINE, child.wait()).await.expect("in time").unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_launch_is_followed_and_its_end_is_the_exit_status() {
    for (status, code) in [(RunStatus::Done, 0), (RunStatus::Failed, 1), (RunStatus::Terminated, 0)] {
        let server = Server::start().await;
        *server.fake.offers.lock().unwrap() = vec![1.0];
        server.fake.happen(1);
        server.fake.log("hello");
        let home = Home::of(&server).await;
        home.write(".dstack.yml", "type: dev-environment\nide: vscode\n");
        let (child, mut lines) = started(&home, &["run", "-y"]).await;
        while line(&mut lines).await.expect("the log") != "hello" {}
        *server.fake.ended.lock().unwrap() = Some(status);
        server.fake.happen(1);
        assert_eq!(line(&mut lines).await, None);
        let output = timeout(DEADLINE, child.wait_with_output()).await.expect("in time").unwrap();
        assert_eq!(output.status.code(), Some(code));
        let said = String::from_utf8_lossy(&output.stderr).replace(&server.address.to_string(), "ADDRESS");
        if status == RunStatus::Failed {
            insta::assert_snapshot!(said, @r"
        calm-otter-1 is running
          page      http://ADDRESS/runs/calm-otter-1
          ssh       ssh calm-otter-1@127.0.0.1 -p 2222
          attach    berth attach calm-otter-1   (VS Code, its ports and its log on your machine)
          stop      berth stop calm-otter-1
          Ctrl+C detaches; its log follows.
        calm-otter-1 failed.
        ");
        }
    }
}

#[tokio::test]
async fn events_are_followed_over_a_break() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    server.fake.happen(2);
    let (mut child, mut lines) = started(&home, &["events", "-f", "--format", "jsonl"]).await;
    let number = |line: Option<String>| -> u64 {
        let event: serde_json::Value = serde_json::from_str(&line.expect("an event")).expect("JSON");
        event["seq"].as_u64().expect("a number")
    };
    for seq in 1..=2 {
        assert_eq!(number(line(&mut lines).await), seq);
    }
    server.fake.happen(1);
    assert_eq!(number(line(&mut lines).await), 3);
    // More than the stream keeps in mind.
    server.fake.happen(5000);
    for seq in 4..=5003 {
        assert_eq!(number(line(&mut lines).await), seq);
    }
    assert!(timeout(Duration::from_millis(200), child.wait()).await.is_err());
}

#[tokio::test]
async fn changes_of_runs_are_watched_as_lines() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    let (_child, mut lines) = started(&home, &["ps", "-w"]).await;
    let mut until = async |word: &str| while !line(&mut lines).await.expect("a table").contains(word) {};
    until("running").await;
    *server.fake.ended.lock().unwrap() = Some(RunStatus::Done);
    server.fake.happen(1);
    until("done").await;
}
