//! Plays schedules of the simulation: one, to look at it, or as many as there is time for.

use std::{
    process::ExitCode,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use berth_tests::simulation::{Database, Trace, play};
use clap::Parser;

/// Plays schedules of crashes, partitions and faulty clouds against the orchestrator.
#[derive(Parser)]
struct Args {
    /// Plays this schedule alone.
    #[arg(long)]
    seed: Option<u64>,
    /// The first of many.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many.
    #[arg(long, default_value_t = 1000)]
    count: u64,
    /// Plays for so many minutes instead.
    #[arg(long)]
    minutes: Option<u64>,
    /// How many at once.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// On SQLite instead of in memory.
    #[arg(long)]
    sqlite: bool,
    /// Tells what happens as it happens.
    #[arg(long, short)]
    verbose: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let database = if args.sqlite { Database::Sqlite } else { Database::Memory };
    let trace = if args.verbose { Trace::Loud } else { Trace::Quiet };
    if let Some(seed) = args.seed {
        return match play(seed, database, trace) {
            Ok(outcome) => {
                println!("{outcome:#?}");
                ExitCode::SUCCESS
            }
            Err(violation) => {
                println!("{violation}");
                ExitCode::FAILURE
            }
        };
    }
    #[expect(clippy::disallowed_methods, reason = "how long it plays is measured, not what it plays")]
    let begun = Instant::now();
    let next = AtomicU64::new(args.from);
    let failed = AtomicBool::new(false);
    let (runs, machines, crashes, cuts, orphans, decided, events, played) = Default::default();
    let sums: [&AtomicU64; 8] = [&runs, &machines, &crashes, &cuts, &orphans, &decided, &events, &played];
    std::thread::scope(|scope| {
        for _ in 0..args.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let over = match args.minutes {
                        Some(minutes) => begun.elapsed() > Duration::from_secs(60 * minutes),
                        None => seed >= args.from + args.count,
                    };
                    if over || failed.load(Ordering::Relaxed) {
                        return;
                    }
                    match play(seed, database, trace) {
                        Ok(o) => {
                            let counts = [o.runs, o.machines, o.crashes, o.cuts, o.orphans, o.decided]
                                .map(|n| n as u64);
                            for (sum, count) in sums.iter().zip(counts.into_iter().chain([o.events, 1])) {
                                sum.fetch_add(count, Ordering::Relaxed);
                            }
                        }
                        Err(violation) => {
                            failed.store(true, Ordering::Relaxed);
                            println!("seed {seed}: {violation}");
                        }
                    }
                }
            });
        }
    });
    let [runs, machines, crashes, cuts, orphans, decided, events, played] =
        sums.map(|sum| sum.load(Ordering::Relaxed));
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{played} schedules in {seconds:.1} s ({:.0} a minute): {runs} runs, {machines} machines, {crashes} crashes, \
         {cuts} cuts, {orphans} orphans, {decided} machines for the first of several, {events} events",
        played as f64 * 60.0 / seconds
    );
    if failed.load(Ordering::Relaxed) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
