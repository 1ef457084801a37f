//! The schedules of the simulation, played beside other tests.

use crate::{beside::Task, shell::target_dir};

/// What is played, and how: on SQLite a schedule takes a hundred times as long as in memory.
const PLAYED: [(&str, &[&str]); 2] = [
    ("simulation: 20,000 schedules in memory", &["--count", "20000"]),
    ("simulation: 30 schedules on SQLite", &["--sqlite", "--from", "5000000", "--count", "30"]),
];

/// Whether a filter of tests means these.
pub(crate) fn is_meant(filter: Option<&str>) -> bool {
    filter.is_none_or(|filter| "simulation".contains(filter))
}

/// Builds it, to be quick.
pub(crate) fn build() -> Task {
    let base = ["build", "--profile", "quick", "--package", "berth-tests", "--bin", "simulate"];
    Task::new("simulation: build", std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), base)
}

/// Plays it, once it is built; fails when an invariant is violated.
pub(crate) fn play() -> Vec<Task> {
    let program = target_dir().join("quick/simulate");
    PLAYED.map(|(what, args)| Task::new(what, &program, args.iter().copied())).into()
}
