//! The schedules of the simulation, played beside other tests.

use crate::{beside::Task, shell::target_dir};

/// What is played among all tests, and how: on SQLite a schedule takes a hundred times as long as in memory.
const PLAYED: [(&str, &[&str]); 2] = [
    ("simulation: 5,000 schedules in memory", &["--count", "5000"]),
    ("simulation: 30 schedules on SQLite", &["--sqlite", "--from", "5000000", "--count", "30"]),
];
/// What is played besides when the simulation is asked for by its name: a quarter of an hour on two cores.
const BY_NAME: (&str, &[&str]) =
    ("simulation: 15,000 more schedules in memory", &["--from", "5000", "--count", "15000"]);

/// Whether a filter of tests means these.
pub(crate) fn is_meant(filter: Option<&str>) -> bool {
    filter.is_none_or(|filter| "simulation".contains(filter))
}

/// Builds it, to be quick, and plays it; fails when an invariant is violated.
pub(crate) fn tasks(filter: Option<&str>) -> Vec<Task> {
    let base = ["build", "--profile", "simulation", "--package", "berth-tests", "--bin", "simulate"];
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tasks = vec![Task::new("simulation: build", cargo, base)];
    let program = target_dir().join("simulation/simulate");
    let more = filter.map(|_| BY_NAME);
    tasks.extend(
        PLAYED.into_iter().chain(more).map(|(what, args)| Task::new(what, &program, args.iter().copied())),
    );
    tasks
}
