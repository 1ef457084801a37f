//! Logs on disk: append-only segments, read by absolute offsets.
//!
//! A log is a folder. Each segment is a file named after the offset of its first byte; a record is one line,
//! `MILLIS SOURCE BYTES`, so an offset is a position in the bytes ever written, whatever was dropped since.
//! The file `complete` says that nothing will follow. One process writes a log; any number read it.

mod reader;
mod record;
mod segments;
mod writer;

pub use reader::{CHUNK_BYTES, read, records};
pub use record::{LINE_LIMIT, encode, encode_bytes, encode_line, encoded_len};
pub use writer::{Limits, LogWriter, Usable};
