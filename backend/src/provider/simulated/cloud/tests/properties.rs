//! What holds whatever is done to an account.

use proptest::prelude::*;

use super::*;

/// Something done to an account.
#[derive(Clone, Debug)]
enum Deed {
    Create { number: u128, spot: bool, quirks: Quirks },
    Terminate { machine: usize },
    TakeBack { machine: usize, notice: i64 },
    Start { machine: usize, job: u128 },
    Stop { machine: usize, grace: u32 },
    Look,
}

fn deeds() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    let quirks = (any::<bool>(), any::<bool>(), proptest::option::of(0..5_000_000_i64), 0..2_i64).prop_map(
        |(key_ignored, never_ready, dies_after, resists)| Quirks {
            key_ignored,
            never_ready,
            dies_after,
            resists: resists * 3_600_000,
        },
    );
    let deed = prop_oneof![
        (0..6_u128, any::<bool>(), quirks).prop_map(|(number, spot, quirks)| Deed::Create {
            number,
            spot,
            quirks
        }),
        (0..8_usize).prop_map(|machine| Deed::Terminate { machine }),
        (0..8_usize, 0..200_000_i64).prop_map(|(machine, notice)| Deed::TakeBack { machine, notice }),
        (0..8_usize, 0..4_u128).prop_map(|(machine, job)| Deed::Start { machine, job }),
        (0..8_usize, 0..20_u32).prop_map(|(machine, grace)| Deed::Stop { machine, grace }),
        Just(Deed::Look),
    ];
    proptest::collection::vec((0..1_000_000_i64, deed), 0..40)
}

/// Does it all, and says what came of it.
fn history(cloud: &mut Cloud, deeds: &[(i64, Deed)]) -> Vec<String> {
    let mut now = START;
    let mut told = Vec::new();
    for (after, deed) in deeds {
        now = Timestamp(now.0 + after);
        let handle = |machine: &usize, cloud: &Cloud| {
            cloud.machines().get(*machine).map_or("none".to_owned(), |machine| machine.handle.clone())
        };
        told.push(match deed {
            Deed::Create { number, spot, quirks } => {
                format!("{:?}", cloud.create(now, &order(*number, *spot), quirks))
            }
            Deed::Terminate { machine } => {
                let handle = handle(machine, cloud);
                format!("{:?}", cloud.terminate(now, &handle))
            }
            Deed::TakeBack { machine, notice } => {
                let handle = handle(machine, cloud);
                format!("{:?}", cloud.take_back(now, &handle, *notice))
            }
            Deed::Start { machine, job } => {
                let handle = handle(machine, cloud);
                let job = Box::new(spec(*job, *job as u64, &["true"]));
                format!("{:?}", cloud.environment(now, &handle, &Ask::Start { job }))
            }
            Deed::Stop { machine, grace } => {
                let handle = handle(machine, cloud);
                format!("{:?}", cloud.environment(now, &handle, &Ask::Stop { grace_seconds: *grace }))
            }
            Deed::Look => format!("{:?} {:?}", cloud.list(now, now), cloud.changed(now)),
        });
        told.push(format!("{:?}", cloud.bill(now)));
    }
    told
}

proptest! {
    #[test]
    fn the_same_seed_and_the_same_deeds_give_the_same_history(seed: u64, deeds in deeds()) {
        let new = || Cloud::new(Settings::scarce("aws"), Offers::small("aws"), seed);
        let (mut one, mut other) = (new(), new());
        prop_assert_eq!(history(&mut one, &deeds), history(&mut other, &deeds));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn an_account_that_was_written_down_goes_on_as_if_it_had_not_been(
        seed: u64,
        deeds in deeds(),
        cut in 0..40_usize,
    ) {
        let mut one = Cloud::new(Settings::scarce("aws"), Offers::small("aws"), seed);
        let (before, after) = deeds.split_at(cut.min(deeds.len()));
        history(&mut one, before);
        let text = serde_json::to_string(&one).expect("writes");
        let mut other: Cloud = serde_json::from_str(&text).expect("reads");
        prop_assert_eq!(history(&mut one, after), history(&mut other, after));
    }

    #[test]
    fn a_bill_is_the_sum_over_its_machines_and_never_falls(seed: u64, deeds in deeds()) {
        let mut cloud = Cloud::new(Settings::scarce("aws"), Offers::small("aws"), seed);
        history(&mut cloud, &deeds);
        let mut before = 0.0;
        let end = START.0 + deeds.iter().map(|(after, _)| after).sum::<i64>();
        for hour in 0..5 {
            let now = Timestamp(end + hour * 3_600_000);
            let bill = cloud.bill(now);
            prop_assert_eq!(bill.lines.len(), cloud.machines().len());
            let mut sum = 0.0;
            for (line, machine) in bill.lines.iter().zip(cloud.machines()) {
                let from_to = line.from.map(|from| (from, line.to.unwrap_or(now)));
                prop_assert_eq!(line.cost, from_to.map_or(0.0, |(from, to)| cost(line.price, from, to)));
                prop_assert_eq!(line.there, machine.state(now) != State::Gone);
                if let (Some(from), Some(to)) = (line.from, line.to) {
                    prop_assert!(machine.accepted_at <= from && from <= to && to <= now);
                    prop_assert!(machine.gone_at().is_some_and(|gone| to <= gone));
                }
                sum += line.cost;
            }
            prop_assert_eq!(bill.total, sum);
            prop_assert!(bill.total >= before);
            before = bill.total;
        }
    }

    #[test]
    fn everything_that_is_removed_is_gone_within_an_hour_and_a_bit(seed: u64, deeds in deeds()) {
        let mut cloud = Cloud::new(Settings::scarce("aws"), Offers::small("aws"), seed);
        history(&mut cloud, &deeds);
        let end = START.0 + deeds.iter().map(|(after, _)| after).sum::<i64>();
        for minute in 0..=61 {
            let now = Timestamp(end + minute * 60_000);
            for machine in cloud.list(now, now) {
                let _ = cloud.terminate(now, &machine.handle);
            }
        }
        prop_assert_eq!(cloud.bill(Timestamp(end + 62 * 60_000)).there().count(), 0);
    }
}
