//! Whole-system tests: the real binary, over its real interfaces; and answers to recorded questions.

pub mod clouds;
pub mod conformance;
pub mod engines;
pub mod fuzz;
pub mod hosts;
pub mod load;
pub mod ports;
pub mod processes;
pub mod proxy;
pub mod server;
pub mod simulation;
