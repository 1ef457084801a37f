//! The stream for as long as it is wanted: a server that goes away is waited for.

use std::time::Duration;

use berth_shared::api::{ClientMessage, EventSeq, RunId, ServerMessage, SnapshotPieces, Topic};
use tokio::{task::JoinHandle, time::sleep};

use super::{Client, ClientError, socket::Socket};

/// The wait before the first new try, and the longest one.
const WAITS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// What happens on the stream.
pub(in crate::cli) enum Seen {
    /// The server says something.
    Message(Box<ServerMessage>),
    /// The server is away; it is asked again until it is back.
    Away,
    /// It is back. What was missed follows.
    Back,
}

/// Follows the stream.
pub(in crate::cli) struct Live<'c> {
    client: &'c Client,
    known: Option<EventSeq>,
    /// The log that is followed, and from where on.
    log: Option<(RunId, u64)>,
    socket: Option<Socket>,
    /// What has come of a snapshot.
    pieces: SnapshotPieces,
    /// The next try to connect, in a task of its own: what waits for it may cease to wait.
    trying: Option<JoinHandle<Result<Socket, ClientError>>>,
    away: bool,
    wait: Duration,
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        if let Some(trying) = &self.trying {
            trying.abort();
        }
    }
}

impl<'c> Live<'c> {
    /// Connects; events after `after` come, or a snapshot first when that is `None` or too long ago.
    ///
    /// # Errors
    /// When the server cannot be reached now, or refuses.
    pub(in crate::cli) async fn open(
        client: &'c Client,
        after: Option<EventSeq>,
    ) -> Result<Self, ClientError> {
        let socket = Socket::open(client, after).await?;
        Ok(Self {
            client,
            known: after,
            log: None,
            socket: Some(socket),
            pieces: SnapshotPieces::default(),
            trying: None,
            away: false,
            wait: WAITS.0,
        })
    }

    /// Follows the log of a run too, from the offset `after` on, until it is complete.
    pub(in crate::cli) async fn follow_log(&mut self, run: RunId, after: u64) {
        self.log = Some((run, after));
        self.subscribe().await;
    }

    async fn subscribe(&mut self) {
        let (Some((run_id, after)), Some(socket)) = (self.log, &mut self.socket) else { return };
        let topic = Topic::Logs { run_id, after };
        if !socket.say(&ClientMessage::Subscribe { topic }).await {
            self.socket = None;
        }
    }

    /// What happens next. May be dropped while it waits.
    ///
    /// # Errors
    /// When the server is back and refuses.
    pub(in crate::cli) async fn next(&mut self) -> Result<Seen, ClientError> {
        loop {
            if let Some(socket) = &mut self.socket {
                match socket.next().await {
                    Some(message) => {
                        let Some(message) = self.pieces.join(message) else { continue };
                        self.learn(&message);
                        return Ok(Seen::Message(Box::new(message)));
                    }
                    None => self.socket = None,
                }
            }
            if !self.away {
                self.away = true;
                self.wait = WAITS.0;
                return Ok(Seen::Away);
            }
            let (client, known, wait) = (self.client.clone(), self.known, self.wait);
            let trying = self.trying.get_or_insert_with(|| {
                tokio::spawn(async move {
                    sleep(wait).await;
                    Socket::open(&client, known).await
                })
            });
            let tried = trying.await;
            self.trying = None;
            self.wait = (self.wait * 2).min(WAITS.1);
            match tried {
                // Only a bug ends a try by itself.
                Err(_) => {}
                Ok(Ok(socket)) => {
                    self.socket = Some(socket);
                    self.pieces = SnapshotPieces::default();
                    self.away = false;
                    self.subscribe().await;
                    return Ok(Seen::Back);
                }
                Ok(Err(error)) if error.may_pass() => {}
                Ok(Err(error)) => return Err(error),
            }
        }
    }

    fn learn(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::Snapshot { seq, .. }
            | ServerMessage::Event { seq, .. }
            | ServerMessage::Elsewhere { seq } => self.known = Some(*seq),
            ServerMessage::Log { run_id, chunk, .. } if self.log.is_some_and(|(run, _)| run == *run_id) => {
                self.log = (!chunk.complete).then_some((*run_id, chunk.next_offset));
            }
            _ => {}
        }
    }
}
