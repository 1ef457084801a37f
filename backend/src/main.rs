//! Berth: launches dev environments from the browser. Server and command line in one binary.

pub mod clock;
pub mod orchestrator;
pub mod provider;
pub mod store;

fn main() {}
