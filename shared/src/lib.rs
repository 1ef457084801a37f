//! What is true in the browser and on the server alike: how a `.dstack.yml` is read, which offers
//! fit it, and what goes over the wire between the two.
//!
//! Nothing here does I/O, reads a clock or draws a random number; it builds for `wasm32`.

pub mod api;
pub mod assist;
pub mod catalog;
pub mod config;
pub mod diagnostics;
pub mod explore;
pub mod honour;
pub mod ide;
pub mod json;
pub mod limits;
pub mod log;
pub mod matcher;
pub mod order;
pub mod policy;
pub mod reference;
pub mod schema;
pub mod time;
#[cfg(feature = "wasm")]
pub mod wasm;
pub mod yaml;

pub use config::{Checked, check};
