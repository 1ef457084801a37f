//! What a notebook says to its kernel over a WebSocket, in the protocol of today's pages.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::bench::PATIENCE;

/// Frames are: how many offsets follow, the offsets (all `u64`, little-endian, bytes), then from each offset to the next one a part: the
/// channel's name, and header, parent's header, metadata and content in JSON.
pub(super) const PROTOCOL: &str = "v1.kernel.websocket.jupyter.org";

/// How many parts of a frame we need.
const PARTS: usize = 5;

pub(super) struct Kernel {
    socket: WebSocketStream<TcpStream>,
    sent: u32,
}

/// What a kernel says.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) channel: String,
    /// `stream`
    pub(super) kind: String,
    /// The message that it answers.
    parent: Value,
    pub(super) content: Value,
}

impl Kernel {
    pub(super) fn over(socket: WebSocketStream<TcpStream>) -> Self {
        Self { socket, sent: 0 }
    }

    /// Runs code; all that comes back for it, to the reply on its own channel and the rest on the others. What it asks for is answered
    /// with `line`.
    pub(super) async fn run(&mut self, code: &str, line: &str) -> Vec<Said> {
        let content = json!({ "code": code, "silent": false, "allow_stdin": true, "stop_on_error": true });
        let id = self.send("shell", "execute_request", &content).await;
        let mut all = Vec::new();
        let (mut replied, mut idle) = (false, false);
        while !(replied && idle) {
            let said = self.next().await;
            if said.parent["msg_id"] != *id {
                continue;
            }
            replied |= said.kind == "execute_reply";
            idle |= said.kind == "status" && said.content["execution_state"] == "idle";
            if said.kind == "input_request" {
                self.send("stdin", "input_reply", &json!({ "value": line })).await;
            }
            all.push(said);
        }
        all
    }

    /// Sends a message; gives what it is known by.
    async fn send(&mut self, channel: &str, kind: &str, content: &Value) -> String {
        self.sent += 1;
        let id = format!("message-{}", self.sent);
        let header = json!({
            "msg_id": id, "msg_type": kind, "session": "tab", "username": "somebody", "date": "2026-01-01T00:00:00Z",
            "version": "5.4",
        });
        let parts = [json!(header), json!({}), json!({}), content.clone()].map(|part| part.to_string());
        let parts: Vec<&[u8]> =
            std::iter::once(channel.as_bytes()).chain(parts.iter().map(String::as_bytes)).collect();
        self.socket.send(Message::binary(frame(&parts))).await.expect("taken");
        id
    }

    async fn next(&mut self) -> Said {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("the kernel says something");
            match message.expect("more").expect("a frame") {
                Message::Binary(bytes) => return read(&bytes),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a frame of the protocol, not {other:?}"),
            }
        }
    }
}

/// All that was printed.
pub(super) fn printed(all: &[Said]) -> String {
    let streams = all.iter().filter(|said| said.channel == "iopub" && said.kind == "stream");
    streams.filter_map(|said| said.content["text"].as_str()).collect()
}

fn frame(parts: &[&[u8]]) -> Vec<u8> {
    let mut at = 8 * (parts.len() + 2);
    let mut bytes = Vec::from((parts.len() as u64 + 1).to_le_bytes());
    bytes.extend((at as u64).to_le_bytes());
    for part in parts {
        at += part.len();
        bytes.extend((at as u64).to_le_bytes());
    }
    bytes.extend(parts.concat());
    bytes
}

fn read(bytes: &[u8]) -> Said {
    let number = |n: usize| {
        let piece = bytes.get(8 * n..8 * (n + 1)).and_then(|piece| piece.try_into().ok()).expect("an offset");
        usize::try_from(u64::from_le_bytes(piece)).expect("a length")
    };
    assert!(number(0) > PARTS, "all parts are there");
    let part = |n: usize| bytes.get(number(n + 1)..number(n + 2)).expect("a part");
    let json = |n: usize| -> Value { serde_json::from_slice(part(n)).expect("JSON") };
    let kind = json(1)["msg_type"].as_str().unwrap_or_default().to_owned();
    Said { channel: String::from_utf8_lossy(part(0)).into_owned(), kind, parent: json(2), content: json(4) }
}
