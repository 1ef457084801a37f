//! What can be wrong with a catalogue file, in words for people.

use thiserror::Error;

use super::format;

/// Why a catalogue file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CatalogError {
    /// It does not begin like one.
    #[error(
        "this is not an offer catalogue: it does not begin with `BERTHCAT`; build one with `cargo xtask catalog`"
    )]
    NotACatalogue,
    /// It was made by a newer Berth.
    #[error("the offer catalogue has format {found}, this Berth reads up to format {max}; update Berth, or use an older catalogue", max = format::VERSION)]
    Newer {
        /// The file's format.
        found: u16,
    },
    /// It ends early.
    #[error("the offer catalogue is cut off: {found} of {expected} bytes are there; fetch or build it again")]
    Truncated {
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        expected: u64,
    },
    /// The checksum does not agree with the content.
    #[error("the offer catalogue is damaged: its checksum does not fit its content; fetch or build it again")]
    Damaged,
    /// The checksum fits, yet the content makes no sense: a fault of the program that wrote it.
    #[error("the offer catalogue was written wrongly: {0}; build it again with `cargo xtask catalog`")]
    Malformed(&'static str),
}

/// Why rows cannot be packed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PackError {
    /// Two rows stand for the same offer.
    #[error(
        "two rows offer {instance_type} of {backend} in {region} with the same GPUs and the same `spot`; keep one"
    )]
    Duplicate {
        /// The backend.
        backend: String,
        /// The instance type.
        instance_type: String,
        /// The region.
        region: String,
    },
    /// A price that the format cannot hold.
    #[error("the price {price} of {instance_type} ({backend}, {region}) is not a number from 0 to 9 billion")]
    Price {
        /// The price.
        price: String,
        /// The backend.
        backend: String,
        /// The instance type.
        instance_type: String,
        /// The region.
        region: String,
    },
    /// More of something than the format has room for.
    #[error("the catalogue has {found} {what}; the format holds at most {max}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are possible.
        max: usize,
    },
}
