//! A terminal of a simulated machine: says that it is simulated, and echoes.

use berth_shared::{
    api::{TerminalId, TerminalInfo},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// How much of what a terminal wrote is kept, bytes.
const KEPT: usize = 64 * 1024;
/// The longest line that can be typed, bytes.
const LONGEST: usize = 4096;
const PROMPT: &str = "simulated$ ";

/// A terminal with what it wrote last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Terminal {
    pub(super) id: TerminalId,
    opened_at: Timestamp,
    /// The last of what it wrote.
    text: String,
    /// How many bytes were written before `text`.
    dropped: u64,
    line: String,
    exit_code: Option<i32>,
}

impl Terminal {
    pub(super) fn open(id: TerminalId, run_name: &str, handle: &str, now: Timestamp) -> Self {
        let text = format!(
            "This machine is simulated: no program runs on it, and what you type is only echoed.\r\n\
             This is {run_name} on {handle}; `exit` ends this terminal.\r\n{PROMPT}"
        );
        Self { id, opened_at: now, text, dropped: 0, line: String::new(), exit_code: None }
    }

    pub(super) fn info(&self) -> TerminalInfo {
        TerminalInfo { id: self.id, opened_at: self.opened_at, exit_code: self.exit_code }
    }

    pub(super) fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }

    /// Ends its shell, as a hang-up does.
    pub(super) fn hang_up(&mut self) {
        self.exit_code.get_or_insert(129);
    }

    pub(super) fn type_in(&mut self, typed: &str) {
        for key in typed.chars() {
            if self.exit_code.is_some() {
                break;
            }
            match key {
                '\r' | '\n' => self.enter(),
                '\u{4}' if self.line.is_empty() => self.exit(),
                '\u{3}' => {
                    self.line.clear();
                    self.write("^C\r\n");
                    self.write(PROMPT);
                }
                '\u{8}' | '\u{7f}' if self.line.pop().is_some() => self.write("\u{8} \u{8}"),
                key if !key.is_control() && self.line.len() + key.len_utf8() <= LONGEST => {
                    self.line.push(key);
                    self.write(key.encode_utf8(&mut [0; 4]));
                }
                _ => {}
            }
        }
        let over = self.text.len().saturating_sub(KEPT);
        let over = (over..=self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        self.text.drain(..over);
        self.dropped += over as u64;
    }

    fn enter(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.write("\r\n");
        match line.trim() {
            "exit" => return self.exit(),
            "" => {}
            line => {
                let line = format!("(simulated) not run: {line}\r\n");
                self.write(&line);
            }
        }
        self.write(PROMPT);
    }

    fn exit(&mut self) {
        self.write("exit\r\n");
        self.exit_code = Some(0);
    }

    fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// What it wrote from byte number `after` on, and the number of the first byte of that.
    pub(super) fn read(&self, after: Option<u64>) -> (u64, String) {
        let end = self.dropped + self.text.len() as u64;
        let from = after.filter(|at| (self.dropped..=end).contains(at)).unwrap_or(self.dropped);
        let at = usize::try_from(from - self.dropped).unwrap_or(usize::MAX);
        match self.text.get(at..) {
            Some(text) => (from, text.to_owned()),
            None => (self.dropped, self.text.clone()),
        }
    }
}
