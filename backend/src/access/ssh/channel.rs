//! A channel of a connection, taken apart into what comes from the client and what goes to it.

use std::sync::Arc;

use berth_shared::api::TerminalSize;
use bytes::Bytes;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, server::Msg};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::pace::{Held, Pace};

/// The kind of a session's extended data that is standard error (RFC 4254, section 5.2).
const STDERR: u32 = 1;

/// What comes from the client.
pub(super) struct Incoming {
    /// Bytes, then the end. What was not taken counts against the connection.
    pub(super) bytes: mpsc::UnboundedReceiver<Held>,
    /// The newest size of the client's terminal.
    pub(super) size: watch::Receiver<Option<TerminalSize>>,
    /// Cancelled when the client closes the channel or is gone.
    pub(super) closed: CancellationToken,
}

/// What goes to the client. It waits for the client's room, and so holds up whoever writes.
pub(super) struct Outgoing {
    half: ChannelWriteHalf<Msg>,
    pace: Arc<Pace>,
}

/// The client is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone;

/// Begins to take what comes over a channel, at once and without a bound of its own: the connection has one.
pub(super) fn take_apart(channel: Channel<Msg>, pace: &Arc<Pace>) -> (Incoming, Outgoing) {
    let (from, half) = channel.split();
    #[expect(
        clippy::disallowed_methods,
        reason = "the connection's pace bounds what is in it: a full queue would hold up all others"
    )]
    let (to, bytes) = mpsc::unbounded_channel();
    let (resize, size) = watch::channel(None);
    let closed = CancellationToken::new();
    tokio::spawn(take(from, to, resize, closed.clone(), Arc::clone(pace)));
    (Incoming { bytes, size, closed }, Outgoing { half, pace: Arc::clone(pace) })
}

async fn take(
    mut from: ChannelReadHalf,
    to: mpsc::UnboundedSender<Held>,
    resize: watch::Sender<Option<TerminalSize>>,
    closed: CancellationToken,
    pace: Arc<Pace>,
) {
    // Whatever becomes of this task, nobody waits for it in vain.
    let _closed = closed.drop_guard();
    let mut to = Some(to);
    while let Some(message) = from.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                // Who takes no more has all the rest thrown away.
                if let Some(to) = &to {
                    let _ = to.send(pace.hold(data));
                }
            }
            ChannelMsg::Eof => to = None,
            ChannelMsg::WindowChange { col_width, row_height, .. } => {
                resize.send_replace(Some(terminal_size(col_width, row_height)));
            }
            ChannelMsg::Close => return,
            _ => {}
        }
    }
}

/// A size as a client tells it; 80 × 24 where it has none.
pub(super) fn terminal_size(cols: u32, rows: u32) -> TerminalSize {
    let within = |value: u32, unknown: u16| match value {
        0 => unknown,
        value => u16::try_from(value).unwrap_or(u16::MAX).min(1000),
    };
    TerminalSize { cols: within(cols, 80), rows: within(rows, 24) }
}

impl Outgoing {
    /// Sends bytes of standard output.
    pub(super) async fn send(&self, bytes: impl Into<Bytes>) -> Result<(), Gone> {
        let bytes = bytes.into();
        let _waiting = self.waits_for(bytes.len()).await;
        self.half.data_bytes(bytes).await.map_err(|_| Gone)
    }

    /// Sends bytes of standard error.
    pub(super) async fn send_error(&self, bytes: impl Into<Bytes>) -> Result<(), Gone> {
        let bytes = bytes.into();
        let _waiting = self.waits_for(bytes.len()).await;
        self.half.extended_data_bytes(STDERR, bytes).await.map_err(|_| Gone)
    }

    async fn waits_for(&self, length: usize) -> Option<super::pace::Waiting> {
        let room = self.half.writable_packet_size().await;
        (room < length).then(|| self.pace.waits())
    }

    /// Says that no more bytes follow.
    pub(super) async fn end(&self) {
        let _ = self.half.eof().await;
    }

    /// Tells how a program ended, and that this was all.
    pub(super) async fn exited(&self, code: u32) {
        let _ = self.half.eof().await;
        let _ = self.half.exit_status(code).await;
        let _ = self.half.close().await;
    }

    /// Says that this was all.
    pub(super) async fn close(&self) {
        let _ = self.half.close().await;
    }

    /// Its number on the connection.
    pub(super) fn id(&self) -> russh::ChannelId {
        self.half.id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_without_a_size_gets_a_usual_one_and_a_huge_one_is_cut() {
        assert_eq!(terminal_size(0, 0), TerminalSize { cols: 80, rows: 24 });
        assert_eq!(terminal_size(120, 50), TerminalSize { cols: 120, rows: 50 });
        assert_eq!(terminal_size(1 << 20, 7), TerminalSize { cols: 1000, rows: 7 });
    }
}
