//! The near end of a server's connection to a container: a program that is started in it and whose input and output are
//! the connection. Each connection that comes over it goes on to the supervisor's control socket.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf, unix::AsyncFd},
    net::UnixStream,
};

use super::{InstanceDir, fds, mux, relay::relay};

/// Carries connections until the server is gone.
pub(super) fn run(dir: &InstanceDir) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    runtime.block_on(local.run_until(async {
        mux::accept(Ends::of_this_program()?, |channel| {
            let dir = dir.clone();
            tokio::task::spawn_local(async move {
                // Whoever is at the other end learns of a failure by the connection's end.
                let _ = pass(&dir, channel).await;
            });
        })
        .await
    }))
}

async fn pass(dir: &InstanceDir, mut channel: mux::Channel) -> io::Result<()> {
    mux::begun(&mut channel).await?;
    let (_folder, path) = dir.socket()?;
    relay(channel, UnixStream::connect(&path).await?).await;
    Ok(())
}

/// Standard input and output as one stream.
pub(super) struct Ends {
    input: AsyncFd<OwnedFd>,
    output: AsyncFd<OwnedFd>,
}

impl Ends {
    /// Of this program; needs a runtime.
    pub(super) fn of_this_program() -> io::Result<Self> {
        Ok(Self {
            input: fds::watched(io::stdin().as_fd().try_clone_to_owned()?)?,
            output: fds::watched(io::stdout().as_fd().try_clone_to_owned()?)?,
        })
    }
}

impl AsyncRead for Ends {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.input.poll_read_ready(cx))?;
            let read =
                ready.try_io(|input| Ok(nix::unistd::read(input.as_fd(), buffer.initialize_unfilled())?));
            if let Ok(read) = read {
                buffer.advance(read?);
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Ends {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.output.poll_write_ready(cx))?;
            if let Ok(written) = ready.try_io(|output| Ok(nix::unistd::write(output.as_fd(), bytes)?)) {
                return Poll::Ready(written);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
