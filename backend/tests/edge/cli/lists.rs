//! Runs, logs and events, as they stand.

use std::io::Read;

use super::Home;
use crate::{fake::LINE, server::Server};

#[tokio::test]
async fn runs_are_a_table_or_json() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    let said = home.berth(&["ps"]).await;
    assert_eq!(said.status, Some(0), "{}", said.err);
    let lines: Vec<_> = said.out.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(lines, ["NAME", "calm-otter-1"]);
    assert!(said.out.contains("running"), "{}", said.out);
    let said = home.berth(&["ps", "-a", "--format", "json"]).await;
    let told: serde_json::Value = serde_json::from_str(&said.out).expect("one object");
    assert_eq!(told["runs"][0]["name"], "calm-otter-1");
    assert_eq!(told["runs"][0]["cost"], 0.0);
    let said = home.berth(&["ps", "--format", "jsonl"]).await;
    assert_eq!(said.out.lines().count(), 1);
}

#[tokio::test]
async fn a_log_goes_to_standard_output_to_the_letter() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    let lines = ["one", "", "  ünï\tcode  ", "\u{1b}[31mred\u{1b}[0m", "five", "six", "seven"];
    lines.iter().for_each(|line| server.fake.log(line));
    let said = home.berth(&["logs", "calm-otter-1"]).await;
    assert_eq!(said.out, lines.map(|line| format!("{line}\n")).concat());
    assert_eq!((said.status, said.err.as_str()), (Some(0), ""));
    assert_eq!(home.berth(&["logs", "calm-otter-1", "--tail", "2"]).await.out, "six\nseven\n");
    assert_eq!(home.berth(&["logs", "calm-otter-1", "--since", "1h"]).await.out, "");
    let said = home.berth(&["logs", "calm-otter-1", "--format", "jsonl", "-t", "1"]).await;
    insta::assert_snapshot!(said.out, @r#"{"at":0,"source":"stdout","text":"seven"}"#);
}

#[tokio::test]
async fn of_the_last_lines_of_a_long_log_little_else_is_read() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    (0..2000).for_each(|n| server.fake.log(&format!("line {n}")));
    let last = |count: usize| (2000 - count..2000).map(|n| format!("line {n}\n")).collect::<String>();
    for (count, farthest) in [(0, 1930), (1, 1930), (3, 1930), (65, 1930), (66, 1700), (100, 1700), (1990, 0)]
    {
        server.fake.log_reads.lock().unwrap().clear();
        let said = home.berth(&["logs", "calm-otter-1", "-t", &count.to_string()]).await;
        assert_eq!(said.out, last(count), "{}", said.err);
        let reads = server.fake.log_reads.lock().unwrap();
        let first = reads.iter().copied().min().unwrap_or_default() / LINE;
        assert!(first >= farthest, "{count} lines were read from line {first} on");
    }
    assert_eq!(home.berth(&["logs", "calm-otter-1", "-t", "5000"]).await.out, last(2000));
    // All of it is too old.
    server.fake.log_reads.lock().unwrap().clear();
    assert_eq!(home.berth(&["logs", "calm-otter-1", "--since", "1h", "-t", "5"]).await.out, "");
    assert!(server.fake.log_reads.lock().unwrap().iter().all(|after| after / LINE >= 1930));
}

#[tokio::test]
async fn a_wrong_name_is_told_with_the_one_that_was_meant() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    for arguments in
        [&["logs", "calm-oter-1"][..], &["events", "calm-oter-1"], &["stop", "-y", "--wait", "calm-oter-1"]]
    {
        let said = home.berth(arguments).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.all(), @r"
        1
        --
        --
        error: there is no run named `calm-oter-1`; did you mean `calm-otter-1`?
        ");
        }
    }
    insta::assert_snapshot!(home.berth(&["logs", "walrus"]).await.err, @"error: there is no run named `walrus`; `berth ps -a` lists them");
}

#[tokio::test]
async fn whoever_reads_no_further_ends_the_command_quietly() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    (0..3000).for_each(|n| server.fake.log(&format!("{n} {}", "x".repeat(200))));
    let mut child = home.command(&["logs", "calm-otter-1"]).spawn().expect("berth starts");
    let stdout = child.stdout.take().expect("a pipe").into_owned_fd().expect("its end");
    let read = tokio::task::spawn_blocking(move || {
        let mut first = [0; 2];
        std::fs::File::from(stdout).read_exact(&mut first).map(|()| first)
    });
    assert_eq!(read.await.unwrap().unwrap(), *b"0 ");
    let output = child.wait_with_output().await.expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn no_command_panics_when_nobody_reads() {
    let server = Server::start().await;
    *server.fake.offers.lock().unwrap() = vec![1.0];
    server.fake.happen(100);
    let home = Home::of(&server).await;
    home.write(".dstack.yml", "type: dev-environment\nide: vscode\n");
    for arguments in [
        &["whoami"][..],
        &["ps"],
        &["ps", "-w"],
        &["events"],
        &["pool"],
        &["pool", "ps", "team"],
        &["pool", "create", "x"],
        &["pool", "keep", "box"],
        &["pool", "orphans"],
        &["stop", "-y", "calm-otter-1"],
        &["run", "-y", "-d"],
        &["completion", "zsh"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = home.command(arguments).stdout(writer).spawn().expect("berth starts");
        let output = child.wait_with_output().await.expect("berth runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn events_come_in_pieces_and_go_on_from_a_number() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    server.fake.happen(120);
    let said = home.berth(&["events"]).await;
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(lines.len(), 50);
    insta::assert_snapshot!(format!("{}\n{}", lines[49], said.err), @r"
           120  1970-01-01 00:00:00  run       calm-otter-1          -                           event 120
        note: the last 50 of 120 events; `--after 0` shows all
        ");
    let said = home.berth(&["events", "calm-otter-1", "--after", "118", "--format", "jsonl"]).await;
    insta::assert_snapshot!(said.out, @r#"
        {"seq":119,"at":0,"project":"main","subject":"run","run_id":"00000000-0000-0000-0000-000000000042","instance_id":null,"from":null,"to":null,"reason":null,"message":"event 119","actor":null}
        {"seq":120,"at":0,"project":"main","subject":"run","run_id":"00000000-0000-0000-0000-000000000042","instance_id":null,"from":null,"to":null,"reason":null,"message":"event 120","actor":null}
        "#);
    let said = home.berth(&["events", "--after", "0", "--format", "json"]).await;
    let told: serde_json::Value = serde_json::from_str(&said.out).expect("one object");
    assert_eq!((told["events"].as_array().map(Vec::len), &told["next"]), (Some(120), &120.into()));

    let session = server.sign_in().await;
    let page =
        |query: &str| server.request("GET", &format!("/api/v1/events{query}")).session(&session).send();
    let first = page("?limit=100").await.json();
    assert_eq!(
        (first["items"].as_array().map(Vec::len), &first["next"], &first["newest"]),
        (Some(100), &100.into(), &120.into())
    );
    let rest = page("?limit=100&after=100").await.json();
    assert_eq!((rest["items"].as_array().map(Vec::len), &rest["next"]), (Some(20), &120.into()));
    assert_eq!(page("?after=500").await.json()["next"], 500);
    let of_run = page("?run=calm-otter-1&limit=7&after=3").await.json();
    assert_eq!((&of_run["items"][0]["seq"], &of_run["next"]), (&4.into(), &10.into()));
    insta::assert_snapshot!(page("?run=no-such-run").await.told(), @"404 run-not-found: there is no run named `no-such-run`");
}
