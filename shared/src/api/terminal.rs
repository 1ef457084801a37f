//! Terminals: a WebSocket each at `/api/v1/terminals/NAME/ID`, because a byte stream must not wait
//! behind state nor state behind it. Binary frames are the terminal's bytes, both ways; text frames are the
//! messages here.

use serde::{Deserialize, Serialize};

use super::TerminalId;
use crate::{json::FromJson, time::Timestamp};

/// A terminal's size in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TerminalSize {
    /// Columns, 1 to 1000.
    pub cols: u16,
    /// Rows, 1 to 1000.
    pub rows: u16,
}

/// A terminal of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TerminalInfo {
    /// Its identifier.
    pub id: TerminalId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How its shell ended: 0-255, or 128 + signal; `None` while it lives.
    pub exit_code: Option<i32>,
}

/// A text frame from the page of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum TerminalClientMessage {
    /// The page shows it in another size.
    Resize {
        /// The size.
        size: TerminalSize,
    },
    /// The page has shown the output up to here. Once a page has said so, the server stays no more than 256 KiB ahead of it.
    Shown {
        /// Number of the first byte that it has not shown yet.
        offset: u64,
    },
}

/// A text frame from the server to the page of a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TerminalServerMessage {
    /// The first frame: the bytes that follow begin at `offset` of all the terminal ever wrote. When that is
    /// not where the page left off, it clears its screen first.
    Attached {
        /// Byte offset.
        offset: u64,
        /// Bytes before this one have been shown to somebody before: what a program asks of the terminal in them was answered then.
        #[serde(default)]
        seen: u64,
    },
    /// The shell has ended; nothing follows.
    Exited {
        /// 0-255, or 128 + signal.
        exit_code: i32,
    },
    /// The terminal cannot be had.
    Failed {
        /// Why and what to do.
        message: String,
    },
}
