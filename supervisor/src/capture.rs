//! What programs write to a pipe, as lines of the log, to the byte.

use std::{
    cell::{Cell, RefCell},
    io::{self, PipeReader, PipeWriter},
    os::fd::{AsFd, OwnedFd},
    rc::Rc,
    time::Duration,
};

use berth_shared::api::LogSource;
use tokio::{
    io::unix::AsyncFd,
    time::{Instant, timeout_at},
};

use super::fds;
use crate::logs::LINE_LIMIT;

/// How long the beginning of a line waits for its end before it is passed on without: a question or a progress bar may
/// never have one.
const PATIENCE: Duration = Duration::from_secs(1);

/// The reading end of a pipe whose lines go to a log.
pub(super) struct Capture {
    pipe: AsyncFd<OwnedFd>,
    source: LogSource,
    /// The beginning of a line whose end has not come.
    rest: RefCell<Vec<u8>>,
    /// When that is passed on as it is, while there is some.
    due: Cell<Option<Instant>>,
}

/// What a pipe still holds.
enum Left {
    /// Nothing now.
    Nothing,
    /// Something, it may be.
    Perhaps,
    /// Nothing ever again.
    End,
}

impl Capture {
    /// Makes a pipe; its writing end is for programs.
    pub(super) fn new(source: LogSource) -> io::Result<(Rc<Self>, OwnedFd)> {
        let (reader, writer): (PipeReader, PipeWriter) = io::pipe()?;
        let pipe = fds::watched(reader.into())?;
        let capture = Self { pipe, source, rest: RefCell::default(), due: Cell::default() };
        Ok((Rc::new(capture), writer.into()))
    }

    /// Passes on every line, without its end, and whether none followed; until nobody can write any more.
    pub(super) async fn pump(self: Rc<Self>, to: impl Fn(LogSource, &[u8], bool)) {
        loop {
            let ready = match self.due.get() {
                None => self.pipe.readable().await,
                Some(due) => match timeout_at(due, self.pipe.readable()).await {
                    Ok(ready) => ready,
                    Err(_) => {
                        self.part(&to);
                        continue;
                    }
                },
            };
            let Ok(mut ready) = ready else { break };
            // Little at a time: a disk that is slow holds up every line, and what others ask for comes in between.
            match self.read(&to, 1) {
                Ok(Left::Nothing) => ready.clear_ready(),
                Ok(Left::Perhaps) => ready.retain_ready(),
                Ok(Left::End) | Err(_) => break,
            }
            // Who writes again and again without a line end is never waited for long enough.
            if self.due.get().is_some_and(|due| due <= Instant::now()) {
                self.part(&to);
            }
            // A program that never ceases to write must not keep the others waiting.
            tokio::task::yield_now().await;
        }
        self.flush(&to);
    }

    /// Passes on what is there now, so that what happens next is told after it; `false` at the end.
    pub(super) fn drain(&self, to: &impl Fn(LogSource, &[u8], bool)) -> io::Result<bool> {
        // As much as a pipe may hold, not more: whoever fills it meanwhile is not waited for.
        Ok(!matches!(self.read(to, 16)?, Left::End))
    }

    /// Passes on what this many reads bring.
    fn read(&self, to: &impl Fn(LogSource, &[u8], bool), reads: usize) -> io::Result<Left> {
        let mut buffer = vec![0; 64 * 1024];
        for _ in 0..reads {
            match nix::unistd::read(self.pipe.as_fd(), &mut buffer) {
                Ok(0) => return Ok(Left::End),
                Ok(n) => self.take(&buffer[..n], to),
                Err(nix::errno::Errno::EAGAIN) => return Ok(Left::Nothing),
                Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(Left::Perhaps)
    }

    fn take(&self, bytes: &[u8], to: &impl Fn(LogSource, &[u8], bool)) {
        let mut rest = self.rest.borrow_mut();
        let begun = split(&mut rest, bytes, |line, open| to(self.source, line, open));
        if rest.is_empty() {
            self.due.set(None);
        } else if begun || self.due.get().is_none() {
            self.due.set(Some(Instant::now() + PATIENCE));
        }
    }

    /// Passes on the beginning of a line that has waited long enough, up to its last whole character.
    fn part(&self, to: &impl Fn(LogSource, &[u8], bool)) {
        let mut rest = self.rest.borrow_mut();
        let end = whole(&rest);
        if end > 0 {
            to(self.source, &rest[..end], true);
            rest.drain(..end);
        }
        self.due.set((!rest.is_empty()).then(|| Instant::now() + PATIENCE));
    }

    /// Passes on a line that has no end.
    pub(super) fn flush(&self, to: &impl Fn(LogSource, &[u8], bool)) {
        self.due.set(None);
        let rest = self.rest.take();
        if !rest.is_empty() {
            to(self.source, &rest, true);
        }
    }
}

/// Passes on all lines of what is left from before and of what came, each with whether no line end followed; keeps the
/// beginning of the next one. Says whether what is kept began just now.
fn split(rest: &mut Vec<u8>, bytes: &[u8], mut to: impl FnMut(&[u8], bool)) -> bool {
    rest.extend_from_slice(bytes);
    let mut begin = 0;
    while let Some((line, next)) = cut(&rest[begin..]) {
        to(line, next == line.len());
        begin += next;
    }
    rest.drain(..begin);
    begin > 0
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
    let end = match whole(window) {
        0 => LINE_LIMIT,
        end => end,
    };
    Some((&window[..end], end))
}

/// Where the character begins that `bytes` end within; their length where they end with a whole one, or with none.
fn whole(bytes: &[u8]) -> usize {
    // A character has four bytes at most.
    let from = bytes.len().saturating_sub(4);
    let Some(last) = bytes[from..].iter().rposition(|&b| b & 0b1100_0000 != 0b1000_0000) else {
        return bytes.len();
    };
    match std::str::from_utf8(&bytes[from + last..]) {
        Err(error) if error.error_len().is_none() => from + last,
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn a_part_ends_with_a_whole_character_where_there_is_one() {
        for (bytes, end) in [
            (&b""[..], 0),
            (b"abc", 3),
            ("aä".as_bytes(), 3),
            (&"aä".as_bytes()[..2], 1),
            (&"a漢".as_bytes()[..3], 1),
            (b"a\xff", 2),
            (b"\x80\x80\x80\x80\x80", 5),
        ] {
            assert_eq!(whole(bytes), end, "{bytes:?}");
        }
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let letter = prop_oneof![4 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'\r'), 1 => Just(0xc3)];
        prop_oneof![
            4 => prop::collection::vec(letter, 0..200),
            1 => (any::<u8>(), 0..3 * LINE_LIMIT).prop_map(|(byte, length)| vec![byte; length]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever is written in whatever pieces, and whenever the beginning of a line is passed on without its end: what
        /// the log gives back is what was written.
        #[test]
        fn what_is_written_comes_back_to_the_byte(chunks in prop::collection::vec((bytes(), any::<bool>()), 0..12)) {
            let log = RefCell::new(Vec::new());
            let to = |line: &[u8], open: bool| {
                assert!(line.len() <= LINE_LIMIT && !line.contains(&b'\n'));
                crate::logs::encode_bytes(berth_shared::time::Timestamp(5), LogSource::Stdout, line, open, &mut log.borrow_mut());
            };
            let mut rest = Vec::new();
            let mut written = Vec::new();
            for (bytes, part) in &chunks {
                written.extend_from_slice(bytes);
                split(&mut rest, bytes, to);
                if *part {
                    let end = whole(&rest);
                    if end > 0 {
                        to(&rest[..end], true);
                        rest.drain(..end);
                    }
                }
            }
            if !rest.is_empty() {
                to(&rest, true);
            }
            let log = log.into_inner();
            let (mut read, mut within) = (Vec::new(), 0);
            while let Some(chunk) = crate::logs::records(&log, 0, within, 1) {
                within = chunk.next_offset as usize;
                chunk.lines.iter().for_each(|line| line.write_to(&mut read));
            }
            prop_assert_eq!(read, written);
        }
    }
}
