//! What every WebSocket here has in common.

use std::time::Duration;

use axum::extract::ws::{CloseCode, CloseFrame, Message, WebSocket, WebSocketUpgrade};
use futures_util::{Sink, SinkExt};
use tokio::{sync::watch, time::timeout};

/// The largest message that a page may send.
const MAX_MESSAGE: usize = 64 * 1024;

/// How long a page may leave a message waiting before it counts as gone.
const STUCK: Duration = Duration::from_secs(30);

/// Time between two pings of ours; three without any answer and the page counts as gone.
pub(super) const PING: Duration = Duration::from_secs(30);

/// How many pings may stay without an answer.
pub(super) const MISSED_PINGS: u32 = 3;

/// Buffers that fit many idle connections; the defaults take 134 KB each.
pub(crate) fn configure(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(1024)
        .write_buffer_size(2048)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
}

/// The page is gone, or takes nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone;

/// Sends a message; waits until the page has taken what came before.
pub(super) async fn send<S>(socket: &mut S, message: Message) -> Result<(), Gone>
where
    S: Sink<Message> + Unpin,
{
    taken(socket.send(message)).await
}

/// Sends messages, a few at a time.
pub(super) async fn send_all<S>(socket: &mut S, messages: impl Iterator<Item = Message>) -> Result<(), Gone>
where
    S: Sink<Message> + Unpin,
{
    for message in messages {
        taken(socket.feed(message)).await?;
    }
    taken(socket.flush()).await
}

/// Waits for the page to take something, but not for ever.
async fn taken<E>(sent: impl Future<Output = Result<(), E>>) -> Result<(), Gone> {
    match timeout(STUCK, sent).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

/// Says goodbye.
pub(super) async fn close(mut socket: WebSocket, end: End) {
    let frame = CloseFrame { code: end.code, reason: end.reason.into() };
    let _ = send(&mut socket, Message::Close(Some(frame))).await;
    // The page's own goodbye, so that the connection ends in order; it need not come.
    let answer = async { while let Some(Ok(_)) = socket.recv().await {} };
    let _ = timeout(Duration::from_secs(1), answer).await;
}

/// Why a socket is closed from this side (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(super) code: CloseCode,
    pub(super) reason: &'static str,
}

impl End {
    /// The server stops; come back.
    pub(super) const STOPPING: Self = Self { code: 1001, reason: "server-stopping" };
    /// The session was ended or has expired; sign in anew.
    pub(super) const SESSION: Self = Self { code: 1008, reason: "session-ended" };
    /// Its owner may not have it any more.
    pub(super) const NOT_ALLOWED: Self = Self { code: 1008, reason: "not-allowed" };
    /// Its owner may do something else than it was greeted with; come back.
    pub(super) const ROLE_CHANGED: Self = Self { code: 1012, reason: "role-changed" };
    /// Too many frames made no sense.
    pub(super) const MALFORMED: Self = Self { code: 1008, reason: "too-many-malformed-frames" };
    /// Everything was said.
    pub(super) const DONE: Self = Self { code: 1000, reason: "" };
}

/// Counts open sockets, so that a server which stops can wait for their goodbyes.
#[derive(Clone, Debug)]
pub struct Sockets(watch::Sender<u64>);

impl Default for Sockets {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Sockets {
    /// Counts one, until what it returns is dropped.
    pub(crate) fn enter(&self) -> impl Drop + Send + use<> {
        self.0.send_modify(|count| *count += 1);
        Entered(self.0.clone())
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        *self.0.borrow()
    }

    /// Waits until there is none.
    pub async fn none(&self) {
        // This side holds the sender, so it cannot be closed.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

struct Entered(watch::Sender<u64>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
