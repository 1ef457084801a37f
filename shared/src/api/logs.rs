//! Logs.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A piece of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub source: LogSource,
    /// The line without its end; bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// Who wrote a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
