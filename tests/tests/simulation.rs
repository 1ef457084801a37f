//! Some schedules, so that a mistake is found where it is made; `cargo xtask test` plays twenty thousand and more with the
//! binary `simulate`, which is built for it. One that does not hold says how it is played again.

use berth_tests::simulation::{Database, Trace, play};

/// Plays these schedules.
fn play_all(seeds: std::ops::Range<u64>, database: Database) {
    let count = usize::try_from(seeds.end - seeds.start).expect("few");
    let (mut runs, mut crashes, mut cuts, mut decided) = (0, 0, 0, 0);
    for seed in seeds {
        match play(seed, database, Trace::Quiet) {
            Ok(outcome) => {
                runs += outcome.runs;
                crashes += outcome.crashes;
                cuts += outcome.cuts;
                decided += outcome.decided;
            }
            Err(violation) => panic!("{violation}"),
        }
    }
    // Schedules in which nothing happens would hold, too.
    for (what, sum) in [("runs", runs), ("crashes", crashes), ("cuts", cuts)] {
        assert!(2 * sum >= count, "hardly any {what}: {sum}");
    }
    assert!(decided >= count / 50, "hardly anybody goes first: {decided}");
}

#[test]
fn nothing_is_lost_doubled_or_leaked_in_memory() {
    play_all(1_000_000..1_000_100, Database::Memory);
}

#[test]
fn nothing_is_lost_doubled_or_leaked_on_sqlite() {
    play_all(2_000_000..2_000_004, Database::Sqlite);
}

#[test]
fn a_schedule_is_a_function_of_its_seed() {
    for seed in [1, 7, 42] {
        let once = play(seed, Database::Memory, Trace::Quiet).expect("it holds");
        let again = play(seed, Database::Memory, Trace::Quiet).expect("it holds");
        assert_eq!(once, again, "seed {seed}");
    }
}

/// Schedules that once did not hold.
#[test]
fn what_was_mended_stays_so() {
    for seed in [5, 24, 324, 3135, 4377, 103_063, 64] {
        if let Err(violation) = play(seed, Database::Memory, Trace::Quiet) {
            panic!("{violation}");
        }
    }
}
