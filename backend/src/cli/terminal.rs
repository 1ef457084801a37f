//! Lines on a terminal that are written anew.

use std::io::{self, IsTerminal as _, Write};

/// Columns and rows of a terminal that nobody knows the size of.
const USUAL: (usize, usize) = (80, 24);

/// Columns and rows of the terminal that standard error is, or standard output.
pub(super) fn size() -> (usize, usize) {
    let mut window = nix::pty::Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    for stream in [2, 1] {
        // SAFETY: the structure lives as long as the call, which writes nothing else.
        let asked = unsafe { nix::libc::ioctl(stream, nix::libc::TIOCGWINSZ, &raw mut window) };
        if asked >= 0 && window.ws_col > 0 && window.ws_row > 0 {
            return (window.ws_col.into(), window.ws_row.into());
        }
    }
    USUAL
}

/// Writes a text in the place of the `drawn` lines that were written before it; how many lines it has. Lines are cut
/// at the terminal's width and the text at its height, so that its beginning can be found again.
pub(super) fn redraw(out: &mut dyn Write, text: &str, drawn: usize) -> io::Result<usize> {
    let (columns, rows) = size();
    let mut frame = String::new();
    if drawn > 0 {
        frame.push_str(&format!("\x1b[{drawn}A"));
    }
    let mut lines = 0;
    for line in text.lines().take(rows.saturating_sub(1).max(1)) {
        frame.push_str(&cut(line, columns));
        frame.push_str("\x1b[K\n");
        lines += 1;
    }
    // What stood below, when there were more lines before.
    frame.push_str("\x1b[J");
    out.write_all(frame.as_bytes())?;
    out.flush()?;
    Ok(lines)
}

/// A line that has room.
fn cut(line: &str, columns: usize) -> String {
    if line.chars().count() <= columns {
        return line.to_owned();
    }
    line.chars().take(columns.saturating_sub(1)).chain(['…']).collect()
}

/// The line that says how things go: one that is written anew on a terminal, else a line for each change. On standard
/// error, so that standard output is the program's own.
pub(super) struct StatusLine {
    on_terminal: bool,
    shown: String,
}

impl StatusLine {
    pub(super) fn new() -> Self {
        Self { on_terminal: io::stderr().is_terminal(), shown: String::new() }
    }

    /// Whether it is written anew.
    pub(super) fn on_terminal(&self) -> bool {
        self.on_terminal
    }

    /// Says how things stand now.
    pub(super) fn set(&mut self, text: &str) -> io::Result<()> {
        if self.shown == text {
            return Ok(());
        }
        text.clone_into(&mut self.shown);
        self.draw()
    }

    fn draw(&self) -> io::Result<()> {
        let mut err = io::stderr().lock();
        if self.on_terminal {
            write!(err, "\r{}\x1b[K", cut(&self.shown, size().0.saturating_sub(1)))?;
        } else {
            writeln!(err, "{}", self.shown)?;
        }
        err.flush()
    }

    /// Makes room for other lines on the terminal, which follow.
    pub(super) fn clear(&self) -> io::Result<()> {
        if self.on_terminal && !self.shown.is_empty() {
            let mut err = io::stderr().lock();
            write!(err, "\r\x1b[K")?;
            err.flush()?;
        }
        Ok(())
    }

    /// Comes back below what was written after [`Self::clear`].
    pub(super) fn restore(&self) -> io::Result<()> {
        if self.on_terminal && !self.shown.is_empty() { self.draw() } else { Ok(()) }
    }

    /// Lets the last words stand, and begins a new line.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        if self.on_terminal && !self.shown.is_empty() {
            writeln!(io::stderr().lock())?;
        }
        self.shown.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_text_takes_the_place_of_the_one_before_even_when_it_is_shorter() {
        let mut out = Vec::new();
        let drawn = redraw(&mut out, "one\ntwo\n", 0).unwrap();
        assert_eq!(drawn, 2);
        assert_eq!(redraw(&mut out, "three\n", drawn).unwrap(), 1);
        assert_eq!(String::from_utf8(out).unwrap(), "one\x1b[K\ntwo\x1b[K\n\x1b[J\x1b[2Athree\x1b[K\n\x1b[J");
    }

    #[test]
    fn long_lines_are_cut_so_that_none_breaks() {
        assert_eq!(cut("ünïcode", 7), "ünïcode");
        assert_eq!(cut("ünïcode!", 7), "ünïcod…");
    }
}
