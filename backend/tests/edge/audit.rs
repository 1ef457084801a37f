//! The audit log, as requests fill it.

use std::{collections::BTreeSet, process::Stdio};

use berth_shared::api::Role;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqlitePool, raw_sql};
use tokio::{
    io::AsyncWriteExt,
    process::Command,
    time::{Duration, sleep, timeout},
};

use crate::{
    client::{Answer, DEADLINE},
    fake::NAME,
    server::Server,
};

impl Server {
    async fn ask(&self, session: &str, method: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(method, &format!("/api/v1{path}")).session(session);
        request.json(&body.to_string()).send().await
    }

    /// Entries, oldest first, without what is only a beginning of others.
    async fn entries(&self, query: &str) -> Vec<Value> {
        let session = self.sign_in().await;
        let answer = self.request("GET", &format!("/api/v1/audit?{query}")).session(&session).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let mut items = answer.json()["items"].as_array().expect("entries").clone();
        items.reverse();
        items
    }

    async fn behind(&self, sql: &str) {
        let path = self.store.directory().join("berth.db");
        let pool = SqlitePool::connect(&format!("sqlite:{}", path.display())).await.expect("it opens");
        raw_sql(AssertSqlSafe(sql.to_owned())).execute(&pool).await.expect("done");
        pool.close().await;
    }
}

/// `who by address what target outcome detail`, with `-` for what is absent.
fn line(entry: &Value) -> String {
    let fields = ["actor", "via", "address", "action", "target", "outcome", "detail"];
    let fields = fields.map(|field| entry[field].as_str().unwrap_or("-").to_owned());
    fields.join(" | ")
}

fn lines(entries: &[Value]) -> String {
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_is_changed_and_what_is_refused_is_written_with_who_and_from_where() {
    let server = Server::start().await;
    let admin = server.sign_in().await;
    let vera = server.person("vera", Role::Viewer).await;
    let ask = async |session: &str, method: &str, path: &str, body: Value| {
        server.ask(session, method, path, &body).await.status
    };
    assert_eq!(ask(&admin, "POST", "/people", json!({ "name": "bob", "role": "member" })).await, 201);
    assert_eq!(ask(&admin, "PATCH", "/people/bob", json!({ "role": "manager" })).await, 200);
    assert_eq!(ask(&admin, "PATCH", "/people/nobody", json!({ "role": "manager" })).await, 404);
    assert_eq!(ask(&admin, "POST", "/tokens", json!({ "label": "ci", "role": "viewer" })).await, 201);
    assert_eq!(ask(&admin, "PUT", "/secrets/hub", json!({ "value": "hunter2" })).await, 200);
    assert_eq!(ask(&admin, "POST", &format!("/runs/{NAME}/stop"), json!({})).await, 200);
    assert_eq!(ask(&vera, "POST", &format!("/runs/{NAME}/stop"), json!({})).await, 403);
    assert_eq!(ask(&vera, "DELETE", "/people/bob", json!(null)).await, 403);
    // What only looks is not written.
    assert_eq!(ask(&vera, "GET", "/runs", json!(null)).await, 200);
    assert_eq!(ask(&vera, "POST", "/plan", json!({})).await, 422);
    let token = server.api_token("by token").await;
    let bearer = format!("Bearer {}", token.reveal());
    let by_token = server.request("DELETE", "/api/v1/secrets/hub").header("authorization", &bearer);
    assert_eq!(by_token.send().await.status, 204);
    let path = format!("/api/v1/runs/{NAME}/ports/8888/open");
    assert_eq!(server.request("GET", &path).session(&admin).send().await.status, 303);
    let path = format!("/api/v1/terminals/{NAME}/00000000-0000-0000-0000-000000000001?cols=80&rows=24");
    server.request("GET", &path).session(&admin).connect().await.expect("a terminal");

    let entries = server.entries("").await;
    insta::assert_snapshot!(lines(&entries), @r"
    admin | session | 127.0.0.1 | login | - | done | by a link
    vera | session | 127.0.0.1 | login | - | done | by a link
    admin | session | 127.0.0.1 | person.add | bob | done | member
    admin | session | 127.0.0.1 | person.role | bob | done | manager
    admin | session | 127.0.0.1 | person.role | nobody | failed | manager; person-not-found
    admin | session | 127.0.0.1 | token.create | ci | done | viewer at most
    admin | session | 127.0.0.1 | secret.set | hub | done | -
    admin | session | 127.0.0.1 | run.stop | calm-otter-1 | done | -
    vera | session | 127.0.0.1 | run.stop | calm-otter-1 | refused | not-allowed
    vera | session | 127.0.0.1 | person.remove | bob | refused | not-allowed
    admin | token | 127.0.0.1 | secret.remove | hub | done | -
    admin | session | 127.0.0.1 | preview.open | calm-otter-1 | done | port 8888
    admin | session | 127.0.0.1 | terminal.open | calm-otter-1 | done | id 00000000-0000-0000-0000-000000000001
    admin | session | 127.0.0.1 | login | - | done | by a link
    ");
    let numbers: Vec<u64> = entries.iter().map(|entry| entry["seq"].as_u64().expect("a number")).collect();
    assert_eq!(numbers, (1..=entries.len() as u64).collect::<Vec<_>>());
    let of_vera = server.entries("actor=vera&action=person.").await;
    insta::assert_snapshot!(lines(&of_vera), @"vera | session | 127.0.0.1 | person.remove | bob | refused | not-allowed");
}

#[tokio::test]
async fn the_log_is_read_in_pieces_by_admins_alone() {
    let server = Server::start().await;
    let admin = server.sign_in().await;
    let max = server.person("max", Role::Manager).await;
    let get = async |session: &str, query: &str| {
        server.request("GET", &format!("/api/v1/audit{query}")).session(session).send().await
    };
    assert_eq!(get(&max, "").await.code(), "not-allowed");
    assert_eq!(get(&max, "/export").await.code(), "not-allowed");
    let mut seen = Vec::new();
    let mut before = String::new();
    loop {
        let page = get(&admin, &format!("?limit=1{before}")).await.json();
        seen.extend(page["items"].as_array().expect("entries").iter().map(|entry| entry["seq"].as_u64()));
        match page["next"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [Some(3), Some(2), Some(1)], "two who signed in, and the export that was refused");
    for wrong in ["?limit=x", "?since=yesterday", "?colour=red", "?before=-1"] {
        assert_eq!(get(&admin, wrong).await.code(), "wrong-parameter", "{wrong}");
    }
    assert_eq!(get(&admin, "/export?format=pdf").await.code(), "wrong-parameter");
}

#[tokio::test]
async fn failed_sign_ins_are_written_few_by_few_and_the_others_counted() {
    let server = Server::start().await;
    for n in 0..10 {
        assert_eq!(server.log_in_as(&format!("nobody-{n}"), "hunter2-password").await.status, 401);
    }
    for _ in 0..25 {
        assert_eq!(server.log_in_as("nobody", "hunter2-password").await.status, 429);
    }
    server.clock.pass(60);
    assert_eq!(server.login("hunter2-token").await.status, 401);
    // A password that went into the field of the name.
    assert_eq!(server.log_in_as("Hunter2 is my password!", "x").await.status, 401);
    let entries = server.entries("").await;
    insta::assert_snapshot!(lines(&entries[8..]), @r"
    - | nothing | 127.0.0.1 | login | nobody-8 | refused | by password; login-wrong
    - | nothing | 127.0.0.1 | login | nobody-9 | refused | by password; login-wrong
    - | machine | - | login | - | refused | 25 more sign-ins failed, and were not written one by one
    - | nothing | 127.0.0.1 | login | - | refused | by a link; login-token-invalid
    - | nothing | 127.0.0.1 | login | - | refused | by password; login-wrong
    admin | session | 127.0.0.1 | login | - | done | by a link
    ");
    assert!(!format!("{entries:?}").to_lowercase().contains("hunter2"));
}

#[tokio::test]
async fn one_who_is_refused_again_and_again_does_not_fill_the_disk() {
    let server = Server::start().await;
    let vera = server.person("vera", Role::Viewer).await;
    for _ in 0..150 {
        assert_eq!(server.ask(&vera, "DELETE", "/people/bob", &json!(null)).await.status, 403);
    }
    let entries = server.entries("limit=1000").await;
    assert_eq!(entries.len(), 1 + 120 + 2);
    assert_eq!(entries[121]["detail"], "30 more requests came to nothing, and were not written one by one");
}

#[tokio::test]
async fn no_secret_is_in_the_log() {
    let server = Server::start().await;
    let admin = server.sign_in().await;
    let planted = "pl4nted";
    let long = format!("{planted}-and-long-enough");
    for (method, path, body) in [
        ("PUT", "/secrets/hub", json!({ "value": long })),
        ("PUT", "/secrets/hub", json!({ "value": { "pl4nted": 1 } })),
        ("PUT", "/secrets/hub", json!({ "pl4nted": 1 })),
        ("PUT", "/me/password", json!({ "new": long })),
        ("PUT", "/me/password", json!({ "new": planted })),
        ("POST", "/keys", json!({ "public_key": format!("ssh-rsa {planted}") })),
        ("POST", "/hosts", json!({ "address": "x", "private_key": long })),
        ("POST", "/people", json!({ "name": "ann", "role": long })),
        ("POST", "/runs", json!({ "configuration": long, "env": { "A": long } })),
        ("POST", "/pools", json!({ "name": "a", "pl4nted": long })),
        (
            "POST",
            "/webhooks",
            json!({ "name": "a", "url": format!("https://u:{long}@x.example/?{long}&a={long}"), "kinds": ["failed"] }),
        ),
    ] {
        server.ask(&admin, method, path, &body).await;
    }
    assert_eq!(server.log_in_as("admin", &format!("{planted} wrong")).await.status, 401);
    assert_eq!(server.login(planted).await.status, 401);
    let made = server.ask(&admin, "POST", "/tokens", &json!({ "label": "ci" })).await.json();
    let link = server.ask(&admin, "POST", "/people", &json!({ "name": "bob" })).await.json();
    let entries = server.entries("limit=1000").await;
    assert!(entries.len() > 12, "{}", lines(&entries));
    let told = serde_json::to_string(&entries).expect("JSON");
    for secret in [Some(planted), made["token"].as_str(), link["token"].as_str(), Some(&admin)] {
        assert!(!told.contains(secret.expect("a secret")), "{told}");
    }
}

#[tokio::test]
async fn who_hangs_up_does_nothing_unseen() {
    let server = Server::start().await;
    let admin = server.sign_in().await;
    let body = json!({ "value": "x" }).to_string();
    for n in 0..40 {
        let request = server.request("PUT", &format!("/api/v1/secrets/s{n}")).session(&admin).json(&body);
        let mut stream = request.stream().await.expect("a connection");
        stream.write_all(format!("{}{body}", request.head()).as_bytes()).await.expect("sent");
        // At whichever moment.
        sleep(Duration::from_micros(500 * n)).await;
        drop(stream);
    }
    let told = async || {
        let secrets = server.request("GET", "/api/v1/secrets").session(&admin).send().await.json();
        let set = secrets["items"].as_array().expect("secrets").iter().map(|secret| secret["name"].clone());
        let entries = server.entries("action=secret.set&limit=1000").await;
        let written =
            entries.iter().filter(|entry| entry["outcome"] == "done").map(|entry| entry["target"].clone());
        let sorted = |names: Vec<Value>| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        (sorted(set.collect()), sorted(written.collect()))
    };
    let seen = async {
        loop {
            let (set, written) = told().await;
            if set == written && !set.is_empty() {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(timeout(DEADLINE, seen).await.is_ok(), "what was done and what was written: {:?}", told().await);
}

#[tokio::test]
async fn what_cannot_be_written_is_told_and_made_up_for() {
    let server = Server::start().await;
    let admin = server.sign_in().await;
    let failures = async || {
        let text = server.request("GET", "/metrics").session(&admin).send().await.body;
        let text = String::from_utf8(text).expect("text");
        let line =
            text.lines().find(|line| line.starts_with("berth_audit_failures_total ")).expect("a counter");
        line.rsplit(' ').next().expect("a number").to_owned()
    };
    assert_eq!(failures().await, "0");
    server.behind("ALTER TABLE audit RENAME TO away").await;
    // What is asked for is done all the same.
    assert_eq!(server.ask(&admin, "PUT", "/secrets/a", &json!({ "value": "x" })).await.status, 200);
    assert_eq!(server.ask(&admin, "PUT", "/secrets/b", &json!({ "value": "x" })).await.status, 200);
    assert_eq!(failures().await, "2");
    let told = server.request("GET", "/readyz").send().await;
    insta::assert_snapshot!(told.told(), @"503 audit-not-written: the audit log cannot be written; the server's log says why, and has what is missing");
    server.behind("ALTER TABLE away RENAME TO audit").await;
    assert_eq!(server.request("GET", "/readyz").send().await.status, 200);
    let entries = server.entries("action=audit.").await;
    insta::assert_snapshot!(lines(&entries), @"- | machine | - | audit.missed | - | failed | 2 entries could not be written since 2026-09-21T14:13:20.000Z; the server's log has them");
}

/// A body that came in chunks.
fn whole(answer: &Answer) -> Vec<u8> {
    assert_eq!(answer.header("transfer-encoding"), "chunked");
    let (mut rest, mut whole) = (answer.body.as_slice(), Vec::new());
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").expect("a length");
        let length = std::str::from_utf8(&rest[..end]).expect("a number");
        let length = usize::from_str_radix(length, 16).expect("a number");
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
    }
}

/// Gives a program a text, and what it says back.
async fn through(mut program: Command, text: &[u8]) -> (bool, String) {
    let spawned = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // It need not read on when it has seen enough.
    let _ = stdin.write_all(text).await;
    drop(stdin);
    let output = child.wait_with_output().await.expect("it ends");
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(told).expect("text"))
}

#[tokio::test]
async fn an_export_is_all_of_it_and_others_can_verify_it_by_what_the_page_says() {
    let server = Server::start().await;
    let admin = server.sign_in().await;
    for n in 0..600 {
        // Texts that make trouble.
        let name = format!("=ä\",{n}\u{202e}%00");
        let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert_eq!(server.ask(&admin, "DELETE", &format!("/secrets/{name}"), &json!(null)).await.status, 404);
        server.clock.pass(1);
    }
    let export = async |query: &str| {
        server.request("GET", &format!("/api/v1/audit/export{query}")).session(&admin).send().await
    };
    let jsonl = export("").await;
    assert_eq!(jsonl.header("content-type"), "application/x-ndjson");
    assert_eq!(jsonl.header("content-disposition"), "attachment; filename=\"berth-audit.jsonl\"");
    let text = String::from_utf8(whole(&jsonl)).expect("text");
    assert_eq!(text.lines().count(), 602, "who signed in, what was done, and that it is exported");
    let first: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["seq"], 1);

    let page = include_str!("../../../docs/audit.md");
    let program =
        page.split_once("```python\n").and_then(|(_, rest)| rest.split_once("```")).expect("a program").0;
    let verified = async |text: &str| {
        let mut python = Command::new("python3");
        python.args(["-c", program]);
        through(python, text.as_bytes()).await
    };
    let (fits, told) = verified(&text).await;
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert!(fits, "{told}");
    assert_eq!(told.trim(), format!("602:{}", last["hash"].as_str().expect("a hash")));
    let (fits, told) = verified(&text.replacen("secret.remove", "secret.rename", 1)).await;
    assert!(!fits && told.contains("entry 2 does not fit"), "{told}");

    let csv = export("?format=csv&action=secret.remove&since=1790000000000&until=1790000002000").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let csv = String::from_utf8(whole(&csv)).expect("text");
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(rows[0], "seq,at,actor,via,address,action,target,outcome,detail,hash");
    assert!(
        rows[1].starts_with(
            "2,2026-09-21T14:13:20.000Z,admin,session,127.0.0.1,secret.remove,\"'=ä\"\",0\u{fffd}"
        ),
        "{}",
        rows[1]
    );
    assert_eq!((rows.len(), rows[3]), (4, ""), "two of them");
}
