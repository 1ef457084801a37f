//! `berth audit`, and what commands that work on the database themselves leave in the log.

use berth_shared::api::Role;
use sqlx::{SqlitePool, raw_sql};

use super::Home;
use crate::server::Server;

/// Somebody who has the machine that a server is on.
async fn at_the_machine(server: &Server) -> (Home, String) {
    (Home::of(server).await, server.store.directory().display().to_string())
}

#[tokio::test]
async fn the_log_is_listed_and_exported() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    server.person("vera", Role::Viewer).await;
    assert_eq!(home.berth(&["people", "role", "vera", "member"]).await.status, Some(0));
    insta::assert_snapshot!(home.berth(&["audit"]).await.all(), @r"
    0
    --
    NO  WHEN (UTC)           WHO    BY       FROM       WHAT         TO WHAT  OUTCOME  MORE
    1   2026-09-21 14:13:20  vera   session  127.0.0.1  login        -        done     by a link
    2   2026-09-21 14:13:20  admin  token    127.0.0.1  person.role  vera     done     member
    --
    ");
    insta::assert_snapshot!(home.berth(&["audit", "--actor", "vera", "--limit", "1"]).await.out, @r"
    NO  WHEN (UTC)           WHO   BY       FROM       WHAT   TO WHAT  OUTCOME  MORE
    1   2026-09-21 14:13:20  vera  session  127.0.0.1  login  -        done     by a link
    ");
    let told = home.berth(&["audit", "--limit", "1"]).await;
    assert_eq!(told.err, "note: the newest 1; `--limit` shows more, `--format jsonl` all\n");
    let json = home.berth(&["audit", "--format", "json", "--action", "person."]).await.out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["entries"][0]["target"], "vera");
    let lines = home.berth(&["audit", "--format", "jsonl", "--until", "2026-09-22"]).await.out;
    assert_eq!(lines.lines().count(), 2);
    let csv =
        home.berth(&["audit", "--format", "csv", "--target", "vera", "--since", "2026-09-21"]).await.out;
    assert!(csv.starts_with("seq,at,") && csv.lines().count() == 2, "{csv}");
    insta::assert_snapshot!(home.berth(&["audit", "--since", "soon"]).await.all(), @r"
    2
    --
    --
    error: `--since`: `soon` is no moment; write how long ago it was, such as `2h` or `7d`, or when in UTC, such as `2026-09-21` or `2026-09-21T14:30`
    ");
    assert_eq!(home.berth(&["audit", "--since", "2030-01-01"]).await.out, "Nothing\n");
}

#[tokio::test]
async fn what_the_machine_does_to_the_database_is_written() {
    let server = Server::start().await;
    let (home, data) = at_the_machine(&server).await;
    for command in
        [&["token", "create", "ci", "--role", "viewer"][..], &["token", "revoke", "ci"], &["login-link"]]
    {
        let told = home.berth(&[command, &["--data-dir", &data]].concat()).await;
        assert_eq!(told.status, Some(0), "{}", told.err);
        assert!(!told.err.contains("warning"), "{}", told.err);
    }
    // What changes nothing leaves nothing.
    assert_eq!(home.berth(&["token", "list", "--data-dir", &data]).await.status, Some(0));
    assert_eq!(home.berth(&["token", "revoke", "none", "--data-dir", &data]).await.status, Some(1));
    let listed = home.berth(&["audit", "--format", "json"]).await.out;
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let told: Vec<String> = listed["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .rev()
        .map(|entry| {
            let detail = entry["detail"]
                .as_str()
                .expect("a detail")
                .split("by the system's user")
                .next()
                .expect("text");
            assert!(entry["actor"].is_null() && entry["address"].is_null());
            format!("{} {} {} {detail}", entry["via"], entry["action"], entry["target"])
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "machine" "token.create" "ci" of admin, viewer at most; 
    "machine" "token.revoke" "ci" of admin; 
    "machine" "person.link" "admin" 
    "#);
}

#[tokio::test]
async fn verify_finds_what_was_done_to_the_log() {
    let server = Server::start().await;
    let (home, data) = at_the_machine(&server).await;
    for _ in 0..4 {
        server.sign_in().await;
    }
    let verify = async |more: &[&str]| {
        let told = home.berth(&[&["audit", "verify", "--data-dir", &data], more].concat()).await;
        (told.status, told.out, told.err.replace(&data, "DATA"))
    };
    let (status, end, told) = verify(&[]).await;
    assert_eq!(status, Some(0));
    assert!(end.starts_with("4:") && end.len() == 2 + 64 + 1, "{end}");
    insta::assert_snapshot!(told, @r"
    The audit log in `DATA/berth.db` is whole: 4 entries fit.
    Keep the line above elsewhere; `--expect` holds the log against it next time.
    ");
    let end = end.trim();
    server.sign_in().await;
    assert_eq!(verify(&["--expect", end]).await.0, Some(0), "it has gone on since");
    assert_eq!(verify(&["--expect", "4"]).await.0, Some(2));

    let path = format!("sqlite:{data}/berth.db");
    let pool = SqlitePool::connect(&path).await.expect("it opens");
    let drop = "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted; DROP TRIGGER audit_goes_on_at_its_end";
    raw_sql(drop).execute(&pool).await.expect("gone");
    raw_sql("DELETE FROM audit WHERE seq > 3").execute(&pool).await.expect("cut off");
    assert_eq!(verify(&[]).await.0, Some(0));
    let (status, out, told) = verify(&["--expect", end]).await;
    assert_eq!((status, out.as_str()), (Some(1), ""));
    insta::assert_snapshot!(told, @"error: the audit log in `DATA/berth.db` was tampered with: the log ends at entry 3, and there was an entry 4: its end was cut off");
    raw_sql("UPDATE audit SET actor = 'ann' WHERE seq = 2").execute(&pool).await.expect("changed");
    let (status, _, told) = verify(&[]).await;
    assert_eq!(status, Some(1));
    insta::assert_snapshot!(told, @"error: the audit log in `DATA/berth.db` was tampered with: entry 2 does not fit what stands before it: it was changed, or put in another's place, or an entry before it was taken away or changed with its hash");
    raw_sql("DELETE FROM audit WHERE seq = 1").execute(&pool).await.expect("deleted");
    insta::assert_snapshot!(verify(&[]).await.2, @"error: the audit log in `DATA/berth.db` was tampered with: entry 1 is missing: entry 2 comes in its place");
}
