//! The stream's WebSocket. The connection is made as any request, so that certificates and proxies are the same.

use std::time::Duration;

use berth_shared::api::{ClientMessage, EventSeq, ServerMessage};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{
    Method, StatusCode, Upgraded,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::Role,
    },
};

use super::{Client, ClientError};

/// How long the handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(15);
/// A server that says nothing for this long is gone: it pings more often.
const SILENCE: Duration = Duration::from_secs(90);

/// A connection to the stream.
pub(super) struct Socket(WebSocketStream<Upgraded>);

impl Socket {
    /// Connects; events after `after` come, or a snapshot when that is `None` or too long ago.
    pub(super) async fn open(client: &Client, after: Option<EventSeq>) -> Result<Self, ClientError> {
        let server = || client.server().to_owned();
        let path = after.map_or_else(|| "/stream".to_owned(), |after| format!("/stream?after={after}"));
        let key = generate_key();
        let request = client
            .request(Method::GET, &path)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let response = match timeout(HANDSHAKE, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(client.unreachable(error)),
            Err(_) => {
                return Err(ClientError::Unreachable {
                    server: server(),
                    cause: "no answer in time".to_owned(),
                });
            }
        };
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(client.refusal(response).await);
        }
        let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(|value| value.as_bytes().to_vec());
        if accepted.as_deref() != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(ClientError::Stranger {
                server: server(),
                what: "it speaks no WebSocket".to_owned(),
            });
        }
        let connection = response.upgrade().await.map_err(|error| client.unreachable(error))?;
        Ok(Self(WebSocketStream::from_raw_socket(connection, Role::Client, None).await))
    }

    /// Says something; whether it went out.
    pub(super) async fn say(&mut self, message: &ClientMessage) -> bool {
        // Our own messages have text keys only.
        let text = serde_json::to_string(message).unwrap_or_default();
        self.0.send(Message::text(text)).await.is_ok()
    }

    /// The next message; `None` when the connection is over. What a newer server adds is passed over.
    pub(super) async fn next(&mut self) -> Option<ServerMessage> {
        loop {
            let frame = timeout(SILENCE, self.0.next()).await.ok()??.ok()?;
            match frame {
                Message::Text(text) => match serde_json::from_str(&text) {
                    Ok(message) => return Some(message),
                    Err(_) => continue,
                },
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }
}
