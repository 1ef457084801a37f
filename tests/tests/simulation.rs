//! Twenty thousand schedules in memory, and some on SQLite. One that does not hold says how it is played again.

use std::sync::atomic::{AtomicU64, Ordering};

use berth_tests::simulation::{Database, Trace, play};

/// How many schedules each test plays.
const EACH: u64 = 1000;

/// Plays these schedules on as many threads as there are processors to this test.
fn play_all(from: u64, count: u64, database: Database) {
    let (runs, crashes, cuts) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    for seed in from..from + count {
        match play(seed, database, Trace::Quiet) {
            Ok(outcome) => {
                runs.fetch_add(outcome.runs as u64, Ordering::Relaxed);
                crashes.fetch_add(outcome.crashes as u64, Ordering::Relaxed);
                cuts.fetch_add(outcome.cuts as u64, Ordering::Relaxed);
            }
            Err(violation) => panic!("{violation}"),
        }
    }
    // Schedules in which nothing happens would hold, too.
    for (what, sum) in [("runs", runs), ("crashes", crashes), ("cuts", cuts)] {
        assert!(sum.into_inner() >= count, "hardly any {what}");
    }
}

macro_rules! thousands {
    ($($name:ident = $number:literal,)*) => {
        $(
            #[test]
            fn $name() {
                play_all($number * EACH, EACH, Database::Memory);
            }
        )*
    };
}

thousands! {
    nothing_is_lost_doubled_or_leaked_in_schedules_00_000 = 0,
    nothing_is_lost_doubled_or_leaked_in_schedules_01_000 = 1,
    nothing_is_lost_doubled_or_leaked_in_schedules_02_000 = 2,
    nothing_is_lost_doubled_or_leaked_in_schedules_03_000 = 3,
    nothing_is_lost_doubled_or_leaked_in_schedules_04_000 = 4,
    nothing_is_lost_doubled_or_leaked_in_schedules_05_000 = 5,
    nothing_is_lost_doubled_or_leaked_in_schedules_06_000 = 6,
    nothing_is_lost_doubled_or_leaked_in_schedules_07_000 = 7,
    nothing_is_lost_doubled_or_leaked_in_schedules_08_000 = 8,
    nothing_is_lost_doubled_or_leaked_in_schedules_09_000 = 9,
    nothing_is_lost_doubled_or_leaked_in_schedules_10_000 = 10,
    nothing_is_lost_doubled_or_leaked_in_schedules_11_000 = 11,
    nothing_is_lost_doubled_or_leaked_in_schedules_12_000 = 12,
    nothing_is_lost_doubled_or_leaked_in_schedules_13_000 = 13,
    nothing_is_lost_doubled_or_leaked_in_schedules_14_000 = 14,
    nothing_is_lost_doubled_or_leaked_in_schedules_15_000 = 15,
    nothing_is_lost_doubled_or_leaked_in_schedules_16_000 = 16,
    nothing_is_lost_doubled_or_leaked_in_schedules_17_000 = 17,
    nothing_is_lost_doubled_or_leaked_in_schedules_18_000 = 18,
    nothing_is_lost_doubled_or_leaked_in_schedules_19_000 = 19,
}

#[test]
fn a_schedule_is_a_function_of_its_seed() {
    for seed in [1, 7, 42] {
        let once = play(seed, Database::Memory, Trace::Quiet).expect("it holds");
        let again = play(seed, Database::Memory, Trace::Quiet).expect("it holds");
        assert_eq!(once, again, "seed {seed}");
    }
}
