//! The stream, from a page's side.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde_json::Value;

use crate::{
    client::Socket,
    fake::{NAME, RUN},
    server::Server,
};

/// The numbers of the next `count` events.
async fn events(socket: &mut Socket, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        numbers.push(socket.next("event").await["seq"].as_u64().unwrap());
    }
    numbers
}

fn subscribe(topic: &str, rest: &str) -> String {
    format!(r#"{{"type":"subscribe","topic":{{"kind":"{topic}","run_id":"{RUN}"{rest}}}}}"#)
}

#[tokio::test]
async fn a_new_page_gets_hello_then_a_snapshot_then_what_happens() {
    let server = Server::start().await;
    server.fake.happen(2);
    let mut socket = server.socket("/api/v1/stream").await;
    let hello = socket.message().await;
    assert_eq!(hello["type"], "hello");
    assert_eq!(hello["user"]["name"], "admin");
    assert_eq!(hello["server"]["backends"], serde_json::json!(["local"]));
    let snapshot = socket.message().await;
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(snapshot["seq"], 2);
    assert_eq!(snapshot["runs"][0]["name"], NAME);
    server.fake.happen(3);
    assert_eq!(events(&mut socket, 3).await, [3, 4, 5]);
}

#[tokio::test]
async fn much_comes_in_pieces_and_what_happens_after_the_last() {
    let server = Server::start().await;
    server.fake.happen(2);
    server.fake.others.store(999, Ordering::Relaxed);
    let mut socket = server.socket("/api/v1/stream").await;
    assert_eq!(socket.message().await["type"], "hello");
    let first = socket.message().await;
    server.fake.happen(3);
    // A page may ask for something before it has everything.
    socket.text(r#"{"type":"ping","id":7}"#).await;
    let (mut piece, mut runs, mut pieces, mut pongs) = (first, 0, 0, 0);
    loop {
        if piece["type"] == "pong" {
            pongs += 1;
        } else {
            assert_eq!((piece["type"].as_str(), piece["seq"].as_u64()), (Some("snapshot"), Some(2)));
            pieces += 1;
            runs += piece["runs"].as_array().expect("runs").len();
            if piece["more"] != true {
                break;
            }
        }
        piece = socket.message().await;
    }
    assert_eq!(runs, 1000);
    assert!(pieces > 10, "{pieces} pieces");
    assert_eq!(events(&mut socket, 3).await, [3, 4, 5]);
    assert!(pongs <= 1);
}

#[tokio::test]
async fn pages_that_begin_together_are_given_what_was_read_once() {
    let server = Server::start().await;
    server.fake.others.store(99, Ordering::Relaxed);
    for happened in 0..10 {
        let mut socket = server.socket("/api/v1/stream").await;
        assert_eq!(socket.message().await["type"], "hello");
        while socket.next("snapshot").await["more"] == true {}
        let missed: Vec<u64> = (1..=happened).collect();
        assert_eq!(events(&mut socket, missed.len()).await, missed);
        server.fake.happen(1);
    }
    assert_eq!(server.fake.snapshots.load(Ordering::Relaxed), 1);
    // Too much has happened since, and has been told.
    let mut socket = server.socket("/api/v1/stream?after=10").await;
    server.fake.happen(90);
    assert_eq!(events(&mut socket, 90).await.last(), Some(&100));
    let mut socket = server.socket("/api/v1/stream").await;
    assert_eq!(socket.next("snapshot").await["seq"], 100);
    assert_eq!(server.fake.snapshots.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_page_that_comes_back_gets_what_it_missed_and_nothing_twice() {
    let server = Server::start().await;
    server.fake.happen(5);
    let mut socket = server.socket("/api/v1/stream?after=3").await;
    assert_eq!(socket.message().await["seq"], 3);
    let next = socket.message().await;
    assert_eq!((next["type"].as_str(), next["seq"].as_u64()), (Some("event"), Some(4)));
    assert_eq!(events(&mut socket, 1).await, [5]);
    server.fake.happen(1);
    assert_eq!(events(&mut socket, 1).await, [6]);
}

#[tokio::test]
async fn a_page_that_knows_all_gets_no_snapshot() {
    let server = Server::start().await;
    server.fake.happen(5);
    let mut socket = server.socket("/api/v1/stream?after=5").await;
    assert_eq!(socket.message().await["type"], "hello");
    socket.text(r#"{"type":"ping","id":1}"#).await;
    let pong = socket.message().await;
    assert_eq!((pong["type"].as_str(), pong["seq"].as_u64()), (Some("pong"), Some(5)));
}

#[tokio::test]
async fn a_page_from_long_ago_or_from_the_future_begins_anew() {
    let server = Server::start().await;
    server.fake.happen(5000);
    for after in [1, 9999] {
        let mut socket = server.socket(&format!("/api/v1/stream?after={after}")).await;
        socket.message().await;
        let snapshot = socket.message().await;
        assert_eq!((snapshot["type"].as_str(), snapshot["seq"].as_u64()), (Some("snapshot"), Some(5000)));
    }
}

#[tokio::test]
async fn connections_cut_at_any_moment_lose_and_double_nothing() {
    const CUTS: u64 = 30;
    let server = Server::start().await;
    let session = server.sign_in().await;
    let fake = server.fake.clone();
    // Things happen for as long as the page is cut off, but never so many that it has been away for long.
    let seen = Arc::new(AtomicU64::new(0));
    let enough = Arc::new(AtomicBool::new(false));
    let (told, stop) = (seen.clone(), enough.clone());
    let writer = tokio::spawn(async move {
        let mut happened = 0;
        while !stop.load(Ordering::Relaxed) {
            if happened < told.load(Ordering::Relaxed) + 500 {
                let some = 1 + happened % 3;
                fake.happen(some);
                happened += some;
            }
            tokio::task::yield_now().await;
        }
        happened
    });
    let mut known: Option<u64> = None;
    let mut read = async |until: u64| {
        let after = known.map_or_else(String::new, |seq| format!("?after={seq}"));
        let request = server.request("GET", &format!("/api/v1/stream{after}"));
        let mut socket = request.session(&session).connect().await.expect("a socket");
        while known.is_none_or(|seq| seq < until) {
            let message = socket.message().await;
            let seq = message["seq"].as_u64();
            match message["type"].as_str() {
                Some("snapshot") => {
                    assert_eq!(known, None, "a page that was never long away gets no second snapshot");
                    known = seq;
                }
                Some("event") => {
                    assert_eq!(seq, known.map(|known| known + 1));
                    known = seq;
                }
                _ => {}
            }
        }
        seen.store(known.unwrap_or(0), Ordering::Relaxed);
        known.unwrap_or(0)
    };
    let mut last = 0;
    for cut in 1..=CUTS {
        last = read(last + cut * 7).await;
    }
    enough.store(true, Ordering::Relaxed);
    let total = writer.await.unwrap();
    assert_eq!(read(total).await, total);
}

#[tokio::test]
async fn a_malformed_frame_is_answered_and_the_connection_stays() {
    let server = Server::start().await;
    let mut socket = server.socket("/api/v1/stream").await;
    socket.text("what?").await;
    let error = socket.next("error").await;
    assert_eq!(error["code"], "malformed-frame");
    insta::assert_snapshot!(error["message"].as_str().unwrap(), @"the frame is not a message of the stream: expected value at line 1 column 1");
    socket.binary(&[0, 1, 2]).await;
    assert_eq!(socket.next("error").await["message"], "the stream takes text frames only");
    server.fake.happen(1);
    assert_eq!(events(&mut socket, 1).await, [1]);
}

#[tokio::test]
async fn a_page_that_talks_nonsense_is_let_go() {
    let server = Server::start().await;
    let mut socket = server.socket("/api/v1/stream").await;
    for _ in 0..21 {
        socket.text("[]").await;
    }
    assert_eq!(socket.closed().await, (1008, "too-many-malformed-frames".into()));
}

#[tokio::test]
async fn a_log_comes_from_its_offset_on_and_goes_on_as_it_grows() {
    let server = Server::start().await;
    for n in 0..7 {
        server.fake.log(&format!("line {n}"));
    }
    let mut socket = server.socket("/api/v1/stream").await;
    socket.text(&subscribe("logs", r#","after":2000"#)).await;
    let mut lines = Vec::new();
    let collect = |message: &Value, lines: &mut Vec<String>| {
        assert_eq!(message["run_id"], RUN.to_string());
        let texts = message["chunk"]["lines"].as_array().unwrap().iter();
        lines.extend(texts.map(|line| line["text"].as_str().unwrap().to_owned()));
    };
    while lines.len() < 5 {
        collect(&socket.next("log").await, &mut lines);
    }
    server.fake.log("line 7");
    server.fake.log("line 8");
    while lines.len() < 7 {
        collect(&socket.next("log").await, &mut lines);
    }
    let wanted: Vec<_> = (2..9).map(|n| format!("line {n}")).collect();
    assert_eq!(lines, wanted);
}

#[tokio::test]
async fn a_timeline_holds_what_the_page_knows_and_the_rest_follows() {
    let server = Server::start().await;
    server.fake.happen(4);
    let mut socket = server.socket("/api/v1/stream").await;
    socket.text(&subscribe("timeline", "")).await;
    let timeline = socket.next("timeline").await;
    assert_eq!(timeline["seq"], 4);
    assert_eq!(timeline["configuration"], "type: dev-environment\n");
    assert_eq!(timeline["events"].as_array().unwrap().len(), 4);
    server.fake.happen(1);
    assert_eq!(events(&mut socket, 1).await, [5]);
}

#[tokio::test]
async fn a_run_that_is_not_there_is_said_so() {
    let server = Server::start().await;
    let mut socket = server.socket("/api/v1/stream").await;
    for topic in ["timeline\",\"run_id\":\"", "logs\",\"after\":0,\"run_id\":\""] {
        let unknown = "00000000-0000-0000-0000-000000000009";
        socket.text(&format!(r#"{{"type":"subscribe","topic":{{"kind":"{topic}{unknown}"}}}}"#)).await;
        assert_eq!(socket.next("error").await["code"], "unknown-run");
    }
}

#[tokio::test]
async fn figures_come_while_they_are_asked_for() {
    let server = Server::start().await;
    let mut socket = server.socket("/api/v1/stream").await;
    socket.text(&subscribe("usage", "")).await;
    for _ in 0..2 {
        assert_eq!(socket.next("usage").await["usage"]["memory_bytes"], 4096);
    }
}

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_session() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let mut socket = server.request("GET", "/api/v1/stream").session(&session).connect().await.unwrap();
    let mut other = server.socket("/api/v1/stream").await;
    socket.next("snapshot").await;
    server.request("POST", "/api/v1/logout").session(&session).send().await;
    assert_eq!(socket.closed().await, (1008, "session-ended".into()));
    server.fake.happen(1);
    assert_eq!(events(&mut other, 1).await, [1]);
}

#[tokio::test]
async fn revoking_an_api_token_closes_the_sockets_that_it_let_in() {
    let server = Server::start().await;
    let token = server.api_token("laptop").await;
    let bearer = format!("Bearer {}", token.reveal());
    let mut socket =
        server.request("GET", "/api/v1/stream").header("authorization", &bearer).connect().await.unwrap();
    socket.next("snapshot").await;
    let session = server.sign_in().await;
    let revoked = server.request("DELETE", "/api/v1/tokens/laptop").session(&session).send().await;
    assert_eq!(revoked.status, 204, "{}", revoked.told());
    assert_eq!(socket.closed().await, (1008, "session-ended".into()));
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let server = Server::start().await;
    let mut socket = server.socket("/api/v1/stream").await;
    socket.next("snapshot").await;
    server.stop.send_replace(true);
    assert_eq!(socket.closed().await, (1001, "server-stopping".into()));
}

#[tokio::test]
async fn a_slow_page_is_told_everything_or_begins_anew_but_never_a_gap() {
    let server = Server::start().await;
    let mut socket = server.socket("/api/v1/stream").await;
    let mut known = socket.next("snapshot").await["seq"].as_u64().unwrap();
    // Far more than fits between the two ends while the page reads nothing.
    for _ in 0..60 {
        server.fake.happen(1000);
        tokio::task::yield_now().await;
    }
    while known < 60_000 {
        let message = socket.message().await;
        let seq = message["seq"].as_u64().unwrap();
        match message["type"].as_str() {
            Some("event") => assert_eq!(seq, known + 1),
            Some("snapshot") => assert!(seq > known),
            other => panic!("{other:?}"),
        }
        known = seq;
    }
}
