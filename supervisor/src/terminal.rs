//! Terminals: a pseudo-terminal each, with what it wrote last.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io,
    os::fd::OwnedFd,
    rc::Rc,
};

use berth_shared::{
    api::{TerminalId, TerminalInfo, TerminalSize},
    time::Timestamp,
};
use tokio::sync::watch;

use super::pty::Pty;

/// How much of what a terminal wrote is kept, bytes.
pub(super) const SCROLLBACK: usize = 256 * 1024;

/// How far behind a reader may be before the terminal waits for it, bytes.
const AHEAD: u64 = SCROLLBACK as u64 / 2;

/// One terminal. It is read all the time, so that programs go on while nobody looks, and held up only by readers who
/// keep reading but cannot follow.
#[derive(Debug)]
pub(super) struct Terminal {
    id: TerminalId,
    opened_at: Timestamp,
    pty: Pty,
    ring: RefCell<Ring>,
    /// Positions of those who are attached.
    readers: RefCell<Vec<(u64, u64)>>,
    next_reader: Cell<u64>,
    /// Number of the first byte that no reader was sent yet.
    seen: Cell<u64>,
    /// Changes with each byte read, each reader's step and the end.
    changed: watch::Sender<()>,
    exit_code: Cell<Option<i32>>,
}

/// The last bytes written and their number among all.
#[derive(Debug, Default)]
struct Ring {
    bytes: VecDeque<u8>,
    /// Number of the byte after the last.
    end: u64,
}

impl Ring {
    fn start(&self) -> u64 {
        self.end - self.bytes.len() as u64
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.end += bytes.len() as u64;
        let over = self.bytes.len().saturating_sub(SCROLLBACK);
        self.bytes.drain(..over);
    }

    /// At most `max` bytes from number `from` on, which must be kept.
    fn from(&self, from: u64, max: usize) -> Vec<u8> {
        let skip = usize::try_from(from.saturating_sub(self.start())).unwrap_or(usize::MAX);
        self.bytes.iter().skip(skip).take(max).copied().collect()
    }
}

/// What a reader gets next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Bytes.
    Bytes(Vec<u8>),
    /// The shell has ended, and everything it wrote was read.
    Exited(i32),
    /// What would come next is kept no longer: attach again.
    Lost,
}

impl Terminal {
    /// Opens a terminal; what comes with it is the end that a program gets as its descriptors 0, 1 and 2.
    ///
    /// # Errors
    /// When the machine has none left.
    pub(super) fn open(
        id: TerminalId,
        size: TerminalSize,
        now: Timestamp,
    ) -> io::Result<(Rc<Self>, OwnedFd)> {
        let (pty, slave) = Pty::open(size)?;
        let terminal = Rc::new(Self {
            id,
            opened_at: now,
            pty,
            ring: RefCell::default(),
            readers: RefCell::default(),
            next_reader: Cell::new(0),
            seen: Cell::new(0),
            changed: watch::Sender::new(()),
            exit_code: Cell::new(None),
        });
        Ok((terminal, slave))
    }

    /// What is to be known about it.
    #[must_use]
    pub(super) fn info(&self) -> TerminalInfo {
        TerminalInfo { id: self.id, opened_at: self.opened_at, exit_code: self.exit_code.get() }
    }

    /// Reads it until its shell's end is told by `exited`, and what the shell left in it.
    pub(super) async fn pump(self: Rc<Self>, exited: impl Future<Output = i32>) {
        let mut exited = std::pin::pin!(exited);
        let mut buffer = vec![0; 32 * 1024];
        let code = loop {
            let read = async {
                self.room().await;
                self.read(&mut buffer).await
            };
            tokio::select! {
                code = &mut exited => break code,
                read = read => if read.is_err() {
                    // Everybody inside has closed it.
                    break exited.await;
                },
            }
            // A program that floods its terminal always has more: others' keys and echoes are looked for in between.
            tokio::task::yield_now().await;
        };
        while self.read_now(&mut buffer).is_ok_and(|n| n > 0) {}
        self.exit_code.set(Some(code));
        self.changed.send_replace(());
    }

    /// Waits until no reader is far behind.
    async fn room(&self) {
        let mut changed = self.changed.subscribe();
        loop {
            let end = self.ring.borrow().end;
            if self.readers.borrow().iter().all(|(_, at)| end - at < AHEAD) {
                return;
            }
            let _ = changed.changed().await;
        }
    }

    async fn read(&self, buffer: &mut [u8]) -> io::Result<()> {
        let n = self.pty.read(buffer).await?;
        self.wrote(&buffer[..n]);
        Ok(())
    }

    fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.pty.read_now(buffer)?;
        self.wrote(&buffer[..n]);
        Ok(n)
    }

    fn wrote(&self, bytes: &[u8]) {
        self.ring.borrow_mut().push(bytes);
        self.changed.send_replace(());
    }

    /// Writes keys to it.
    ///
    /// # Errors
    /// When it is closed.
    pub(super) async fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.pty.write(bytes).await
    }

    /// Gives it another size; its programs are told by SIGWINCH.
    pub(super) fn resize(&self, size: TerminalSize) {
        self.pty.resize(size);
    }

    /// Attaches a reader from byte number `after` on, or from the first one kept when that is lost or `None`.
    #[must_use]
    pub(super) fn attach(self: &Rc<Self>, after: Option<u64>) -> Reader {
        let ring = self.ring.borrow();
        let at = after.filter(|after| (ring.start()..=ring.end).contains(after)).unwrap_or(ring.start());
        let number = self.next_reader.replace(self.next_reader.get() + 1);
        self.readers.borrow_mut().push((number, at));
        Reader { terminal: Rc::clone(self), number, at, changed: self.changed.subscribe() }
    }
}

/// Somebody who is attached, until dropped.
#[derive(Debug)]
pub(super) struct Reader {
    terminal: Rc<Terminal>,
    number: u64,
    at: u64,
    changed: watch::Receiver<()>,
}

impl Reader {
    /// Number of the next byte.
    #[must_use]
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Number of the first byte that no reader was sent yet.
    #[must_use]
    pub(super) fn seen(&self) -> u64 {
        self.terminal.seen.get()
    }

    /// Waits for what comes next. May be dropped while it waits: nothing is lost then.
    pub(super) async fn next(&mut self) -> Next {
        loop {
            self.changed.mark_unchanged();
            {
                let ring = self.terminal.ring.borrow();
                if self.at < ring.start() {
                    return Next::Lost;
                }
                if self.at < ring.end {
                    return Next::Bytes(ring.from(self.at, 32 * 1024));
                }
            }
            if let Some(code) = self.terminal.exit_code.get() {
                return Next::Exited(code);
            }
            if self.changed.changed().await.is_err() {
                return Next::Lost;
            }
        }
    }

    /// Takes note that `n` bytes have been passed on.
    pub(super) fn advance(&mut self, n: usize) {
        self.at += n as u64;
        self.terminal.seen.set(self.terminal.seen.get().max(self.at));
        if let Some(reader) = self.terminal.readers.borrow_mut().iter_mut().find(|r| r.0 == self.number) {
            reader.1 = self.at;
        }
        self.terminal.changed.send_replace(());
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.terminal.readers.borrow_mut().retain(|(number, _)| *number != self.number);
        self.terminal.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_keeps_the_last_bytes_and_their_numbers() {
        let mut ring = Ring::default();
        ring.push(&vec![b'a'; SCROLLBACK]);
        ring.push(b"xyz");
        assert_eq!((ring.start(), ring.end), (3, SCROLLBACK as u64 + 3));
        assert_eq!(ring.from(ring.end - 3, 100), b"xyz");
        assert_eq!(ring.from(ring.end - 3, 2), b"xy");
        assert_eq!(ring.from(ring.end, 100), b"");
    }
}
