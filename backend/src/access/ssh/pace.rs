//! Keeps what a connection has sent, and nobody has taken yet, within bounds.
//!
//! The SSH library gives a client new room as soon as its bytes have come, not when they were taken, and waits with everything
//! else on the connection while one channel is full. So nothing here ever makes it wait: what a channel has not taken yet is
//! held, and when a connection holds too much, no more is read from it. Output goes on meanwhile, and what a program has to
//! write before it reads on reaches the client; for that to go on, the client's own grants of room must be read, so reading
//! goes on within a wider bound while output waits for them.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a connection may hold, bytes.
const CALM: usize = 1 << 20;

/// What it may hold while output waits for the client, bytes.
const MOST: usize = 32 << 20;

/// What holding something takes besides its bytes.
const OVERHEAD: usize = 128;

/// What one connection holds.
#[derive(Debug, Default)]
pub(super) struct Pace {
    held: AtomicUsize,
    /// How many channels have output that the client has given no room for.
    waiting: AtomicUsize,
    reader: AtomicWaker,
}

impl Pace {
    fn is_full(&self) -> bool {
        let held = self.held.load(Ordering::SeqCst);
        held >= MOST || (held >= CALM && self.waiting.load(Ordering::SeqCst) == 0)
    }

    /// Holds bytes until they are taken.
    pub(super) fn hold(self: &Arc<Self>, bytes: Bytes) -> Held {
        self.held.fetch_add(bytes.len() + OVERHEAD, Ordering::SeqCst);
        Held { bytes, pace: Arc::clone(self) }
    }

    /// Notes that output waits for the client, until this is dropped.
    pub(super) fn waits(self: &Arc<Self>) -> Waiting {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.reader.wake();
        Waiting(Arc::clone(self))
    }
}

/// Bytes that wait to be taken.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Bytes,
    pace: Arc<Pace>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pace.held.fetch_sub(self.bytes.len() + OVERHEAD, Ordering::SeqCst);
        if !self.pace.is_full() {
            self.pace.reader.wake();
        }
    }
}

/// Output waits for the client.
#[derive(Debug)]
pub(super) struct Waiting(Arc<Pace>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A connection that is not read while it holds too much.
#[derive(Debug)]
pub(super) struct Paced<S> {
    stream: S,
    pace: Arc<Pace>,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: Arc<Pace>) -> Self {
        Self { stream, pace }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.pace.is_full() {
            self.pace.reader.register(cx.waker());
            // What was taken meanwhile has woken nobody.
            if self.pace.is_full() {
                return Poll::Pending;
            }
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_connection_that_holds_too_much_is_read_again_when_something_was_taken() {
        let (mut far, near) = tokio::io::duplex(64);
        let pace = Arc::<Pace>::default();
        let mut near = Paced::new(near, Arc::clone(&pace));
        far.write_all(b"ab").await.unwrap();
        let held = pace.hold(Bytes::from(vec![0; CALM]));
        let mut read = Box::pin(near.read_u8());
        assert!((&mut read).now_or_never().is_none());
        drop(held);
        assert_eq!(read.await.unwrap(), b'a');
    }

    #[tokio::test]
    async fn while_output_waits_more_may_be_held_but_not_without_bound() {
        let (mut far, near) = tokio::io::duplex(64);
        let pace = Arc::<Pace>::default();
        let mut near = Paced::new(near, Arc::clone(&pace));
        far.write_all(b"abc").await.unwrap();
        let _held = pace.hold(Bytes::from(vec![0; CALM]));
        assert!(near.read_u8().now_or_never().is_none());
        let waiting = pace.waits();
        assert_eq!(near.read_u8().await.unwrap(), b'a');
        let more = pace.hold(Bytes::from(vec![0; MOST]));
        assert!(near.read_u8().now_or_never().is_none());
        drop(more);
        assert_eq!(near.read_u8().await.unwrap(), b'b');
        drop(waiting);
        assert!(near.read_u8().now_or_never().is_none());
    }
}
