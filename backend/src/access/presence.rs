//! Who is in a run, for those that are stopped for want of somebody (`inactivity_duration`).

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use berth_shared::api::RunId;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
    time::sleep,
};

use crate::{control::Control, provider::ByteStream};

/// Does `work`, for as long as which somebody is in a run.
pub(crate) async fn attended<T>(control: &dyn Control, run: RunId, work: impl Future<Output = T>) -> T {
    let there = async {
        while let Some(again) = control.seen(run).await {
            sleep(again).await;
        }
        std::future::pending::<Infallible>().await
    };
    let done = tokio::select! {
        done = work => done,
        never = there => match never {},
    };
    control.left(run).await;
    done
}

/// Notes that somebody is in a run whenever `traffic` tells that something has passed. Never ends.
pub(super) async fn follow(control: Arc<dyn Control>, run: RunId, traffic: Arc<Notify>) -> Infallible {
    loop {
        traffic.notified().await;
        match control.seen(run).await {
            // What passes meanwhile is remembered.
            Some(again) => sleep(again).await,
            None => std::future::pending::<()>().await,
        }
    }
}

/// A stream that tells when something passes.
pub(super) struct Watched {
    stream: ByteStream,
    traffic: Arc<Notify>,
}

impl Watched {
    pub(super) fn new(stream: ByteStream, traffic: Arc<Notify>) -> Self {
        Self { stream, traffic }
    }

    fn told<T>(&self, passed: &Poll<io::Result<T>>) {
        if matches!(passed, Poll::Ready(Ok(_))) {
            self.traffic.notify_one();
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        // The end is nothing that passes.
        if buffer.filled().len() > before {
            self.told(&read);
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.told(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.told(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
