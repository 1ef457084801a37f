//! Reading.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use berth_shared::api::LogChunk;

use super::{
    record::{self, LINE_LIMIT},
    segments::{self, Segment},
};

/// How much a chunk holds when nobody says otherwise, bytes.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Room for a record besides its text.
const RECORD_OVERHEAD: usize = 64;

/// A piece of the log in the folder `dir` from the offset `after` on, of about `max` bytes: whole records, and at
/// least one when there is one. Begins at the first record kept when what `after` names was dropped, and is
/// empty at the end. No folder is an empty log.
///
/// # Errors
/// When a file cannot be read.
pub fn read(dir: &Path, after: u64, max: usize) -> io::Result<LogChunk> {
    // Asked first: what is written before it is there is then surely seen.
    let complete = dir.join(segments::COMPLETE).exists();
    let segments = segments::list(dir)?;
    let Some(last) = segments.last() else {
        return Ok(LogChunk { offset: after, next_offset: after, complete, lines: Vec::new() });
    };
    let end = last.end();
    let mut offset = after.max(segments[0].start).min(end);
    for segment in &segments {
        if segment.end() <= offset {
            continue;
        }
        offset = offset.max(segment.start);
        let Some(chunk) = read_segment(segment, offset, max)? else { continue };
        let complete = complete && chunk.next_offset >= end;
        return Ok(LogChunk { complete, ..chunk });
    }
    Ok(LogChunk { offset, next_offset: offset, complete, lines: Vec::new() })
}

/// Records of one segment; `None` when there is no whole one, or the file has been dropped.
fn read_segment(segment: &Segment, offset: u64, max: usize) -> io::Result<Option<LogChunk>> {
    let mut file = match File::open(&segment.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    // One byte earlier, to see whether a record begins here.
    let within = offset - segment.start;
    let before = u64::from(within > 0);
    file.seek(SeekFrom::Start(within - before))?;
    let mut bytes = Vec::new();
    let room = max.max(LINE_LIMIT + RECORD_OVERHEAD) as u64 + before;
    file.take(room).read_to_end(&mut bytes)?;

    let begin = if before == 0 {
        0
    } else {
        match bytes.iter().position(|&b| b == b'\n') {
            Some(at) => at + 1,
            None => return Ok(None),
        }
    };
    let Some(stop) = bytes.iter().rposition(|&b| b == b'\n').map(|at| at + 1) else { return Ok(None) };
    if stop <= begin {
        return Ok(None);
    }
    let lines = bytes[begin..stop - 1].split(|&b| b == b'\n').filter_map(record::decode).collect();
    let origin = offset - before;
    Ok(Some(LogChunk {
        offset: origin + begin as u64,
        next_offset: origin + stop as u64,
        complete: false,
        lines,
    }))
}

/// Records of `bytes`, which begin at the offset `start`, from the byte `within` on; `None` when no whole one begins there.
pub fn records(bytes: &[u8], start: u64, within: usize, max: usize) -> Option<LogChunk> {
    let rest = bytes.get(within.saturating_sub(1)..)?;
    // One byte earlier, to see whether a record begins here.
    let begin = match within {
        0 => 0,
        _ => within - 1 + rest.iter().position(|&b| b == b'\n')? + 1,
    };
    let room = max.max(LINE_LIMIT + RECORD_OVERHEAD);
    let piece = bytes.get(begin..)?;
    let piece = &piece[..piece.len().min(room)];
    let stop = piece.iter().rposition(|&b| b == b'\n')? + 1;
    let lines = piece[..stop - 1].split(|&b| b == b'\n').filter_map(record::decode).collect();
    let offset = start + begin as u64;
    Some(LogChunk { offset, next_offset: offset + stop as u64, complete: false, lines })
}
