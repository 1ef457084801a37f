//! Limits before a launch, at the placement, and when a month's money runs out.

use std::collections::BTreeSet;

use berth_shared::api::{
    AddInstance, InstanceStatus, LimitNote, Limits, PlanRequest, RunReason, RunStatus, SpendBy, Subject,
};

use super::{Bench, Script, Server, TEXT, code, one_offer, request};
use crate::{
    orchestrator::{ServiceError, SpendQuery, limits},
    store::LimitsOf,
};

/// Machines at $0.5 and $2 an hour, which wait when their run is over.
fn two_offers() -> Script {
    Script { offers: vec![("small", 0.5), ("large", 2.0)], keeps_idle: true, ..Script::default() }
}

impl Server {
    async fn limit(&self, of: LimitsOf, limits: Limits) {
        self.service.set_limits("ada", of, Some(limits)).await.expect("set");
    }

    async fn notes(&self, person: &str) -> Vec<LimitNote> {
        let request = PlanRequest { configuration: TEXT.to_owned(), preview: None };
        self.service.plan(person, &request).await.expect("a plan").limits
    }

    /// What was told about limits.
    async fn told(&self) -> Vec<String> {
        let events = self.service.events_after(0, 10_000).await.expect("events");
        let about = events.into_iter().filter(|stored| stored.event.subject == Subject::Limit);
        about.map(|stored| stored.event.message).collect()
    }
}

fn instances(most: u32) -> Limits {
    Limits { instances: Some(most), ..Limits::default() }
}

#[tokio::test]
async fn what_would_be_too_much_is_refused_before_anything_is_written() {
    let bench = Bench::new(two_offers());
    let server = bench.start().await;
    assert_eq!(server.notes("ann").await, []);
    server.limit(LimitsOf::Everybody, instances(1)).await;
    assert!(server.notes("ann").await.iter().all(|note| !note.over), "one is near, and may be had");
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;

    let notes = server.notes("ann").await;
    assert!(notes.iter().any(|note| note.over), "{notes:?}");
    assert!(server.notes("bob").await.iter().all(|note| !note.over), "that of others is theirs");
    let refused = server.service.submit("ann", request("owl", TEXT)).await.expect_err("it is refused");
    assert_eq!(refused.code(), "limit-reached");
    insta::assert_snapshot!(refused, @"this would be the 2nd instance; `ann` may have 1 at once: stop one, or ask an admin for more");
    let ServiceError::LimitReached(told) = refused else { panic!("{refused}") };
    assert_eq!(told, notes, "the plan has said it");
    assert_eq!(code(server.service.run("owl").await), "run-not-found");
    let add = AddInstance { configuration: TEXT.to_owned(), agreed_price: None };
    assert_eq!(code(server.service.add_instance("ann", "default-pool", add).await), "limit-reached");

    // What runs goes on, and one's own that waits is used again.
    server.limit(LimitsOf::Project, instances(0)).await;
    server.pass(60).await;
    assert_eq!(server.run(id).await.status, RunStatus::Running);
    server.service.stop("ann", "fox", false).await.expect("asked");
    server.until(id, RunStatus::Terminated).await;
    let again = server.submit("hen", TEXT).await;
    server.until(again, RunStatus::Running).await;
    server.check_events().await;
}

#[tokio::test]
async fn the_first_offer_within_the_limits_is_taken() {
    let bench = Bench::new(Script { offers: vec![("large", 2.0), ("small", 0.5)], ..Script::default() });
    let server = bench.start().await;
    server.limit(LimitsOf::Project, Limits { usd_per_hour: Some(1.0), ..Limits::default() }).await;
    let id = server.submit("fox", TEXT).await;
    let run = server.until(id, RunStatus::Running).await;
    assert_eq!(run.offer.expect("it has one").instance_type, "small");
}

#[tokio::test]
async fn a_run_that_finds_no_room_at_its_placement_says_why() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let first = server.submit("fox", TEXT).await;
    let second = server.submit("owl", TEXT).await;
    // Between the submission and the placement.
    server.limit(LimitsOf::Project, instances(1)).await;
    server.work().await;
    let (mut runs, mut refused) = (0, Vec::new());
    for id in [first, second] {
        for _ in 0..60 {
            server.pass(1).await;
            let run = server.run(id).await;
            if run.status == RunStatus::Running {
                runs += 1;
                break;
            }
            if run.status.is_finished() {
                assert_eq!((run.status, run.reason), (RunStatus::Failed, Some(RunReason::JobFailed)));
                refused.push(run.message.expect("it says why"));
                break;
            }
        }
    }
    assert_eq!(runs, 1);
    assert_eq!(refused.len(), 1);
    insta::assert_snapshot!(refused[0], @"no machine could be had: this would be the 2nd instance; the project may have 1 at once: stop one, or ask an admin to raise it");
    server.check_events().await;
}

#[tokio::test]
async fn an_added_instance_that_cannot_be_had_is_followed_by_none_that_is_too_dear() {
    let bench = Bench::new(Script { refuse: 1, ..two_offers() });
    let server = bench.start().await;
    server.limit(LimitsOf::Project, Limits { usd_per_hour: Some(1.0), ..Limits::default() }).await;
    let add = AddInstance { configuration: TEXT.to_owned(), agreed_price: None };
    server.service.add_instance("ann", "default-pool", add).await.expect("added");
    server.pass(30).await;
    let left = server.service.instances().await.expect("instances");
    assert!(left.iter().all(|instance| instance.status != InstanceStatus::Idle), "{left:?}");
    let snapshot = server.service.events_after(0, 10_000).await.expect("events");
    let why = snapshot.iter().any(|stored| stored.event.message.contains("the project may spend $1 an hour"));
    assert!(why, "{snapshot:#?}");
    server.check_events().await;
}

#[tokio::test]
async fn a_month_that_is_near_its_end_is_told_once() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    server.limit(LimitsOf::Project, Limits { usd_per_month: Some(1.0), ..Limits::default() }).await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    let mut known = BTreeSet::new();
    limits::look(&server.core, &mut known).await.expect("looked");
    assert_eq!(server.told().await.len(), 1, "only that it was set");
    // 85 cents, and then more than there may be.
    for minutes in [102, 60, 1] {
        server.clock.advance(minutes * 60);
        server.work().await;
        for told in [&mut known, &mut BTreeSet::new()] {
            limits::look(&server.core, told).await.expect("looked");
        }
    }
    let told = server.told().await;
    assert_eq!(told.len(), 3, "{told:?}");
    insta::assert_snapshot!(told[0], @"`ada` set the limits of the project: $1 a month");
    assert!(told[1].starts_with("the project has spent $0.8"), "{told:?}");
    assert!(told[2].contains("what runs goes on, and nothing that costs can be started"), "{told:?}");
    assert_eq!(server.run(id).await.status, RunStatus::Running);
    assert_eq!(code(server.service.submit("ann", request("owl", TEXT)).await), "limit-reached");
}

#[tokio::test]
async fn what_was_spent_is_what_the_runs_and_the_waiting_cost() {
    let bench = Bench::new(Script { keeps_idle: true, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    server.pass(100).await;
    server.service.stop("ann", "fox", false).await.expect("asked");
    let fox = server.until(id, RunStatus::Terminated).await;
    server.pass(50).await;
    let query = SpendQuery { days: 2, by: SpendBy::Run, offset_minutes: 0, person: None };
    let spend = server.service.spend(&query).await.expect("read");
    let now = server.core.now();
    let instance = server.service.instances().await.expect("instances").remove(0);
    assert!((spend.usd - instance.cost(now)).abs() < 1e-9, "{spend:?}");
    assert!((spend.usd - spend.idle_usd - fox.cost(now)).abs() < 1e-9, "{spend:?}");
    assert!(spend.idle_usd > 0.0);
    server.service.delete("ann", "fox").await.expect("deleted");
    assert_eq!(server.service.spend(&query).await.expect("read").days, spend.days);
    let everybody = server.service.limits().await.expect("read");
    assert!((everybody.project.used.usd_this_month - spend.usd).abs() < 1e-9);
}

#[tokio::test]
async fn no_limit_is_set_that_makes_no_sense() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    for dollars in [-1.0, f64::NAN, f64::INFINITY] {
        let limits = Limits { usd_per_hour: Some(dollars), ..Limits::default() };
        assert_eq!(
            code(server.service.set_limits("ada", LimitsOf::Project, Some(limits)).await),
            "limits-invalid"
        );
    }
    assert!(server.told().await.is_empty());
}
