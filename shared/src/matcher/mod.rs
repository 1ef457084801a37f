//! Requirements to offers, in order; and why none fits.

mod constraint;
mod costs;
mod explain;
mod fit;
mod grouping;
mod matches;
mod pool;
mod proposal;
mod relax;
mod requirements;
mod rows;
mod scan;
mod scatter;
mod sieve;
mod sorting;
#[cfg(test)]
mod tests;
mod top;

pub use constraint::Constraint;
pub use costs::{fix_gains, line_costs};
pub use explain::{Change, ConstraintCost, Explanation, Relaxation, explain};
pub use fit::launch_disk_gb;
pub use grouping::{OfferGroup, PlotPoint};
pub use matches::{Matches, match_offers};
pub use pool::{PoolInstance, PoolMatch, PoolMatches, match_pool};
pub use proposal::{FieldChange, Proposal, propose};
pub use requirements::{GpuRequirements, Requirements};
pub use rows::{GroupBy, ListOptions, OfferIndex, RowGroup, RowList, Saving};
pub use scan::{BackendSetup, Context};
pub use scatter::{PlotSize, SizePoint};
pub use sorting::SortBy;
