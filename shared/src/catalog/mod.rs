//! The offer catalogue: what clouds rent out, where, at which price; packed into one compact file.

mod offer;

pub use offer::{Availability, Offer, OfferGpu, PriceBasis};
