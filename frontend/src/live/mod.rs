//! The stream's client: one WebSocket for the whole page, and what it has told.
//!
//! [`machine`] decides and touches nothing; the driver carries out what it decides and keeps the signals
//! that pages read, through [`use_live`].

pub mod backoff;
pub mod feed;
pub mod kept;
pub mod log_book;
pub mod machine;

#[cfg(target_arch = "wasm32")]
mod context;
#[cfg(target_arch = "wasm32")]
mod driver;
#[cfg(target_arch = "wasm32")]
mod rows;

#[cfg(target_arch = "wasm32")]
pub use context::{Feed, Live, provide_live, use_live};
#[cfg(target_arch = "wasm32")]
pub use rows::Rows;
