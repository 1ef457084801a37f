use berth_shared::{api::InstanceStatus, time::Timestamp};
use proptest::prelude::*;

use super::*;
use crate::store::contract::sample::{at, instance, job_id, run_id};

fn turn(n: u32, placed: i64, released: Option<i64>) -> Turn {
    Turn {
        run: PaidRun { job: job_id(n), id: run_id(n), name: format!("run-{n}") },
        owner: format!("owner-{n}"),
        placed_at: Some(at(placed)),
        released_at: released.map(at),
    }
}

/// One of `ann`'s at $1.5 an hour that costs from the tenth second on, with this job on it.
fn row(job: Option<u32>, to: Option<i64>) -> InstanceRow {
    let mut row = instance(0, "cloud");
    row.job_id = job.map(job_id);
    row.instance.run_id = job.map(run_id);
    row.instance.billed_from = Some(at(10));
    row.instance.billed_to = to.map(at);
    row
}

fn told(stretches: &[Stretch]) -> String {
    let seconds = |moment: Timestamp| moment.millis_since(at(0)) / 1000;
    let told = stretches.iter().map(|stretch| {
        let run = stretch.run.as_ref().map_or("idle", |run| &run.name);
        let to = stretch.to.map_or_else(String::new, |to| seconds(to).to_string());
        format!("{}..{to} {} {run}", seconds(stretch.from), stretch.person)
    });
    told.collect::<Vec<_>>().join(", ")
}

#[test]
fn each_run_pays_for_its_time_and_the_owner_for_the_rest() {
    let turns = [turn(1, 0, Some(100)), turn(2, 160, None)];
    assert_eq!(told(&derive(&row(Some(1), None), &[], &turns[..1])), "10.. owner-1 run-1");
    assert_eq!(told(&derive(&row(None, None), &[], &turns[..1])), "10..100 owner-1 run-1, 100.. ann idle");
    assert_eq!(
        told(&derive(&row(Some(2), None), &[], &turns)),
        "10..100 owner-1 run-1, 100..160 ann idle, 160.. owner-2 run-2"
    );
    // Until it is gone, whoever it goes with pays.
    let over = [turns[0].clone(), turn(2, 160, Some(200))];
    assert_eq!(
        told(&derive(&row(Some(2), Some(230)), &[], &over)),
        "10..100 owner-1 run-1, 100..160 ann idle, 160..230 owner-2 run-2"
    );
    // One that was added without a run is its owner's.
    assert_eq!(told(&derive(&row(None, None), &[], &[])), "10.. ann idle");
    assert_eq!(told(&derive(&row(Some(2), None), &[], &turns[1..])), "10..160 ann idle, 160.. owner-2 run-2");
}

#[test]
fn what_was_paid_for_a_run_stays_when_the_run_is_deleted() {
    let first = derive(&row(None, None), &[], &[turn(1, 0, Some(100))]);
    let after = derive(&row(Some(2), None), &first, &[turn(2, 160, None)]);
    assert_eq!(told(&after), "10..100 owner-1 run-1, 100..160 ann idle, 160.. owner-2 run-2");
    // Also when the run was on it up to the end.
    let whole = derive(&row(Some(1), None), &[], &[turn(1, 0, None)]);
    assert_eq!(told(&derive(&row(Some(1), Some(70)), &whole, &[])), "10..70 owner-1 run-1");
}

#[test]
fn what_a_provider_says_later_counts() {
    let before = derive(&row(Some(1), None), &[], &[turn(1, 0, None)]);
    // It began to bill earlier than we had thought, even before it was asked as far as our clock knows.
    let mut earlier = row(Some(1), Some(50));
    earlier.instance.billed_from = Some(Timestamp(at(0).0 - 5000));
    let after = derive(&earlier, &before, &[turn(1, 0, None)]);
    assert_eq!(after.len(), 1);
    assert_eq!((after[0].from, after[0].to), (Timestamp(at(0).0 - 5000), Some(at(50))));
    // And had not begun at all: it never was there.
    let mut never = row(Some(1), None);
    never.instance.billed_from = None;
    assert_eq!(derive(&never, &before, &[turn(1, 0, None)]), []);
}

#[test]
fn nothing_is_paid_for_ones_own_machines() {
    let mut free = row(Some(1), None);
    free.instance.offer.price = 0.0;
    assert_eq!(derive(&free, &[], &[turn(1, 0, None)]), []);
    free.instance.offer.price = f64::NAN;
    assert_eq!(derive(&free, &[], &[turn(1, 0, None)]), []);
    assert_eq!(holding(&free, Some("bob")), Some(Holding { person: "bob".into(), gpus: 0, price: 0.0 }));
    free.instance.status = InstanceStatus::Terminated;
    assert_eq!(holding(&free, Some("bob")), None);
}

proptest! {
    /// Whatever happens to it, in whichever order it becomes known.
    #[test]
    fn the_ledger_comes_to_what_the_instance_costs(
        lengths in prop::collection::vec((0_i64..50, 1_i64..100), 0..8),
        bills in prop::collection::vec((-20_i64..60, prop::option::of(0_i64..600)), 1..5),
        deleted in prop::collection::vec(any::<bool>(), 8),
        now in 0_i64..1000,
    ) {
        let mut known = Vec::new();
        let (mut clock, mut turns) = (0, Vec::new());
        for (n, (idle, busy)) in (1_u32..).zip(&lengths) {
            let (placed, released) = (clock + idle, clock + idle + busy);
            clock = released;
            turns.push(turn(n, placed, None));
            known = derive(&row(Some(n), None), &known, &turns);
            if let Some(last) = turns.last_mut() {
                last.released_at = Some(at(released));
            }
            known = derive(&row(None, None), &known, &turns);
            if deleted[(n as usize - 1) % deleted.len()] {
                turns.pop();
            }
        }
        for (from, to) in bills {
            let mut row = row(None, to.map(|to| from + to));
            row.instance.billed_from = Some(Timestamp(at(0).0 + from * 1000));
            row.instance.billed_to = to.map(|to| Timestamp(at(0).0 + (from + to) * 1000));
            known = derive(&row, &known, &turns);
            let sum: f64 = known.iter().map(|stretch| stretch.cost(Timestamp(i64::MIN), at(now))).sum();
            let cost = match row.instance.billed_to {
                Some(to) => cost(1.5, row.instance.billed_from.unwrap_or_default(), to.min(at(now))),
                None => row.instance.cost(at(now)),
            };
            prop_assert!((sum - cost).abs() < 1e-9, "{} is {} and should be {}", told(&known), sum, cost);
            for pair in known.windows(2) {
                prop_assert_eq!(pair[0].to, Some(pair[1].from), "{}", told(&known));
            }
            prop_assert!(known.iter().all(|stretch| stretch.to.is_none_or(|to| to > stretch.from)));
        }
    }
}
