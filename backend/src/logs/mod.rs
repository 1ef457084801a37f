//! Logs on disk: append-only segments, read by absolute offsets.
//!
//! A log is a folder. Each segment is a file named after the offset of its first byte; a record is one line,
//! `MILLIS SOURCE TEXT`, so an offset is a position in the bytes ever written, whatever was dropped since.
//! The file `complete` says that nothing will follow. One process writes a log; any number read it.

mod archive;
mod database;
mod reader;
mod record;
mod segments;
mod writer;

pub use archive::FileLogArchive;
pub use database::DatabaseLogArchive;
pub use reader::{CHUNK_BYTES, read};
pub use record::LINE_LIMIT;
pub(crate) use record::encoded_len;
pub use writer::{Limits, LogWriter, Usable};
