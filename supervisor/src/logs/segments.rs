//! The files of a log.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

const EXTENSION: &str = ".log";

/// Name of the file that says that nothing will follow.
pub(super) const COMPLETE: &str = "complete";

/// One file of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Offset of its first byte.
    pub(super) start: u64,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its length in bytes.
    pub(super) len: u64,
}

impl Segment {
    /// The offset one past its last byte.
    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(self.len)
    }
}

/// The path of the segment that begins at `start`.
pub(super) fn path(dir: &Path, start: u64) -> PathBuf {
    dir.join(format!("{start:020}{EXTENSION}"))
}

/// The segments of a log, in order; none when the folder is not there. A file that is dropped meanwhile is
/// left out.
pub(super) fn list(dir: &Path) -> io::Result<Vec<Segment>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let entry = entry?;
        let start = entry.file_name().to_str().and_then(|n| n.strip_suffix(EXTENSION)?.parse().ok());
        let (Some(start), Ok(metadata)) = (start, entry.metadata()) else { continue };
        segments.push(Segment { start, path: entry.path(), len: metadata.len() });
    }
    segments.sort_by_key(|segment| segment.start);
    Ok(segments)
}
