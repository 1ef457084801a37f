//! Berth launches dev environments from the browser: server and command line in one binary.
//!
//! `http`, `cli` and `live` use `orchestrator`; that uses `store` and the traits of `provider`. Nothing in
//! `orchestrator` knows a web framework; nothing in `provider` knows the database.

pub mod access;
pub mod audit;
pub mod auth;
pub mod catalog;
pub mod cli;
pub mod control;
mod failpoint;
pub mod http;
pub mod live;
pub mod logs;
pub mod orchestrator;
mod private_file;
pub mod provider;
pub mod sealed;
pub mod secrets;
pub mod store;
pub mod webhooks;

pub use berth_supervisor::{self as supervisor, clock};
