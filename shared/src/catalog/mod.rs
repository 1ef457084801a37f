//! The offer catalogue: what clouds rent out, where, at which price; packed into one compact file.
//!
//! [`Catalogue`] is the table in memory, [`Catalogue::load`] reads the packed file, [`pack`] writes
//! it. The file's layout is described in [`format`].

mod arch;
mod bytes;
mod checks;
#[cfg(feature = "catalog-csv")]
pub mod csv;
mod error;
pub mod format;
mod gpus;
mod load;
mod offer;
mod pack;
mod predict;
mod table;
#[cfg(test)]
mod tests;

pub use arch::{cpu_arch, is_superchip};
pub use checks::{Dropped, DroppedRow, check_rows, dropped_in_words};
pub use error::{CatalogError, PackError};
pub use gpus::{GpuFact, GpuFacts};
pub use offer::{Availability, Offer, OfferGpu, PriceBasis};
pub use pack::pack;
pub use table::{Catalogue, Provenance, Row, RowId, gcp_region};
pub(crate) use table::{Run, Shape};
