//! Terminals, from a page's side.

use std::time::Duration;

use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::{DEADLINE, Socket},
    fake::NAME,
    server::Server,
};

const ID: &str = "00000000-0000-0000-0000-000000000001";

async fn open(server: &Server, query: &str) -> Socket {
    server.socket(&format!("/api/v1/terminals/{NAME}/{ID}{query}")).await
}

/// Bytes until they end with `wanted`.
async fn read(socket: &mut Socket, wanted: &str) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(wanted.as_bytes()) {
        match socket.frame().await {
            Message::Binary(piece) => bytes.extend_from_slice(&piece),
            other => panic!("{other:?} after {:?}", String::from_utf8_lossy(&bytes)),
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn keys_go_in_and_bytes_come_out() {
    let server = Server::start().await;
    let mut socket = open(&server, "?cols=80&rows=24").await;
    let attached = socket.message().await;
    assert_eq!(attached, serde_json::json!({ "type": "attached", "offset": 0, "seen": 0 }));
    assert_eq!(read(&mut socket, "[80x24]").await, "80x24\n[80x24]");
    socket.binary(b"ls").await;
    assert_eq!(read(&mut socket, "ls").await, "ls");
    socket.text(r#"{"type":"resize","size":{"cols":100,"rows":30}}"#).await;
    assert_eq!(read(&mut socket, "]").await, "[100x30]");
    socket.text(r#"{"type":"resize","size":{"cols":0,"rows":30}}"#).await;
    socket.text("nonsense").await;
    socket.binary(b"exit").await;
    assert_eq!(socket.message().await, serde_json::json!({ "type": "exited", "exit_code": 3 }));
    assert_eq!(socket.closed().await.0, 1000);
}

#[tokio::test]
async fn a_page_that_comes_back_goes_on_where_it_left_off() {
    let server = Server::start().await;
    drop(open(&server, "?cols=80&rows=24").await);
    let mut socket = open(&server, "?after=3").await;
    assert_eq!(socket.message().await["offset"], 3);
    assert_eq!(read(&mut socket, "\n").await, "24\n");
}

#[tokio::test]
async fn a_page_that_says_what_it_has_shown_is_not_sent_much_more() {
    const PIECE: usize = 64 * 1024;
    let server = Server::start().await;
    let mut socket = open(&server, "?cols=80&rows=24").await;
    read_attached(&mut socket).await;
    assert_eq!(read(&mut socket, "[80x24]").await, "80x24\n[80x24]");
    socket.text(r#"{"type":"shown","offset":0}"#).await;
    for _ in 0..7 {
        socket.binary(&[b'x'; PIECE]).await;
    }
    assert_eq!(read(&mut socket, &"x".repeat(4 * PIECE)).await.len(), 4 * PIECE);
    let more = tokio::time::timeout(Duration::from_millis(200), read(&mut socket, "x")).await;
    assert!(more.is_err(), "it was sent more than it could show");
    socket.text(&format!(r#"{{"type":"shown","offset":{}}}"#, 4 * PIECE)).await;
    assert_eq!(read(&mut socket, &"x".repeat(3 * PIECE)).await.len(), 3 * PIECE);
}

#[tokio::test]
async fn leaving_detaches() {
    let server = Server::start().await;
    let mut socket = open(&server, "?cols=80&rows=24").await;
    read_attached(&mut socket).await;
    assert_eq!(server.fake.environment.attached(), 1);
    drop(socket);
    let gone = async {
        while server.fake.environment.attached() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, gone).await.expect("it is detached");
}

async fn read_attached(socket: &mut Socket) {
    assert_eq!(socket.message().await["type"], "attached");
}

#[tokio::test]
async fn what_cannot_be_had_is_said_in_the_socket() {
    let server = Server::start().await;
    let mut socket = open(&server, "").await;
    insta::assert_snapshot!(socket.message().await, @r#"{"message":"terminal 00000000-0000-0000-0000-000000000001 is not there","type":"failed"}"#);
    let mut socket = server.socket(&format!("/api/v1/terminals/nobody/{ID}")).await;
    insta::assert_snapshot!(socket.message().await, @r#"{"message":"there is no run named `nobody`","type":"failed"}"#);
    assert_eq!(socket.closed().await.0, 1000);
}

#[tokio::test]
async fn a_terminal_that_was_opened_is_listed() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let path = format!("/api/v1/runs/{NAME}/terminals");
    let opened =
        server.request("POST", &path).session(&session).json(r#"{"cols":80,"rows":24}"#).send().await;
    assert_eq!(opened.status, 201);
    let listed = server.request("GET", &path).session(&session).send().await.json();
    assert_eq!(listed[0]["id"], opened.json()["id"]);
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye_to_terminals_too() {
    let server = Server::start().await;
    let mut socket = open(&server, "?cols=80&rows=24").await;
    read_attached(&mut socket).await;
    server.stop.send_replace(true);
    assert_eq!(socket.closed().await.0, 1001);
}
