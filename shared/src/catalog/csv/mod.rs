//! Offers from CSV, line by line: the project's own columns, or those of a gpuhunt catalogue.
//!
//! Columns are found by their names; those that are not known are passed over. A line that cannot be used is
//! told with its number and left out. What the rows say is held against each other by [`super::check_rows`].

mod columns;
mod gpuhunt;
mod own;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    io::{BufRead, BufReader, Read},
};

use self::columns::{Fields, Header};
pub use self::gpuhunt::backend_name;
use super::Row;

/// How many lines that cannot be used are kept to be shown.
pub const SHOWN: usize = 12;
/// More rows than this are not a catalogue.
pub const MAX_ROWS: usize = 1_000_000;
/// The longest name of anything, bytes.
const MAX_NAME: usize = 200;

/// What a file does not say itself.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Its name, for messages.
    pub file: &'a str,
    /// The backend of its rows, for files without such a column.
    pub backend: Option<&'a str>,
    /// Who published the prices, for rows that do not say so.
    pub source: &'a str,
    /// Their date, `YYYY-MM-DD`, for rows that have none.
    pub as_of: Option<&'a str>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffersRead {
    /// The rows, in their order.
    pub rows: Vec<Row>,
    /// The first of the lines that cannot be used, at most [`SHOWN`].
    pub bad: Vec<BadLine>,
    /// How many there are.
    pub bad_total: usize,
    /// Rows that ask for a feature which their readers must know of (gpuhunt's `flags`).
    pub flagged: usize,
}

impl OffersRead {
    /// Takes in what another file has.
    pub fn append(&mut self, mut other: Self) {
        self.rows.append(&mut other.rows);
        self.bad.append(&mut other.bad);
        self.bad.truncate(SHOWN);
        self.bad_total += other.bad_total;
        self.flagged += other.flagged;
    }
}

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.what)
    }
}

/// Why nothing of a file can be used.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// It cannot be read.
    #[error("`{file}` cannot be read: {cause}")]
    Read {
        /// The file.
        file: String,
        /// Why, in the system's words.
        cause: String,
    },
    /// It is no text that can be read.
    #[error("`{file}` {encoding}")]
    Encoding {
        /// The file.
        file: String,
        /// What it is instead, and what to do.
        encoding: &'static str,
    },
    /// There is nothing in it.
    #[error("`{file}` is empty; its first line should name the columns")]
    Empty {
        /// The file.
        file: String,
    },
    /// The first line is not that of offers.
    #[error("{file}, line 1: {}; expected are {expected}", missing(.columns, .expected))]
    Columns {
        /// The file.
        file: String,
        /// What is missing.
        columns: Vec<&'static str>,
        /// All that should be there.
        expected: String,
    },
    /// Nobody says which cloud its rows belong to.
    #[error(
        "{file}: the backend is not known; add a column `provider`, or name the file after it: `aws.csv`"
    )]
    Backend {
        /// The file.
        file: String,
    },
    /// It is too long.
    #[error("`{file}` has more than {MAX_ROWS} rows; that is no catalogue of offers")]
    TooMany {
        /// The file.
        file: String,
    },
}

fn missing(columns: &[&str], expected: &str) -> String {
    if columns.len() == expected.split(", ").count() {
        return "it does not name the columns of a list of offers".to_owned();
    }
    let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [one] => format!("the column {one} is missing"),
        names => format!("the columns {} are missing", names.join(", ")),
    }
}

/// How a line becomes a row.
enum Layout {
    Own(own::Columns),
    Gpuhunt(gpuhunt::Columns),
}

/// What a line is: a row, or none of ours when it asks for a feature that we do not know of. Else what is wrong with it.
type Line = Result<Option<Row>, String>;

/// Reads offers. `from` ought to be bounded by its giver.
///
/// # Errors
/// When nothing of it can be used. Lines that cannot be used are no error; [`OffersRead`] has them.
pub fn read_offers(from: impl Read, origin: &Origin<'_>) -> Result<OffersRead, CsvError> {
    let file = || origin.file.to_owned();
    let mut from = BufReader::new(from);
    let begin = from.fill_buf().map_err(|error| CsvError::Read { file: file(), cause: error.to_string() })?;
    if let Some(encoding) = foreign(begin) {
        return Err(CsvError::Encoding { file: file(), encoding });
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(from);
    let header = reader.byte_headers().map_err(|error| unreadable(origin.file, error))?;
    let header = Header::new(header);
    if header.is_empty() {
        return Err(CsvError::Empty { file: file() });
    }
    let layout = layout(&header, origin)?;
    let mut read = OffersRead::default();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| unreadable(origin.file, error))? {
        let fields = Fields::new(&record, header.len());
        let line = match &layout {
            Layout::Own(columns) => columns.line(&fields, origin),
            Layout::Gpuhunt(columns) => columns.line(&fields, origin),
        };
        match line {
            Ok(Some(row)) if read.rows.len() < MAX_ROWS => read.rows.push(row),
            Ok(Some(_)) => return Err(CsvError::TooMany { file: file() }),
            Ok(None) => read.flagged += 1,
            Err(what) => {
                read.bad_total += 1;
                if read.bad.len() < SHOWN {
                    let line = record.position().map_or(0, csv::Position::line);
                    read.bad.push(BadLine { file: file(), line, what });
                }
            }
        }
    }
    if let Layout::Gpuhunt(_) = layout {
        read.rows = gpuhunt::cheapest_of_zones(read.rows);
    }
    Ok(read)
}

fn layout(header: &Header, origin: &Origin<'_>) -> Result<Layout, CsvError> {
    let (required, found) = if header.place("instance_name").is_some() {
        (gpuhunt::REQUIRED, gpuhunt::Columns::new(header, origin).map(Layout::Gpuhunt))
    } else {
        (own::REQUIRED, own::Columns::new(header).map(Layout::Own))
    };
    let file = || origin.file.to_owned();
    found.map_err(|columns| match columns.as_slice() {
        [] => CsvError::Backend { file: file() },
        _ => CsvError::Columns { file: file(), columns, expected: required.join(", ") },
    })
}

/// What a text that begins like this is, when it is not UTF-8.
fn foreign(begin: &[u8]) -> Option<&'static str> {
    match begin {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("is in UTF-16; save it as UTF-8"),
        [0x1f, 0x8b, ..] => Some("is compressed once more; unpack it first"),
        [b'P', b'K', 3 | 5, ..] => Some("is a zip file within another file; unpack it first"),
        _ if begin.contains(&0) => Some("is not a text"),
        _ => None,
    }
}

fn unreadable(file: &str, error: csv::Error) -> CsvError {
    let cause = match error.into_kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        other => format!("{other:?}"),
    };
    CsvError::Read { file: file.to_owned(), cause }
}

/// Whether this has the form of a date: `2026-01-31`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str, length: usize, range: std::ops::RangeInclusive<u32>| {
        part.len() == length
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse().is_ok_and(|n| range.contains(&n))
    };
    matches!(parts.as_slice(), [year, month, day] if digits(year, 4, 1..=9999) && digits(month, 2, 1..=12) && digits(day, 2, 1..=31))
}
