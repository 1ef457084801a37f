//! Load: how the real server does with thousands of runs and pages, on simulated clouds in a process of their own.
//!
//! Everything here only counts and measures; what is good enough is said by whoever reads the figures.

mod figures;
mod fill;
mod pages;
mod person;
mod phases;
mod process;
mod questions;

use std::path::PathBuf;

pub use figures::{Figure, Unit};
pub use phases::{Tell, play};

/// How much of everything.
#[derive(Clone, Debug)]
pub struct Load {
    /// `None` = SQLite in a data directory of its own.
    pub database_url: Option<String>,
    /// Where that data directory is made.
    pub folder: PathBuf,
    /// Finished runs that the database holds beforehand.
    pub finished: u32,
    /// Launches alone, one after the other, to know how long the clouds themselves take.
    pub alone: u32,
    /// Launches at once.
    pub launches: u32,
    /// Active runs that are held.
    pub active: u32,
    /// For how many seconds.
    pub seconds: u64,
    /// Between two launches of the trickle, each of which goes with a stop, in milliseconds.
    pub trickle_millis: u64,
    /// Pages that look on while the runs are held.
    pub pages: u32,
    /// Pages at once, at last.
    pub clients: u32,
    /// For how many seconds they stay.
    pub clients_seconds: u64,
}
