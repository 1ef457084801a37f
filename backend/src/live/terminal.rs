//! Joins a socket to a terminal: bytes both ways, each way at its own pace.
//!
//! Neither way has a queue of its own: a page that does not read holds the terminal's output up, a terminal
//! that does not read holds the page's keys up. Ending the socket only detaches.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use berth_shared::api::{TerminalClientMessage, TerminalId, TerminalServerMessage, TerminalSize};
use futures_util::{Stream, StreamExt};
use tokio::{
    sync::{
        mpsc::{
            self,
            error::{SendError, TrySendError},
        },
        watch,
    },
    time::{Instant, interval_at},
};

use super::{
    Life,
    socket::{End, Gone, MISSED_PINGS, PING, close, send},
};
use crate::provider::{Attached, Environment, ProviderError, TerminalInput, TerminalOutput};

/// How far ahead of what the page has shown its output may be, bytes. Small enough that an interrupt is seen soon after it was typed, and
/// enough for several megabytes a second over a slow way.
const AHEAD: u64 = 256 * 1024;

/// How many frames that make no sense a page may send.
const STRIKES: u32 = 20;

/// What a page asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attach {
    pub(crate) id: TerminalId,
    /// The byte from which on it wants the output; `None` = all that is kept.
    pub(crate) after: Option<u64>,
    /// Its size, for a terminal that is to be opened, or else to be resized.
    pub(crate) size: Option<TerminalSize>,
}

/// Tells the page why it cannot have the terminal.
pub(crate) async fn refuse(mut socket: WebSocket, message: String) {
    if say(&mut socket, &TerminalServerMessage::Failed { message }).await.is_ok() {
        close(socket, End::DONE).await;
    }
}

/// Serves a page until it leaves, the shell ends or the socket's life is over.
pub(crate) async fn run(mut socket: WebSocket, environment: Arc<dyn Environment>, ask: Attach, life: Life) {
    let attached = match attach(environment.as_ref(), ask).await {
        Ok(attached) => attached,
        Err(error) => return refuse(socket, error.to_string()).await,
    };
    let hello = TerminalServerMessage::Attached { offset: attached.offset, seen: attached.seen };
    if say(&mut socket, &hello).await.is_err() {
        return;
    }
    let end = join(&mut socket, attached, life).await;
    if let Ok(end) = end {
        close(socket, end).await;
    }
}

async fn attach(environment: &dyn Environment, ask: Attach) -> Result<Attached, ProviderError> {
    if let Some(size) = ask.size {
        environment.open_terminal(ask.id, size).await?;
    }
    let attached = environment.attach_terminal(ask.id, ask.after).await?;
    if let Some(size) = ask.size {
        // The one who came last decides. A terminal that ended meanwhile needs no size.
        let _ = attached.input.send(TerminalInput::Resize(size)).await;
    }
    Ok(attached)
}

async fn join(socket: &mut WebSocket, attached: Attached, life: Life) -> Result<End, Gone> {
    let Attached { offset, mut output, input, .. } = attached;
    let (mut to_page, mut from_page) = futures_util::StreamExt::split(socket);
    // Set whenever the page gave a sign of life.
    let heard = std::sync::atomic::AtomicBool::new(true);
    // Number of the byte that the page will show next, as far as it tells.
    let (showed, mut shown) = watch::channel(None);
    let outward = async {
        let mut sent = offset;
        let mut pings = interval_at(Instant::now() + PING, PING);
        let mut unanswered = 0;
        loop {
            tokio::select! {
                biased;
                piece = next(&mut output, &mut shown, sent) => match piece {
                    Some(TerminalOutput::Bytes(bytes)) => {
                        sent += bytes.len() as u64;
                        send(&mut to_page, Message::Binary(bytes.into())).await?;
                    }
                    Some(TerminalOutput::Exited(exit_code)) => {
                        say(&mut to_page, &TerminalServerMessage::Exited { exit_code }).await?;
                        return Ok(End::DONE);
                    }
                    None => {
                        let message = "the environment is gone, and the terminal with it".into();
                        say(&mut to_page, &TerminalServerMessage::Failed { message }).await?;
                        return Ok(End::DONE);
                    }
                },
                _ = pings.tick() => {
                    unanswered = if heard.swap(false, std::sync::atomic::Ordering::Relaxed) { 1 } else { unanswered + 1 };
                    if unanswered > MISSED_PINGS {
                        return Err(Gone);
                    }
                    send(&mut to_page, Message::Ping(axum::body::Bytes::new())).await?;
                }
            }
        }
    };
    let inward = take(&mut from_page, &input, &showed, &heard);
    tokio::select! {
        biased;
        end = life.over() => Ok(end),
        end = outward => end,
        end = inward => end,
    }
}

/// What comes next, once the page has shown enough of the `sent` bytes. May be dropped while it waits: nothing is lost then.
async fn next(
    output: &mut mpsc::Receiver<TerminalOutput>,
    shown: &mut watch::Receiver<Option<u64>>,
    sent: u64,
) -> Option<TerminalOutput> {
    let is_near = |shown: &Option<u64>| shown.is_none_or(|shown| sent.saturating_sub(shown) < AHEAD);
    // Who takes what the page says is as long there as this.
    let _ = shown.wait_for(is_near).await;
    output.recv().await
}

/// Takes what the page sends, for as long as it does.
async fn take<S, E>(
    from_page: &mut S,
    input: &mpsc::Sender<TerminalInput>,
    showed: &watch::Sender<Option<u64>>,
    heard: &std::sync::atomic::AtomicBool,
) -> Result<End, Gone>
where
    S: Stream<Item = Result<Message, E>> + Unpin,
{
    let mut strikes = 0;
    while let Some(Ok(message)) = from_page.next().await {
        heard.store(true, std::sync::atomic::Ordering::Relaxed);
        let to_terminal = match message {
            Message::Binary(keys) => TerminalInput::Bytes(keys.into()),
            Message::Text(text) => match said(&text) {
                Some(TerminalClientMessage::Resize { size }) => TerminalInput::Resize(size),
                Some(TerminalClientMessage::Shown { offset }) => {
                    showed.send_replace(Some(offset));
                    continue;
                }
                None if strikes == STRIKES => return Ok(End::MALFORMED),
                None => {
                    strikes += 1;
                    continue;
                }
            },
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return Err(Gone),
        };
        let sent = match input.try_send(to_terminal) {
            Ok(()) => continue,
            Err(TrySendError::Full(to_terminal)) => {
                // What the page shows is not heard while keys wait, and a program that wants its output taken before it reads on would
                // wait for ever: its output goes on as if nothing had been said.
                showed.send_replace(None);
                input.send(to_terminal).await
            }
            Err(TrySendError::Closed(to_terminal)) => Err(SendError(to_terminal)),
        };
        if sent.is_err() {
            // The shell has ended; the other way says how.
            std::future::pending::<()>().await;
        }
    }
    Err(Gone)
}

/// What a text frame says, if that can be.
fn said(text: &str) -> Option<TerminalClientMessage> {
    let message = serde_json::from_str(text).ok()?;
    let sound = match message {
        TerminalClientMessage::Resize { size } => {
            (1..=1000).contains(&size.cols) && (1..=1000).contains(&size.rows)
        }
        TerminalClientMessage::Shown { .. } => true,
    };
    sound.then_some(message)
}

async fn say<S>(socket: &mut S, message: &TerminalServerMessage) -> Result<(), Gone>
where
    S: futures_util::Sink<Message> + Unpin,
{
    let text = serde_json::to_string(message).expect("wire types have text keys only");
    send(socket, Message::Text(text.into())).await
}
