//! Requirements to offers, in order; and why none fits.

mod explain;
mod fit;
mod grouping;
mod matches;
mod pool;
mod relax;
mod requirements;
mod rows;
mod scan;
mod scatter;
mod sorting;
#[cfg(test)]
mod tests;
mod top;

pub use explain::{Constraint, ConstraintCost, Explanation, Relaxation, explain};
pub use fit::launch_disk_gb;
pub use grouping::{OfferGroup, PlotPoint};
pub use matches::{Matches, match_offers};
pub use pool::{PoolInstance, PoolMatch, PoolMatches, match_pool};
pub use requirements::{GpuRequirements, Requirements};
pub use rows::{GroupBy, ListOptions, OfferIndex, RowGroup, RowList, Saving};
pub use scan::{BackendSetup, Context};
pub use scatter::{PlotSize, SizePoint};
pub use sorting::SortBy;
