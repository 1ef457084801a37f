//! Pseudo-terminals.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd},
};

use berth_shared::api::TerminalSize;
use nix::pty::{OpenptyResult, Winsize, openpty};
use tokio::io::unix::AsyncFd;

use super::fds;

/// Our end of one.
#[derive(Debug)]
pub(super) struct Pty(AsyncFd<OwnedFd>);

impl Pty {
    /// Opens one; what comes with it is the end that a program gets as its descriptors 0, 1 and 2.
    ///
    /// # Errors
    /// When the machine has none left.
    pub(super) fn open(size: TerminalSize) -> io::Result<(Self, OwnedFd)> {
        let OpenptyResult { master, slave } = openpty(&window(size), None)?;
        for fd in [&master, &slave] {
            nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
        }
        Ok((Self(fds::watched(master)?), slave))
    }

    /// Reads what programs wrote; never nothing.
    ///
    /// # Errors
    /// When everybody inside has closed it.
    pub(super) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.0.readable().await?;
            match ready.try_io(|master| Ok(nix::unistd::read(master.as_fd(), buffer)?)) {
                Ok(Ok(0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => return read,
                Err(_) => continue,
            }
        }
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// When there is nothing.
    pub(super) fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(nix::unistd::read(self.0.as_fd(), buffer)?)
    }

    /// Writes keys to it.
    ///
    /// # Errors
    /// When it is closed.
    pub(super) async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut ready = self.0.writable().await?;
            match ready.try_io(|master| Ok(nix::unistd::write(master.as_fd(), bytes)?)) {
                Ok(written) => bytes = &bytes[written?..],
                Err(_) => continue,
            }
        }
        Ok(())
    }

    /// Gives it another size; its programs are told by SIGWINCH.
    pub(super) fn resize(&self, size: TerminalSize) {
        let window = window(size);
        // SAFETY: the descriptor is open and the structure lives as long as the call.
        unsafe { nix::libc::ioctl(self.0.as_raw_fd(), nix::libc::TIOCSWINSZ, &raw const window) };
    }
}

/// Kept within what programs can cope with: 1 to 1000.
fn window(size: TerminalSize) -> Winsize {
    Winsize { ws_row: size.rows.clamp(1, 1000), ws_col: size.cols.clamp(1, 1000), ws_xpixel: 0, ws_ypixel: 0 }
}
