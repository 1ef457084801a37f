//! Explore, as far as it is pure: what its address says, and how a GPU or an offer gets into a text.

pub mod query;
pub mod use_this;
