//! What programs write, as people read it: rows of a log, their colours, and words in them.

mod ansi;
mod index;
mod search;

pub use ansi::{Color, Span, Style, plain, spans};
pub use index::{BLOCK_BYTES, BLOCK_ROWS, Indexer, Row, RowJoiner, record_bytes, rows};
pub use search::Needle;
