//! Logs of runs whose environment is gone, in the form of [`crate::supervisor::logs`].

mod archive;
mod database;

pub use crate::supervisor::logs::{CHUNK_BYTES, LINE_LIMIT, Limits, LogWriter, Usable, encoded_len, read};
pub use archive::FileLogArchive;
pub use database::DatabaseLogArchive;
