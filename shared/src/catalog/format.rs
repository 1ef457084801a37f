//! The packed catalogue file.
//!
//! Little-endian; a *varint* is a LEB128 number of at most 64 bits, a *text* a varint byte length and
//! that much UTF-8, a *signed varint* is zigzag-coded.
//!
//! ```text
//! 0   8 bytes  "BERTHCAT"
//! 8   u16      format version, now 1; readers refuse a higher one
//! 10  u64      FNV-1a (64 bit) of the payload; its first 8 hex digits are the catalogue's version
//! 18  u64      length of the payload, which ends the file
//! 26  payload  sections in this order, each a varint byte length and its content
//! ```
//!
//! | section | content |
//! |---|---|
//! | numbers | count, then distinct sizes as f64 bits, ascending; sizes below are indices into it |
//! | facts | count, then for each GPU model: name, vendor, architecture (text, empty = unknown), compute capability (major + 1, or 0 = none; minor), memory variants (count, indices) |
//! | provenances | count, then source (text), date (text, empty = unknown), basis (0 listed, 1 sum, 2 estimated, 3 own) |
//! | gpu names | count, texts |
//! | backends | count, then for each: name, number of regions, their names, number of shapes |
//! | shapes | column by column over all shapes: instance types (texts), vCPUs, memory, GPU name (index + 1, 0 = none); for those with a GPU: count, memory; disk (index + 1, 0 = none) |
//! | regions | for each shape a bitmap of its backend's regions on-demand, one of those as spot, `ceil(regions / 8)` bytes each, least bit first; the first is XORed with the on-demand bitmap of the shape before it in the backend, the second with the first |
//! | modes | for each series (below): 0 plain, 1 share, else 1 + how many series of the backend to go back to its reference |
//! | anchors | one price for each series that is plain or has a reference |
//! | residuals | signed varints: price − prediction, for the other rows of such series |
//! | share tables | for each backend: count, then entries (share in 1/10000, rounding step in micro-dollars, provenance) |
//! | shares | for each row of a share series: 0 = see escapes, else entry of the backend's share table + 1 |
//! | escapes | prices of those rows |
//! | origins | provenance of every row that did not get it from a share, in runs: provenance, length |
//!
//! Prices are whole micro-dollars an hour. A *series* is the rows of one shape that are all
//! on-demand or all spot, regions in the table's order; empty ones are left out. The series of a
//! backend are numbered in the order of the bitmaps, and rows are numbered in the order of the series.
//!
//! Most prices follow from others, and a series says how:
//!
//! * *plain*: the anchor is the first price; each further price is predicted to be the one before it.
//! * *with a reference* (a size of the same family, say): the anchor is the price in the first region
//!   that both have. In other regions that the reference has, the prediction is reference × anchor ÷
//!   reference's price at the anchor, rounded half up; elsewhere the anchor.
//! * *share* (spot only): the price is a share of the on-demand price in the same region, rounded half
//!   up to the step. The share's entry carries the provenance, too, because an estimated price has the
//!   same share in thousands of rows.
//!
//! Sizes and texts are lossless, prices to 1e-6 $. Rows come out in a canonical order: backend,
//! instance type, GPU and sizes, on-demand before spot, region.

/// The format that is written, and the highest that is read.
pub const VERSION: u16 = 1;

pub(super) const MAGIC: &[u8; 8] = b"BERTHCAT";
/// Length of what comes before the payload, bytes.
pub const HEADER: usize = 26;

/// FNV-1a, 64 bit: enough to notice damage and to tell versions apart; no protection from intent.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A file of this payload, with a header that fits it.
#[must_use]
pub fn seal(payload: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEADER + payload.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&checksum(payload).to_le_bytes());
    file.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    file.extend_from_slice(payload);
    file
}
