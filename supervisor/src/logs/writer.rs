//! Writing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use berth_shared::{
    api::{LogChunk, LogSource},
    time::Timestamp,
};

use super::{record, segments};

/// How much of a log is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Size at which a new segment is begun, bytes.
    pub segment_bytes: u64,
    /// Size above which the oldest segment is dropped, bytes.
    pub total_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { segment_bytes: 8 << 20, total_bytes: 64 << 20 }
    }
}

/// Where bytes end up: a real file, or one without room in tests.
pub trait Usable: Write + Seek {
    /// Cuts it to `len` bytes.
    ///
    /// # Errors
    /// When that cannot be done.
    fn cut(&mut self, len: u64) -> io::Result<()>;
}

impl Usable for File {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

type OpenSegment = fn(&Path) -> io::Result<Box<dyn Usable + Send>>;

/// Writes a log. A line that cannot be written (the disk is full) is counted, never waited for; a line of our own
/// tells of it as soon as there is room again.
pub struct LogWriter {
    dir: PathBuf,
    limits: Limits,
    open: OpenSegment,
    file: Option<Box<dyn Usable + Send>>,
    /// Offset at which the current segment begins.
    start: u64,
    /// Bytes of it that are whole records.
    len: u64,
    lost: u64,
    why: String,
    buffer: Vec<u8>,
}

impl LogWriter {
    /// Opens the log in the folder `dir`, which is made when it is not there; goes on where it ended.
    ///
    /// # Errors
    /// When the folder cannot be made or read, or its newest segment not be mended.
    pub fn open(dir: &Path, limits: Limits) -> io::Result<Self> {
        Self::with(dir, limits, open_file)
    }

    fn with(dir: &Path, limits: Limits, open: OpenSegment) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let (start, len) = match segments::list(dir)?.pop() {
            None => (0, 0),
            Some(last) => {
                let bytes = fs::read(&last.path)?;
                let whole = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at as u64 + 1);
                if whole < last.len {
                    OpenOptions::new().write(true).open(&last.path)?.set_len(whole)?;
                }
                (last.start, whole)
            }
        };
        let dir = dir.to_owned();
        Ok(Self {
            dir,
            limits,
            open,
            file: None,
            start,
            len,
            lost: 0,
            why: String::new(),
            buffer: Vec::new(),
        })
    }

    /// The offset at which the next record begins.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start + self.len
    }

    /// Writes a line. Never fails: a line without room is lost and counted.
    pub fn append(&mut self, at: Timestamp, source: LogSource, text: &str) {
        self.buffer.clear();
        self.note_lost(at);
        record::encode(at, source, text, &mut self.buffer);
        self.write_or_count();
    }

    /// Writes what a program wrote, without its line end; `open` where none followed. Never fails, as
    /// [`LogWriter::append`].
    pub fn append_bytes(&mut self, at: Timestamp, source: LogSource, bytes: &[u8], open: bool) {
        self.buffer.clear();
        self.note_lost(at);
        record::encode_bytes(at, source, bytes, open, &mut self.buffer);
        self.write_or_count();
    }

    fn write_or_count(&mut self) {
        match self.flush_buffer() {
            Ok(()) => self.lost = 0,
            Err(error) => {
                self.lost += 1;
                self.why = plain(&error);
            }
        }
    }

    /// Tells of lines that were lost, as soon as there is room again and even when no further line comes. Says whether
    /// there was something to tell and it is written.
    pub fn tell_lost(&mut self, at: Timestamp) -> bool {
        self.buffer.clear();
        self.note_lost(at);
        let told = !self.buffer.is_empty() && self.flush_buffer().is_ok();
        if told {
            self.lost = 0;
        }
        told
    }

    fn note_lost(&mut self, at: Timestamp) {
        if self.lost > 0 {
            let lines = if self.lost == 1 { "line was" } else { "lines were" };
            let note = format!("{} {lines} lost: {}", self.lost, self.why);
            record::encode(at, LogSource::System, &note, &mut self.buffer);
        }
    }

    /// Writes a piece of another log of this module at the offsets it had there, so that who reads this one goes on
    /// with the offsets of that one. What is here already is passed over; a gap stays a gap.
    ///
    /// # Errors
    /// When it cannot be written; the same piece may be given again.
    pub fn append_chunk(&mut self, chunk: &LogChunk) -> io::Result<()> {
        if chunk.next_offset <= self.end() {
            return Ok(());
        }
        if chunk.offset != self.end() {
            self.begin_segment(chunk.offset.max(self.end()));
        }
        self.buffer.clear();
        for line in &chunk.lines {
            record::encode_line(line, &mut self.buffer);
        }
        self.flush_buffer()?;
        if self.end() < chunk.next_offset {
            // Something in between was no record: keep the offsets nevertheless.
            self.begin_segment(chunk.next_offset);
        }
        Ok(())
    }

    /// Says that nothing will follow.
    ///
    /// # Errors
    /// When the mark cannot be written.
    pub fn complete(&self) -> io::Result<()> {
        open_file(&self.dir.join(segments::COMPLETE)).map(drop)
    }

    fn begin_segment(&mut self, start: u64) {
        self.file = None;
        self.start = start;
        self.len = 0;
    }

    fn flush_buffer(&mut self) -> io::Result<()> {
        if self.len > 0 && self.len + self.buffer.len() as u64 > self.limits.segment_bytes {
            self.begin_segment(self.end());
        }
        if self.file.is_none() {
            self.drop_old()?;
            let mut file = (self.open)(&segments::path(&self.dir, self.start))?;
            file.seek(SeekFrom::Start(self.len))?;
            self.file = Some(file);
        }
        let Some(file) = self.file.as_mut() else { return Ok(()) };
        let written = file.write_all(&self.buffer).and_then(|()| file.flush());
        if let Err(error) = written {
            // No half record stays behind. Where even this fails the next open does it.
            let mended = file.cut(self.len).and_then(|()| file.seek(SeekFrom::Start(self.len)));
            if mended.is_err() {
                self.file = None;
            }
            return Err(error);
        }
        self.len += self.buffer.len() as u64;
        Ok(())
    }

    /// Makes room for a new segment.
    fn drop_old(&self) -> io::Result<()> {
        let old = segments::list(&self.dir)?;
        let mut total: u64 = old.iter().map(|segment| segment.len).sum::<u64>() + self.limits.segment_bytes;
        for segment in old.iter().filter(|segment| segment.start < self.start) {
            if total <= self.limits.total_bytes {
                break;
            }
            fs::remove_file(&segment.path)?;
            total -= segment.len;
        }
        Ok(())
    }
}

fn open_file(path: &Path) -> io::Result<Box<dyn Usable + Send>> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    Ok(Box::new(file))
}

fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "no space left on the disk".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
