//! The schedules of the simulation, played at the lowest priority while other tests run: those wait more than they compute.

use std::thread::JoinHandle;

use crate::shell::{Problem, Steps, cargo, command, output, run, target_dir, which};

/// What is played, and how: on SQLite a schedule takes a hundred times as long as in memory.
const PLAYED: [(&str, &[&str]); 2] = [
    ("20,000 schedules in memory", &["--count", "20000"]),
    ("30 schedules on SQLite", &["--sqlite", "--from", "5000000", "--count", "30"]),
];

/// Schedules that are being played.
pub(crate) struct Simulation(Option<JoinHandle<Result<(), Problem>>>);

/// Builds the simulation, to be quick, and begins to play; nothing when `filter` does not name it.
pub(crate) fn begin(steps: &mut Steps, filter: Option<&str>) -> Result<Simulation, Problem> {
    if filter.is_some_and(|filter| !"simulation".contains(filter)) {
        return Ok(Simulation(None));
    }
    let base = ["build", "--profile", "quick", "--package", "berth-tests", "--bin", "simulate"];
    steps.step("simulation: build", || run(cargo().args(base)))?;
    Ok(Simulation(Some(std::thread::spawn(play))))
}

fn play() -> Result<(), Problem> {
    let program = target_dir().join("quick/simulate");
    // Both are told of, whatever becomes of the first.
    PLAYED
        .map(|(what, args)| {
            let mut simulate = match which(&["chrt"]) {
                Some(chrt) => {
                    let mut quietly = command(chrt);
                    quietly.args(["--idle", "0"]).arg(&program);
                    quietly
                }
                None => command(&program),
            };
            let told = output(simulate.args(args));
            match &told {
                Ok(text) => println!("==> simulation: {what}\n{text}"),
                Err(problem) => println!("==> simulation: {what}\n{problem}"),
            }
            told.map(drop)
        })
        .into_iter()
        .collect()
}

impl Simulation {
    /// Waits until all are played.
    ///
    /// # Errors
    /// One of them violates an invariant.
    pub(crate) fn end(self, steps: &mut Steps) -> Result<(), Problem> {
        let Some(playing) = self.0 else { return Ok(()) };
        steps.step("simulation: what is left to play", || {
            playing.join().unwrap_or_else(|_| Err(Problem::new("the simulation could not be played")))
        })
    }
}
