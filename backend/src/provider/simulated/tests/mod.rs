//! The provider over a simulated cloud, hours of it in a moment.

mod machines;
mod remote;

use std::{sync::Arc, time::Duration};

use berth_shared::{
    api::{InstanceId, PlannedOffer},
    catalog::Offer,
    config::Written,
    time::Timestamp,
};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::*;
use crate::{
    clock::Clock,
    provider::{CreateRequest, InstanceObservation, PlanInput, Pools, Provider, ProviderError},
};

/// Goes with tokio's timers.
struct TimerClock(Instant);

impl Clock for TimerClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000 + self.0.elapsed().as_millis() as i64)
    }
}

struct Bench {
    cloud: SimulatedCloud,
    provider: SimulatedProvider,
}

fn bench(settings: Settings, faults: Faults) -> Bench {
    let account = Account::new(Cloud::new(settings, Offers::small("aws"), 7), faults, 7);
    let cloud = SimulatedCloud::start(account, Arc::new(TimerClock(Instant::now())));
    let provider = SimulatedProvider::new(Arc::new(cloud.clone()), Offers::small("aws"), "here");
    Bench { cloud, provider }
}

fn new(faults: Faults) -> Bench {
    bench(Settings::new("aws"), faults)
}

fn id(number: u128) -> InstanceId {
    InstanceId(Uuid::from_u128(number))
}

fn offer(spot: bool) -> Offer {
    let pool = Pool { region: "east".into(), instance_type: "small".into(), spot };
    Offers::small("aws").find(&pool, None).expect("it is there")
}

fn request(number: u128, spot: bool) -> CreateRequest {
    let planned = PlannedOffer {
        offer: offer(spot),
        allocation: None,
        notes: Vec::new(),
        observed_at: None,
        difference: None,
    };
    CreateRequest { id: id(number), name: format!("run-{number}"), planned }
}

impl Bench {
    async fn create(&self, number: u128) -> Result<(), ProviderError> {
        self.provider.create(&request(number, false)).await
    }

    async fn observe(&self, number: u128) -> InstanceObservation {
        self.provider.observe(id(number)).await.expect("it answers")
    }

    fn there(&self) -> usize {
        self.cloud.bill().there().count()
    }
}

fn is_temporary<T>(result: &Result<T, ProviderError>) -> bool {
    matches!(result, Err(ProviderError::Temporary { .. }))
}

const LONG: Duration = Duration::from_secs(100);

#[tokio::test(start_paused = true)]
async fn a_machine_is_made_once_and_removed_for_good() {
    let bench = new(Faults::none());
    assert!(matches!(bench.observe(1).await, InstanceObservation::Gone { message: None, .. }));
    bench.create(1).await.expect("it is accepted");
    bench.create(1).await.expect("it is accepted");
    assert!(matches!(bench.observe(1).await, InstanceObservation::Creating { .. }));
    sleep(LONG).await;
    let InstanceObservation::Ready { billing, leaves_at: None, .. } = bench.observe(1).await else {
        panic!("{:?}", bench.observe(1).await)
    };
    assert!(billing.from.is_some() && billing.to.is_none());
    let listed = bench.provider.list().await.expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, listed[0].ours, listed[0].price), (id(1), true, Some(0.1)));
    bench.provider.terminate(id(1)).await.expect("it is accepted");
    assert!(matches!(bench.observe(1).await, InstanceObservation::Removing { .. }));
    sleep(LONG).await;
    let line = bench.cloud.bill().lines[0].clone();
    let gone = bench.observe(1).await;
    assert_eq!((gone.billing().from, gone.billing().to), (line.from, line.to));
    assert!(matches!(gone, InstanceObservation::Gone { message: None, .. }));
}

#[tokio::test(start_paused = true)]
async fn a_naive_retry_makes_two_machines_and_looking_first_makes_one() {
    let faults = || Faults::none().once(On::Create, Trouble::AnswerLost);
    let bench = new(Faults { key_ignored: 1.0, ..faults() });
    assert!(is_temporary(&bench.create(1).await));
    bench.create(1).await.expect("it is found");
    assert_eq!(bench.there(), 1);

    let bench = new(Faults { key_ignored: 1.0, ..faults() });
    let order = Order {
        key: Some("1".into()),
        tag: Tag { installation: "here".into(), id: id(1), name: "run-1".into() },
        pool: Pool { region: "east".into(), instance_type: "small".into(), spot: false },
        gpu: None,
    };
    for _ in 0..2 {
        let _ = bench.cloud.call(Call::Create(order.clone())).await;
    }
    assert_eq!(bench.there(), 2);
}

#[tokio::test(start_paused = true)]
async fn copies_are_removed_and_the_one_that_is_spoken_of_stays() {
    let lag = Span::seconds(8, 8);
    let bench = new(Faults { key_ignored: 1.0, lag, ..Faults::none() }.once(On::Create, Trouble::AnswerLost));
    assert!(is_temporary(&bench.create(1).await));
    // The first is not found yet, and the key counts for nothing.
    bench.create(1).await.expect("it is accepted");
    assert_eq!(bench.there(), 2);
    sleep(LONG).await;
    let listed = bench.provider.list().await.expect("a list");
    assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [id(1), id(1)]);
    let spoken_of = bench.observe(1).await.billing().from;
    let removed = bench.provider.remove_copies(id(1)).await.expect("they are removed");
    sleep(LONG).await;
    assert_eq!(bench.there(), 1);
    assert_eq!(bench.observe(1).await.billing().from, spoken_of);
    let left: Vec<_> = bench.cloud.bill().lines.into_iter().filter(|line| !line.there).collect();
    assert_eq!(left.iter().map(|line| &line.handle).collect::<Vec<_>>(), removed.iter().collect::<Vec<_>>());
    assert_eq!(bench.provider.remove_copies(id(1)).await.expect("there is none"), [""; 0]);
    sleep(LONG).await;
    assert_eq!(bench.there(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_just_made_is_known_though_it_is_not_found_yet() {
    let bench = new(Faults { lag: Span::seconds(60, 60), ..Faults::none() });
    bench.create(1).await.expect("it is accepted");
    assert!(matches!(bench.observe(1).await, InstanceObservation::Creating { .. }));
    bench.create(1).await.expect("it is known");
    bench.provider.terminate(id(1)).await.expect("it is accepted");
    assert!(matches!(bench.observe(1).await, InstanceObservation::Removing { .. }));
    assert_eq!(bench.cloud.bill().lines.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_another_berth_made_is_listed_as_not_ours_and_left_alone() {
    let bench = new(Faults::none());
    let other = SimulatedProvider::new(Arc::new(bench.cloud.clone()), Offers::small("aws"), "elsewhere");
    other.create(&request(1, false)).await.expect("it is accepted");
    let listed = bench.provider.list().await.expect("a list");
    assert_eq!(listed.iter().map(|one| one.ours).collect::<Vec<_>>(), [false]);
    bench.provider.terminate(id(1)).await.expect("there is nothing of ours");
    bench.provider.remove_copies(id(1)).await.expect("there is nothing of ours");
    sleep(LONG).await;
    assert_eq!(bench.there(), 1);
    assert!(matches!(bench.observe(1).await, InstanceObservation::Gone { .. }));
}

#[tokio::test(start_paused = true)]
async fn each_trouble_does_what_its_name_says() {
    let call = |trouble| {
        let bench = new(Faults::none().once(On::Create, trouble));
        async move {
            let begun = Instant::now();
            let answer = timeout(Duration::from_secs(3600), bench.create(1)).await;
            (answer, begun.elapsed(), bench.there())
        }
    };
    let (answer, took, there) = call(Trouble::Slow(50_000)).await;
    assert!(matches!(answer, Ok(Ok(()))) && took >= Duration::from_secs(50) && there == 1);
    let (answer, _, there) = call(Trouble::NeverBefore).await;
    assert!(answer.is_err() && there == 0);
    let (answer, _, there) = call(Trouble::NeverAfter).await;
    assert!(answer.is_err() && there == 1);
    let (answer, _, there) = call(Trouble::AnswerLost).await;
    assert!(is_temporary(&answer.expect("in time")) && there == 1);
    for trouble in [Trouble::Throttled, Trouble::Unreachable] {
        let (answer, _, there) = call(trouble).await;
        assert!(is_temporary(&answer.expect("in time")) && there == 0, "{trouble:?}");
    }
    let (answer, _, there) = call(Trouble::NoCapacity).await;
    assert!(matches!(answer, Ok(Err(ProviderError::NoCapacity(_)))) && there == 0);
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_always_goes_wrong_as_its_name_says() {
    let none = Faults::none;
    let create = |faults| {
        let bench = new(faults);
        async move {
            let begun = Instant::now();
            let answer = timeout(Duration::from_secs(3600), bench.create(1)).await;
            (bench, answer, begun.elapsed())
        }
    };
    let (_, answer, took) = create(Faults { slow: 1.0, slowness: Span::seconds(40, 45), ..none() }).await;
    // Two calls: it looks before it makes.
    assert!(matches!(answer, Ok(Ok(()))) && (80..=91).contains(&took.as_secs()), "{took:?}");
    let (_, answer, _) = create(Faults { never: 1.0, ..none() }).await;
    assert!(answer.is_err());
    let (bench, answer, _) =
        create(Faults { late: 1.0, lateness: Span::seconds(4000, 4000), ..none() }).await;
    assert!(answer.is_err() && bench.there() == 0, "it has given up before it happens");
    sleep(Duration::from_secs(401)).await;
    assert_eq!(bench.there(), 1);
    let (bench, answer, _) = create(Faults { answer_lost: 1.0, ..none() }).await;
    assert!(is_temporary(&answer.expect("in time")) && bench.there() == 1);
    let (bench, answer, _) = create(Faults { wrong_answer: 1.0, ..none() }).await;
    // An answer without machines can be wrong only by having some.
    assert!(answer.is_ok() && bench.there() <= 1);
    let (bench, ..) = create(Faults { terminate_fails: 1.0, ..none() }).await;
    assert!(is_temporary(&bench.provider.terminate(id(1)).await) && bench.there() == 1);
    let (bench, ..) = create(Faults { never_ready: 1.0, ..none() }).await;
    sleep(Duration::from_secs(100_000)).await;
    assert!(matches!(bench.observe(1).await, InstanceObservation::Creating { .. }));
    let (bench, ..) = create(Faults { dies: 1.0, lifetime: Span::seconds(10, 10), ..none() }).await;
    sleep(Duration::from_secs(11)).await;
    assert!(matches!(bench.observe(1).await, InstanceObservation::Gone { message: Some(_), .. }));
}

#[tokio::test(start_paused = true)]
async fn a_machine_may_never_get_ready_or_die_or_resist() {
    let bench = new(Faults::none().once(On::Create, Trouble::NeverReady));
    bench.create(1).await.expect("it is accepted");
    sleep(Duration::from_secs(100_000)).await;
    assert!(matches!(bench.observe(1).await, InstanceObservation::Creating { .. }));

    let bench = new(Faults::none().once(On::Create, Trouble::Dies(200_000)));
    bench.create(1).await.expect("it is accepted");
    sleep(LONG).await;
    assert!(matches!(bench.observe(1).await, InstanceObservation::Ready { .. }));
    sleep(LONG).await;
    let gone = bench.observe(1).await;
    assert!(
        matches!(&gone, InstanceObservation::Gone { message: Some(message), .. } if message.contains("hardware"))
    );

    let bench = new(Faults::none().once(On::Create, Trouble::Resists(3_600_000)));
    bench.create(1).await.expect("it is accepted");
    assert!(is_temporary(&bench.provider.terminate(id(1)).await));
    sleep(Duration::from_secs(3600)).await;
    bench.provider.terminate(id(1)).await.expect("after an hour");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_answer_is_not_believed() {
    for wrong in [Wrong::State, Wrong::Id] {
        let bench = new(Faults::none());
        bench.create(1).await.expect("it is accepted");
        bench.cloud.set_faults(Faults::none().once(On::Find, Trouble::Wrong(wrong)));
        assert!(is_temporary(&bench.provider.observe(id(1)).await), "{wrong:?}");
        assert!(matches!(bench.observe(1).await, InstanceObservation::Creating { .. }));
    }
    let bench = new(Faults::none().once(On::List, Trouble::Wrong(Wrong::Price)));
    bench.create(1).await.expect("it is accepted");
    let prices: Vec<_> = [bench.provider.list().await, bench.provider.list().await]
        .map(|listed| listed.expect("a list")[0].price)
        .into();
    assert!(prices[0] != prices[1] && prices[1] == Some(0.1), "{prices:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_ends() {
    let faults = Faults { outages_per_hour: 1.0, outage: Span::seconds(600, 600), ..Faults::none() };
    let bench = new(faults);
    let mut out = 0;
    for _ in 0..240 {
        out += u32::from(is_temporary(&bench.provider.observe(id(1)).await));
        sleep(Duration::from_secs(60)).await;
    }
    // Ten minutes in each of four hours.
    assert!((30..=52).contains(&out), "{out}");
}

#[tokio::test(start_paused = true)]
async fn faults_end_when_they_are_to() {
    let start = Timestamp(1_700_000_000_000);
    let faults = Faults { throttled: 1.0, ..Faults::none() }.until(start.plus_seconds(100));
    let bench = new(faults);
    assert!(is_temporary(&bench.create(1).await));
    sleep(LONG).await;
    bench.create(1).await.expect("it is over");
}

#[tokio::test(start_paused = true)]
async fn hints_tell_when_something_changes_and_some_get_lost() {
    let told = |hint_lost| async move {
        let bench = new(Faults { hint_lost, ..Faults::none() });
        let mut changes = bench.provider.changes();
        for number in 0..100 {
            bench.create(number).await.expect("it is accepted");
        }
        sleep(LONG).await;
        let mut told = 0;
        while changes.try_recv().is_ok() {
            told += 1;
        }
        told
    };
    assert_eq!(told(0.0).await, 100);
    let some = told(0.5).await;
    assert!((25..75).contains(&some), "{some}");
    assert_eq!(told(1.0).await, 0);
}

async fn plan(bench: &Bench, text: &str) -> Vec<String> {
    let checked = berth_shared::check(&format!("type: dev-environment\nide: vscode\n{text}"));
    let configuration = checked.configuration.expect("it is valid");
    let input = PlanInput {
        configuration: &configuration,
        written: Written::default(),
        held: &[],
        pool: Pools::default(),
    };
    let plan = bench.provider.plan(&input).await.expect("a plan");
    let tell = |planned: PlannedOffer| {
        let offer = planned.offer;
        let spot = if offer.spot { " spot" } else { "" };
        format!("{} {}{spot} ${} {:?}", offer.region, offer.instance_type, offer.price, offer.availability)
    };
    let offers = plan.offers.into_iter().map(tell);
    offers.chain(plan.refusals.into_iter().map(|note| format!("{}: {}", note.path, note.message))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_plan_has_what_fits_and_says_whether_it_can_be_had() {
    let bench = new(Faults::none());
    assert_eq!(
        plan(&bench, "resources: {gpu: T4}\n").await,
        ["east t4 $0.53 Available", "west t4 $0.583 Available"]
    );
    let cheap = "spot_policy: auto\nresources: {cpu: 2, memory: 8GB}\n";
    let east = |spot| Pool { region: "east".into(), instance_type: "small".into(), spot };
    bench.cloud.with(|account, _| account.cloud.set_capacity(east(true), Some(0)));
    assert_eq!(
        plan(&bench, cheap).await,
        [
            "east small spot $0.035 NotAvailable",
            "west small spot $0.0385 Available",
            "east small $0.1 Available",
            "west small $0.11 Available"
        ]
    );
    for (limit, told) in [
        ("regions: [west]\n", "west small $0.11 Available"),
        ("max_price: 0.105\n", "east small $0.1 Available"),
        (
            "instance_types: [large]\n",
            "resources: `aws` has no machine that fits: ask for less, or for another",
        ),
        (
            "max_price: 0.05\n",
            "max_price: `aws` has machines that fit from $0.1 an hour on: raise `max_price`",
        ),
    ] {
        assert_eq!(
            plan(&bench, &format!("{limit}resources: {{cpu: 2, memory: 8GB}}\n")).await,
            [told],
            "{limit}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_that_the_quota_is_used_up() {
    let bench = bench(Settings { quota: Some(1), ..Settings::new("aws") }, Faults::none());
    bench.create(1).await.expect("it is accepted");
    let told = plan(&bench, "resources: {cpu: 2, memory: 8GB}\n").await;
    assert_eq!(told, ["east small $0.1 NoQuota", "west small $0.11 Available"]);
}

/// Many calls under every fault; says what came of each.
async fn history(seed: u64) -> Vec<String> {
    let cloud = Cloud::new(Settings::scarce("aws"), Offers::small("aws"), seed);
    let account = Account::new(cloud, Faults::some(), seed);
    let cloud = SimulatedCloud::start(account, Arc::new(TimerClock(Instant::now())));
    let provider = SimulatedProvider::new(Arc::new(cloud.clone()), Offers::small("aws"), "here");
    let mut told = Vec::new();
    let limit = Duration::from_secs(30);
    for round in 0..60 {
        let number = round % 6;
        let made = timeout(limit, provider.create(&request(number, number % 2 == 0))).await;
        told.push(format!("{made:?}"));
        sleep(Duration::from_secs(20)).await;
        told.push(format!("{:?}", timeout(limit, provider.observe(id(number))).await));
        if round % 7 == 0 {
            told.push(format!("{:?}", timeout(limit, provider.terminate(id(number))).await));
            told.push(format!("{:?}", timeout(limit, provider.list()).await));
        }
    }
    told.push(format!("{:?}", cloud.bill()));
    told
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_history_with_every_fault() {
    for seed in 0..5 {
        let one = history(seed).await;
        assert_eq!(one, history(seed).await);
        assert_ne!(one, history(seed + 1000).await);
    }
}

#[tokio::test(start_paused = true)]
async fn everything_goes_in_the_end_however_much_goes_wrong() {
    for seed in 0..20 {
        let cloud = Cloud::new(Settings::scarce("aws"), Offers::small("aws"), seed);
        let cloud = SimulatedCloud::start(
            Account::new(cloud, Faults::some(), seed),
            Arc::new(TimerClock(Instant::now())),
        );
        let provider = SimulatedProvider::new(Arc::new(cloud.clone()), Offers::small("aws"), "here");
        let limit = Duration::from_secs(30);
        for number in 0..8 {
            let _ = timeout(limit, provider.create(&request(number, false))).await;
        }
        for _ in 0..200 {
            if let Ok(Ok(listed)) = timeout(limit, provider.list()).await {
                for one in listed.into_iter().filter(|one| one.ours) {
                    let _ = timeout(limit, provider.terminate(one.id)).await;
                }
            }
            sleep(Duration::from_secs(60)).await;
        }
        assert_eq!(cloud.bill().there().count(), 0, "seed {seed}");
    }
}
