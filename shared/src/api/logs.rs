//! Logs.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{json::FromJson, time::Timestamp};

/// A piece of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogChunk {
    /// Where the piece begins; lines before the first one kept are gone for good.
    pub offset: u64,
    /// Where the next piece begins: ask for this to go on.
    pub next_offset: u64,
    /// Whether nothing will follow.
    pub complete: bool,
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
}

/// One line of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub source: LogSource,
    /// The line without its end; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// The line to the byte, in base64, where `text` is not: it holds bytes that are not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Whether no line end followed: what its source wrote next goes on with it. Long lines come in such pieces, and so
    /// does what stands without an end for a while, such as a question or a progress bar.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}

impl LogLine {
    /// A line of text, with its end.
    #[must_use]
    pub fn new(at: Timestamp, source: LogSource, text: impl Into<String>) -> Self {
        Self { at, source, text: text.into(), raw: None, open: false }
    }

    /// A line of any bytes but line ends; `open` where no line end followed.
    #[must_use]
    pub fn of_bytes(at: Timestamp, source: LogSource, bytes: &[u8], open: bool) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { open, ..Self::new(at, source, text) },
            Err(_) => {
                let text = String::from_utf8_lossy(bytes);
                Self { open, raw: Some(STANDARD.encode(bytes)), ..Self::new(at, source, text) }
            }
        }
    }

    /// The line to the byte, without its end.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        let raw = self.raw.as_ref().and_then(|raw| STANDARD.decode(raw).ok());
        raw.map_or(Cow::Borrowed(self.text.as_bytes()), Cow::Owned)
    }

    /// Appends what was written: the bytes, and the line end where there was one.
    pub fn write_to(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.bytes());
        if !self.open {
            to.push(b'\n');
        }
    }
}

/// A run's log in blocks of rows, to go to any place of it. A row is what one source wrote up to a line end; one that
/// crosses into another block is a row there, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogIndex {
    /// Where the log ends: follow it from here.
    pub next_offset: u64,
    /// Whether nothing will follow.
    pub complete: bool,
    /// How many rows there are.
    pub rows: u64,
    /// The beginnings of blocks, in order; each has about 64 KiB or 1000 rows. What was written before the first is gone
    /// for good.
    pub marks: Vec<LogMark>,
}

/// The beginning of a block of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogMark {
    /// Where it is in the log.
    pub offset: u64,
    /// Number of its first row, from 0.
    pub row: u64,
}

/// Rows of a log that have a text in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogHits {
    /// Them, oldest first.
    pub hits: Vec<LogHit>,
    /// Ask for this to go on; `None` at the end of the log.
    pub next: Option<u64>,
    /// Up to where the log was looked through.
    pub searched: u64,
}

/// A row of a log that has a text in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogHit {
    /// Where the row begins in the log.
    pub offset: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub source: LogSource,
    /// What it shows, without control characters; its first 500 characters.
    pub text: String,
}

/// Who wrote a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogSource {
    /// A command's standard output.
    Stdout,
    /// A command's standard error.
    Stderr,
    /// Berth itself: which command begins, how it ended, what was lost.
    System,
}
