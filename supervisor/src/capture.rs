//! What programs write to a pipe, as lines of the log.

use std::{
    cell::RefCell,
    io::{self, PipeReader, PipeWriter},
    os::fd::{AsFd, OwnedFd},
    rc::Rc,
};

use berth_shared::api::LogSource;
use tokio::io::unix::AsyncFd;

use super::fds;
use crate::logs::LINE_LIMIT;

/// The reading end of a pipe whose lines go to a log.
pub(super) struct Capture {
    pipe: AsyncFd<OwnedFd>,
    source: LogSource,
    /// The beginning of a line whose end has not come.
    rest: RefCell<Vec<u8>>,
}

impl Capture {
    /// Makes a pipe; its writing end is for programs.
    pub(super) fn new(source: LogSource) -> io::Result<(Rc<Self>, OwnedFd)> {
        let (reader, writer): (PipeReader, PipeWriter) = io::pipe()?;
        let capture = Self { pipe: fds::watched(reader.into())?, source, rest: RefCell::default() };
        Ok((Rc::new(capture), writer.into()))
    }

    /// Passes on every line until nobody can write any more.
    pub(super) async fn pump(self: Rc<Self>, to: impl Fn(LogSource, &str)) {
        while let Ok(mut ready) = self.pipe.readable().await {
            match self.drain(&to) {
                Ok(true) => ready.clear_ready(),
                Ok(false) | Err(_) => break,
            }
            // A program that never ceases to write must not keep the others waiting.
            tokio::task::yield_now().await;
        }
        self.flush(&to);
    }

    /// Passes on what is there now, so that what happens next is told after it; `false` at the end.
    pub(super) fn drain(&self, to: &impl Fn(LogSource, &str)) -> io::Result<bool> {
        let mut buffer = vec![0; 64 * 1024];
        // As much as a pipe may hold, not more: whoever fills it meanwhile is not waited for.
        for _ in 0..16 {
            match nix::unistd::read(self.pipe.as_fd(), &mut buffer) {
                Ok(0) => return Ok(false),
                Ok(n) => self.take(&buffer[..n], to),
                Err(nix::errno::Errno::EAGAIN) => return Ok(true),
                Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(true)
    }

    fn take(&self, bytes: &[u8], to: &impl Fn(LogSource, &str)) {
        let mut rest = self.rest.borrow_mut();
        rest.extend_from_slice(bytes);
        let mut begin = 0;
        loop {
            let window = &rest[begin..];
            let Some((line, next)) = cut(window) else { break };
            to(self.source, &shown(line));
            begin += next;
        }
        rest.drain(..begin);
    }

    /// Passes on a line that has no end.
    pub(super) fn flush(&self, to: &impl Fn(LogSource, &str)) {
        let rest = self.rest.take();
        if !rest.is_empty() {
            to(self.source, &shown(&rest));
        }
    }
}

/// The first line of `bytes` and where the next one begins; a line beyond [`LINE_LIMIT`] is cut between characters.
/// `None` when there is no whole one yet.
fn cut(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let window = &bytes[..bytes.len().min(LINE_LIMIT)];
    if let Some(end) = window.iter().position(|&b| b == b'\n') {
        return Some((&window[..end], end + 1));
    }
    if bytes.len() < LINE_LIMIT {
        return None;
    }
    let end = match std::str::from_utf8(window) {
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        _ => LINE_LIMIT,
    };
    Some((&window[..end], end))
}

/// A line as a terminal would show it in the end: what a carriage return wrote over is gone.
fn shown(line: &[u8]) -> std::borrow::Cow<'_, str> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let from = line.iter().rposition(|&b| b == b'\r').map_or(0, |at| at + 1);
    String::from_utf8_lossy(&line[from..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_their_ends_and_at_the_limit() {
        assert_eq!(cut(b"one\ntwo"), Some((&b"one"[..], 4)));
        assert_eq!(cut(b"two"), None);
        let long = vec![b'x'; LINE_LIMIT + 1];
        assert_eq!(cut(&long), Some((&long[..LINE_LIMIT], LINE_LIMIT)));
        let wide = format!("x{}", "ä".repeat(LINE_LIMIT));
        let (line, next) = cut(wide.as_bytes()).expect("a piece");
        assert_eq!((line.len(), next), (LINE_LIMIT - 1, LINE_LIMIT - 1));
    }

    #[test]
    fn what_a_carriage_return_wrote_over_is_gone() {
        assert_eq!(shown(b"10%\r50%\r100%\r"), "100%");
        assert_eq!(shown(b"\xff\r"), "\u{fffd}");
        assert_eq!(shown(b"a\xffb"), "a\u{fffd}b");
    }
}
