//! Why there are no new prices, in words.

use std::time::Duration;

use super::page::PageError;

/// Why the price list could not be read to its end. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum AzureError {
    /// No connection can be made from here.
    #[error("cannot prepare a connection")]
    Client(#[source] reqwest::Error),
    /// The address is none.
    #[error("`{0}` is not an address of a price list; give one that begins with `https://`")]
    Address(String),
    /// It does not answer, or breaks off.
    #[error("page {page} of the price list cannot be had after {attempts} tries")]
    Unreachable {
        /// Which page, from 1.
        page: usize,
        /// How often it was tried.
        attempts: u32,
        /// What went wrong the last time.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It asks to wait for longer than makes sense.
    #[error("the price list asks to wait for {} s; try again later", .0.as_secs())]
    Busy(Duration),
    /// It refuses, and will do so again.
    #[error(
        "page {page} of the price list was refused with HTTP status {status}; see whether the address is right"
    )]
    Refused {
        /// Which page, from 1.
        page: usize,
        /// The status.
        status: u16,
    },
    /// It sends us elsewhere.
    #[error(
        "page {page} of the price list names `{target}` as the next address, which is another server; that is not followed"
    )]
    Elsewhere {
        /// Which page, from 1.
        page: usize,
        /// Where to, without path and parameters.
        target: String,
    },
    /// A page names one that was there before.
    #[error("page {0} of the price list leads back to a page that was read before; the list has no end")]
    Circle(usize),
    /// It goes on and on.
    #[error("the price list has more than {0} pages; it has no end, or is another one")]
    TooManyPages(usize),
    /// It took too long.
    #[error("the price list was not read within {} minutes; try again later", .0.as_secs() / 60)]
    TooSlow(Duration),
    /// There is nothing in it for us.
    #[error("the price list has no price of any machine in the catalogue")]
    Nothing,
}

impl AzureError {
    /// Whether it is a matter of reaching the list, not of what it says.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Client(_) | Self::Unreachable { .. } | Self::Busy(_) | Self::TooSlow(_))
    }
}

/// What went wrong with one try at a page.
#[derive(Debug, thiserror::Error)]
pub(super) enum TryError {
    #[error("no answer")]
    Connection(#[source] reqwest::Error),
    #[error("HTTP status {0}")]
    Status(u16),
    #[error("the answer is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    #[error(transparent)]
    Page(#[from] PageError),
}
