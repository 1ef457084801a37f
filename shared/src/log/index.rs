//! Rows: what stands on one line when a log is read, whatever pieces it came in.

use crate::{
    api::{LogChunk, LogIndex, LogLine, LogMark, LogSource},
    time::Timestamp,
};

/// How many rows a block of an index has at least before the next one begins, unless it has [`BLOCK_BYTES`].
pub const BLOCK_ROWS: u64 = 1000;

/// How many bytes of the log a block of an index has at least before the next one begins, unless it has [`BLOCK_ROWS`].
pub const BLOCK_BYTES: u64 = 64 * 1024;

/// The most text in one row, bytes: what goes on beyond begins another.
const ROW_BYTES: usize = 64 * 1024;

/// One row of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where its first piece begins in the log.
    pub offset: u64,
    /// When that was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub source: LogSource,
    /// What was written, control characters included; see [`crate::log::spans`].
    pub text: String,
}

/// Tells which pieces are one row: those that one source wrote one after the other without a line end.
#[derive(Clone, Debug, Default)]
pub struct RowJoiner {
    open: Option<(LogSource, usize)>,
}

impl RowJoiner {
    /// Whether `line`, the next one, goes on with the row before it.
    pub fn joins(&mut self, line: &LogLine) -> bool {
        let before = self.open.filter(|(source, bytes)| *source == line.source && *bytes < ROW_BYTES);
        let bytes = before.map_or(0, |(_, bytes)| bytes) + line.text.len();
        self.open = line.open.then_some((line.source, bytes));
        before.is_some()
    }

    /// Whether the next piece may go on with the last row.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

/// Makes the index of a log from its pieces, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Indexer {
    index: LogIndex,
    joiner: RowJoiner,
}

impl Indexer {
    /// The index so far.
    #[must_use]
    pub fn index(&self) -> &LogIndex {
        &self.index
    }

    /// Adds the next piece.
    pub fn add(&mut self, chunk: &LogChunk) {
        let index = &mut self.index;
        let full = index.marks.last().is_none_or(|mark| {
            chunk.offset.saturating_sub(mark.offset) >= BLOCK_BYTES || index.rows - mark.row >= BLOCK_ROWS
        });
        if full && !chunk.lines.is_empty() {
            index.marks.push(LogMark { offset: chunk.offset, row: index.rows });
            self.joiner = RowJoiner::default();
        }
        for line in &chunk.lines {
            index.rows += u64::from(!self.joiner.joins(line));
        }
        index.next_offset = chunk.next_offset;
        index.complete = chunk.complete;
    }
}

/// How many bytes of the log a line takes: its record in the files of a log.
#[must_use]
pub fn record_bytes(line: &LogLine) -> u64 {
    let digits = line.at.0.unsigned_abs().checked_ilog10().unwrap_or(0) + 1 + u32::from(line.at.0 < 0);
    u64::from(digits) + 4 + line.bytes().len() as u64
}

/// Appends the lines of a piece to rows.
pub fn rows(chunk: &LogChunk, joiner: &mut RowJoiner, to: &mut Vec<Row>) {
    let mut offset = chunk.offset;
    for line in &chunk.lines {
        let joins = joiner.joins(line);
        match to.last_mut().filter(|_| joins) {
            Some(row) => row.text.push_str(&line.text),
            None => to.push(Row { offset, at: line.at, source: line.source, text: line.text.clone() }),
        }
        offset += record_bytes(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(source: LogSource, text: &str, open: bool) -> LogLine {
        LogLine { open, ..LogLine::new(Timestamp(10), source, text) }
    }

    fn texts(lines: Vec<LogLine>) -> Vec<(u64, String)> {
        let mut found = Vec::new();
        let chunk = LogChunk { offset: 100, next_offset: 0, complete: false, lines };
        rows(&chunk, &mut RowJoiner::default(), &mut found);
        found.into_iter().map(|row| (row.offset, row.text)).collect()
    }

    #[test]
    fn pieces_of_a_line_are_one_row() {
        use LogSource::{Stderr, Stdout};
        let found = texts(vec![
            piece(Stdout, "one", false),
            piece(Stdout, "t", true),
            piece(Stdout, "w", true),
            piece(Stdout, "o", false),
            piece(Stdout, "three", true),
            piece(Stderr, "oops", false),
            piece(Stdout, "four", false),
        ]);
        let expected = [(100, "one"), (109, "two"), (130, "three"), (141, "oops"), (151, "four")]
            .map(|(at, text)| (at, text.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn blocks_are_counted_as_they_are_read_alone() {
        let mut indexer = Indexer::default();
        let (mut offset, mut chunks) = (7, Vec::new());
        for n in 0_u64..400 {
            let lines: Vec<_> =
                (0..17).map(|i| piece(LogSource::Stdout, &"x".repeat(20), (n + i) % 5 == 0)).collect();
            let next_offset = offset + lines.iter().map(record_bytes).sum::<u64>();
            let chunk = LogChunk { offset, next_offset, complete: n == 399, lines };
            indexer.add(&chunk);
            chunks.push(chunk);
            offset = next_offset;
        }
        let index = indexer.index();
        assert_eq!((index.next_offset, index.complete, index.marks[0].offset), (offset, true, 7));
        assert!(index.marks.len() > 3, "{}", index.marks.len());
        for (n, mark) in index.marks.iter().enumerate() {
            let next = index.marks.get(n + 1).copied();
            let end = next.unwrap_or(LogMark { offset: index.next_offset, row: index.rows });
            let (mut joiner, mut found) = (RowJoiner::default(), Vec::new());
            for chunk in chunks.iter().filter(|c| (mark.offset..end.offset).contains(&c.offset)) {
                rows(chunk, &mut joiner, &mut found);
            }
            assert_eq!(found.len() as u64, end.row - mark.row);
            assert_eq!(found[0].offset, mark.offset);
        }
    }

    #[test]
    fn a_row_has_an_end_even_where_a_line_has_none() {
        let piece = piece(LogSource::Stdout, &"x".repeat(ROW_BYTES / 2), true);
        assert_eq!(texts(vec![piece; 5]).len(), 3);
    }
}
