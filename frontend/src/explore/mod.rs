//! Explore, as far as it is pure: what its address says, and how a GPU or an offer gets into a text.

pub mod difference;
pub mod query;
pub mod set;
pub mod use_this;
