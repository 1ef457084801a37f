//! What the page has of a log: where its rows are, and those that are or were seen.

use berth_texts::t;
use std::ops::Range;

use berth_shared::{
    api::{LogChunk, LogIndex, LogMark, LogSource},
    log::{self, BLOCK_BYTES, BLOCK_ROWS, Row, RowJoiner},
    time::Timestamp,
};

/// How many blocks the page holds besides the last one: a few megabytes.
pub const KEPT_BLOCKS: usize = 48;

/// A log in blocks of rows; the last one grows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogBook {
    blocks: Vec<Block>,
    rows: u64,
    next_offset: u64,
    complete: bool,
    answered: bool,
    joiner: Joiner,
    /// Counts uses of blocks, to know the oldest.
    uses: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Block {
    mark: LogMark,
    /// Its rows, while the page has them.
    rows: Option<Vec<Row>>,
    used: u64,
}

/// A [`RowJoiner`] that all books compare equal in.
#[derive(Clone, Debug, Default)]
struct Joiner(RowJoiner);

impl PartialEq for Joiner {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A block that the page has not, as the server is asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its number.
    pub block: usize,
    /// Where it begins in the log.
    pub offset: u64,
    /// Where the next one begins.
    pub end: u64,
    /// How many rows it has.
    pub rows: u64,
}

/// Where a place of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this row.
    Row(u64),
    /// In a block that the page has not.
    Missing(Missing),
}

impl LogBook {
    /// Begins with what the server has.
    pub fn begin(&mut self, index: &LogIndex) {
        let blocks = index.marks.iter().map(|mark| Block { mark: *mark, rows: None, used: 0 });
        *self = Self {
            blocks: blocks.collect(),
            rows: index.rows,
            next_offset: index.next_offset,
            complete: index.complete,
            answered: true,
            ..Self::default()
        };
    }

    /// Appends a piece.
    pub fn append(&mut self, chunk: &LogChunk) {
        self.answered = true;
        self.next_offset = chunk.next_offset;
        self.complete = chunk.complete;
        if chunk.lines.is_empty() {
            return;
        }
        let begin = self.rows;
        let full = self.blocks.last().is_none_or(|block| {
            block.rows.is_none()
                || chunk.offset.saturating_sub(block.mark.offset) >= BLOCK_BYTES
                || begin - block.mark.row >= BLOCK_ROWS
        });
        if full {
            let mark = LogMark { offset: chunk.offset, row: begin };
            self.blocks.push(Block { mark, rows: Some(Vec::new()), used: 0 });
            self.joiner = Joiner::default();
            self.forget();
        }
        self.uses += 1;
        if let Some(block) = self.blocks.last_mut()
            && let Some(rows) = &mut block.rows
        {
            log::rows(chunk, &mut self.joiner.0, rows);
            block.used = self.uses;
            self.rows = block.mark.row + rows.len() as u64;
        }
    }

    /// Takes in the rows of a block that was missing. Where the server has fewer now, what is gone is said in their place.
    pub fn fill(&mut self, missing: Missing, mut rows: Vec<Row>) {
        let count = usize::try_from(missing.rows).unwrap_or(usize::MAX);
        rows.truncate(count);
        let gone = count - rows.len();
        if gone > 0 {
            let row = |_| Row {
                offset: missing.offset,
                at: rows.first().map_or(Timestamp(0), |row| row.at),
                source: LogSource::System,
                text: t!("this line is no longer kept").to_owned(),
            };
            rows = (0..gone).map(row).chain(rows.clone()).collect();
        }
        self.uses += 1;
        let used = self.uses;
        let block = self.blocks.get_mut(missing.block).filter(|block| block.mark.offset == missing.offset);
        if let Some(block) = block.filter(|block| block.rows.is_none()) {
            block.rows = Some(rows);
            block.used = used;
        }
        self.forget();
    }

    /// Drops the rows of blocks that were seen longest ago.
    fn forget(&mut self) {
        let Some((_, past)) = self.blocks.split_last_mut() else { return };
        let held = past.iter().filter(|block| block.rows.is_some()).count();
        if held <= KEPT_BLOCKS {
            return;
        }
        let mut uses: Vec<u64> =
            past.iter().filter(|block| block.rows.is_some()).map(|block| block.used).collect();
        uses.sort_unstable();
        let oldest = uses[held - KEPT_BLOCKS - 1];
        for block in past.iter_mut().filter(|block| block.used <= oldest) {
            block.rows = None;
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Where to ask for more.
    #[must_use]
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// How many bytes were written before the first row and are no longer kept.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.blocks.first().map_or(0, |block| block.mark.offset)
    }

    /// Whether nothing will follow.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether the server has said anything about this log yet.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answered
    }

    /// The row of this number, while the page has it.
    #[must_use]
    pub fn row(&self, number: u64) -> Option<&Row> {
        let block = &self.blocks[self.block_of(number)?];
        block.rows.as_ref()?.get(usize::try_from(number - block.mark.row).ok()?)
    }

    /// Blocks of these rows that the page has not; those that it has count as used.
    pub fn missing(&mut self, range: Range<u64>) -> Vec<Missing> {
        if range.is_empty() {
            return Vec::new();
        }
        let (Some(first), Some(last)) = (self.block_of(range.start), self.block_of(range.end - 1)) else {
            return Vec::new();
        };
        self.uses += 1;
        let mut missing = Vec::new();
        for number in first..=last {
            if self.blocks[number].rows.is_some() {
                self.blocks[number].used = self.uses;
            } else {
                missing.push(self.as_missing(number));
            }
        }
        missing
    }

    /// Where the row is that begins at, or has in it, this offset; the first one when it is before it. `None` while there
    /// is none.
    #[must_use]
    pub fn place(&self, offset: u64) -> Option<Place> {
        let number = self.blocks.partition_point(|block| block.mark.offset <= offset).saturating_sub(1);
        let block = self.blocks.get(number)?;
        let Some(rows) = &block.rows else { return Some(Place::Missing(self.as_missing(number))) };
        let within = rows.partition_point(|row| row.offset <= offset).saturating_sub(1);
        Some(Place::Row(block.mark.row + within as u64))
    }

    /// The last `count` rows, oldest first, as far as the page has them.
    pub fn last(&self, count: u64) -> impl Iterator<Item = &Row> {
        (self.rows.saturating_sub(count)..self.rows).filter_map(|number| self.row(number))
    }

    fn block_of(&self, number: u64) -> Option<usize> {
        if number >= self.rows {
            return None;
        }
        self.blocks.partition_point(|block| block.mark.row <= number).checked_sub(1)
    }

    fn as_missing(&self, number: usize) -> Missing {
        let mark = self.blocks[number].mark;
        let next = self.blocks.get(number + 1).map(|block| block.mark);
        let end = next.unwrap_or(LogMark { offset: self.next_offset, row: self.rows });
        Missing { block: number, offset: mark.offset, end: end.offset, rows: end.row - mark.row }
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{api::LogLine, log::record_bytes};

    use super::*;

    fn chunk(offset: u64, first: u64, lines: u64) -> LogChunk {
        let line = |n| LogLine::new(Timestamp(1000), LogSource::Stdout, format!("line {n}"));
        let lines: Vec<_> = (first..first + lines).map(line).collect();
        let next_offset = offset + lines.iter().map(record_bytes).sum::<u64>();
        LogChunk { offset, next_offset, complete: false, lines }
    }

    fn text(book: &LogBook, row: u64) -> Option<&str> {
        book.row(row).map(|row| row.text.as_str())
    }

    /// A book of so many lines that came live, in pieces of a hundred.
    fn live(pieces: u64) -> (LogBook, Vec<LogChunk>) {
        let (mut book, mut offset, mut chunks) = (LogBook::default(), 0, Vec::new());
        for n in 0..pieces {
            let chunk = chunk(offset, n * 100, 100);
            offset = chunk.next_offset;
            book.append(&chunk);
            chunks.push(chunk);
        }
        (book, chunks)
    }

    #[test]
    fn rows_are_found_by_number_and_by_offset() {
        let (book, chunks) = live(35);
        assert_eq!(book.rows(), 3500);
        assert_eq!(text(&book, 0), Some("line 0"));
        assert_eq!(text(&book, 3499), Some("line 3499"));
        assert_eq!(text(&book, 3500), None);
        assert_eq!(book.place(chunks[20].offset), Some(Place::Row(2000)));
        assert_eq!(book.place(chunks[20].offset + 3), Some(Place::Row(2000)));
        assert_eq!(book.place(u64::MAX), Some(Place::Row(3499)));
        assert_eq!(book.last(2).map(|row| row.text.as_str()).collect::<Vec<_>>(), ["line 3498", "line 3499"]);
        assert_eq!(LogBook::default().place(0), None);
    }

    #[test]
    fn what_the_server_has_is_loaded_block_by_block() {
        let index = LogIndex {
            next_offset: 900,
            complete: false,
            rows: 25,
            marks: vec![LogMark { offset: 100, row: 0 }, LogMark { offset: 500, row: 10 }],
        };
        let mut book = LogBook::default();
        book.begin(&index);
        assert!(book.is_answered());
        assert_eq!((book.rows(), book.dropped(), book.next_offset()), (25, 100, 900));
        let second = Missing { block: 1, offset: 500, end: 900, rows: 15 };
        assert_eq!(book.missing(12..14), [second]);
        assert_eq!(book.place(600), Some(Place::Missing(second)));
        assert_eq!(book.missing(8..14).len(), 2);
        let mut rows = Vec::new();
        log::rows(&chunk(500, 10, 20), &mut RowJoiner::default(), &mut rows);
        book.fill(second, rows);
        assert_eq!(text(&book, 24), Some("line 24"));
        assert_eq!(book.row(9), None);
        // What follows begins a block of its own.
        book.append(&chunk(900, 25, 1));
        assert_eq!((book.rows(), text(&book, 25)), (26, Some("line 25")));
        assert_eq!(text(&book, 24), Some("line 24"));
    }

    #[test]
    fn what_the_server_dropped_meanwhile_is_said() {
        let index = LogIndex {
            rows: 3,
            next_offset: 100,
            marks: vec![LogMark { offset: 0, row: 0 }],
            complete: true,
        };
        let mut book = LogBook::default();
        book.begin(&index);
        let missing = book.missing(0..3)[0];
        let mut rows = Vec::new();
        log::rows(&chunk(60, 2, 1), &mut RowJoiner::default(), &mut rows);
        book.fill(missing, rows);
        assert_eq!(text(&book, 0), Some("this line is no longer kept"));
        assert_eq!(text(&book, 2), Some("line 2"));
    }

    #[test]
    fn a_long_log_is_not_held_as_a_whole() {
        let (mut book, _) = live(10 * KEPT_BLOCKS as u64 + 100);
        let rows = book.rows();
        assert_eq!(text(&book, 0), None);
        assert!(book.row(rows - 1).is_some());
        let missing = book.missing(0..1)[0];
        assert_eq!((missing.offset, missing.rows), (0, 1000));
        let held = (0..rows).filter(|row| book.row(*row).is_some()).count() as u64;
        assert!(held <= (KEPT_BLOCKS as u64 + 1) * 1000, "{held}");
    }

    #[test]
    fn a_progress_bar_is_one_row_that_grows() {
        let mut book = LogBook::default();
        let mut offset = 0;
        for text in ["10%", "\r20%", "\r30%"] {
            let lines = vec![LogLine { open: true, ..LogLine::new(Timestamp(5), LogSource::Stderr, text) }];
            let next_offset = offset + record_bytes(&lines[0]);
            book.append(&LogChunk { offset, next_offset, complete: false, lines });
            offset = next_offset;
        }
        assert_eq!((book.rows(), text(&book, 0)), (1, Some("10%\r20%\r30%")));
    }
}
