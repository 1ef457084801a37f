//! The orchestrator under a clock that stands still until everybody waits: several processes, one database, clouds that
//! go wrong, crashes and partitions, all drawn from a seed; and what must hold whatever happens.
//!
//! A schedule is a function of its seed. It has two parts: in the first everything goes wrong, in the second nothing
//! does any more, every run is asked to end, and what is left is counted.

mod actions;
mod archive;
mod base;
mod clock;
mod end;
mod order;
mod process;
mod watch;
mod world;

use std::{sync::Arc, time::Duration};

use berth_shared::api::RunId;
use rand::{RngExt, SeedableRng, rngs::StdRng};

pub use self::watch::Trace;
use self::{process::Process, world::World};

/// Which database a schedule is played on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Database {
    /// In memory.
    #[default]
    Memory,
    /// SQLite, in a folder of its own.
    Sqlite,
}

/// What a schedule came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Submissions that were accepted.
    pub runs: usize,
    /// Machines that clouds made.
    pub machines: usize,
    /// Of them those that nobody had asked for twice, or that were found by a sweep.
    pub orphans: usize,
    /// Events.
    pub events: u64,
    /// Processes that were killed.
    pub crashes: usize,
    /// Links that were cut.
    pub cuts: usize,
    /// How often a machine that waited went to the first of several runs that waited for it.
    pub decided: usize,
    /// US dollars that the clouds bill.
    pub bill: f64,
    /// Seconds of the schedule's own time.
    pub seconds: i64,
    /// Tells schedules apart: what was written, in its order.
    pub fingerprint: u64,
}

/// What did not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The schedule.
    pub seed: u64,
    /// Its database.
    pub database: Database,
    /// What did not hold, and what was written and done before.
    pub told: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let on = if self.database == Database::Sqlite { " --sqlite" } else { "" };
        write!(
            f,
            "{}\n\nPlay it again: cargo run --profile quick -p berth-tests --bin simulate -- --seed {}{on} --verbose",
            self.told, self.seed
        )
    }
}

/// For how long everything goes wrong, in seconds, drawn for each schedule.
const WRONG: std::ops::Range<u64> = 60..900;
/// How many steps a schedule's people take while it does.
const STEPS: std::ops::Range<u32> = 4..40;
/// How long it may take, once nothing goes wrong any more, until everything is over, in seconds: removing a machine may fail
/// for an hour, and what nobody knows of is shown for a quarter of one.
const CALM: u64 = 3 * 3600;

/// Plays a schedule.
///
/// # Errors
/// When something does not hold.
pub fn play(seed: u64, database: Database, trace: Trace) -> Result<Outcome, Violation> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.map_err(|e| Violation { seed, database, told: e.to_string() })?;
    runtime.block_on(schedule(seed, database, trace)).map_err(|told| Violation { seed, database, told })
}

async fn schedule(seed: u64, database: Database, trace: Trace) -> Result<Outcome, String> {
    let mut random = StdRng::seed_from_u64(seed);
    let wrong = Duration::from_secs(random.random_range(WRONG));
    let world = World::new(&mut random, database, wrong, trace).await?;
    let count = random.random_range(1..=3);
    let count = if database == Database::Sqlite { 1 } else { count };
    let mut processes: Vec<Process> = Vec::new();
    for number in 0..count {
        processes.push(Process::new(number, Arc::clone(&world), &mut random).await);
    }
    let steps = random.random_range(STEPS);
    for _ in 0..steps {
        let pause = wrong.mul_f64(random.random::<f64>() * 2.0 / f64::from(steps));
        world.pass(pause).await?;
        actions::step(&world, &mut processes, &mut random).await;
    }
    let left = wrong.saturating_sub(world.elapsed());
    world.pass(left).await?;

    world.note("from here on nothing goes wrong any more");
    for process in &mut processes {
        process.mend().await;
    }
    let ended = end::settle(&world, &processes, Duration::from_secs(CALM)).await;
    ended.map_err(|told| world.explain(&told))?;
    let crashes = processes.iter().map(|process| process.crashes).sum();
    let cuts = processes.iter().map(|process| process.cuts).sum();
    for process in processes {
        process.stop().await;
    }
    end::count(&world, crashes, cuts).await.map_err(|told| world.explain(&told))
}

/// A submission that was accepted.
#[derive(Clone, Debug)]
struct Accepted {
    id: RunId,
    name: String,
}
