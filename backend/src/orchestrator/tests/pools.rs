//! Instances that wait, are used again, are added, kept and removed; and what nobody knows of.

use std::sync::Arc;

use berth_shared::api::{
    AddInstance, Instance, InstanceId, InstanceStatus, KeepInstance, Orphan, RemoveInstance, RunReason,
    RunStatus,
};

use super::{Bench, Script, Server, TEXT, code, one_offer, request};
use crate::orchestrator::sweep::{self, ORPHAN_SECONDS};

fn keeping() -> Script {
    Script { keeps_idle: true, ..one_offer() }
}

impl Server {
    async fn only_instance(&self) -> Instance {
        let mut all = self.service.instances().await.expect("instances");
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// Submits a run, lets it run for so many seconds, and stops it.
    async fn use_for(&self, name: &str, text: &str, seconds: i64) {
        let id = self.submit(name, text).await;
        self.until(id, RunStatus::Running).await;
        self.pass(seconds).await;
        self.service.stop("ann", name, false).await.expect("asked");
        self.until(id, RunStatus::Terminated).await;
    }

    async fn add(&self, text: &str) -> Instance {
        let request = AddInstance { configuration: text.to_owned(), agreed_price: None };
        self.service.add_instance("ann", "default-pool", request).await.expect("added")
    }

    async fn sweep(&self) {
        let provider = Arc::clone(&self.core.providers[0]);
        sweep::sweep(&self.core, provider.as_ref()).await.expect("swept");
    }

    async fn orphans(&self) -> Vec<Orphan> {
        self.service.orphans().await.expect("orphans")
    }

    async fn last_message(&self) -> String {
        let events = self.service.events_after(0, 10_000).await.expect("events");
        events.last().expect("an event").event.message.clone()
    }
}

#[tokio::test]
async fn an_instance_that_waits_is_given_to_the_next_run_and_each_pays_its_own_time() {
    let bench = Bench::new(keeping());
    let server = bench.start().await;
    server.use_for("fox", TEXT, 100).await;
    let waiting = server.only_instance().await;
    server.pass(50).await;
    server.use_for("owl", TEXT, 200).await;
    let after = server.only_instance().await;
    assert_eq!(waiting.id, after.id, "it is the same one");
    assert_eq!(bench.world.begun().1, 1, "only one was made");
    let (fox, owl) = (
        server.service.run("fox").await.expect("a run").run,
        server.service.run("owl").await.expect("a run").run,
    );
    let seconds = |run: &berth_shared::api::Run| {
        run.billed_to.expect("over").millis_since(run.billed_from.expect("begun")) / 1000
    };
    assert!((100..115).contains(&seconds(&fox)), "{fox:?}");
    assert!((200..215).contains(&seconds(&owl)), "{owl:?}");
    assert!(fox.billed_to < owl.billed_from, "nobody pays while it waits");
    assert_eq!(after.billed_from, fox.billed_from, "the instance costs all the while");
    assert_eq!(after.billed_to, None);
    server.check_events().await;
}

#[tokio::test]
async fn an_instance_goes_to_one_of_two_runs() {
    let bench = Bench::new(keeping());
    let server = bench.start().await;
    server.use_for("fox", TEXT, 10).await;
    let (owl, elk) = (server.submit("owl", TEXT).await, server.submit("elk", TEXT).await);
    let (owl, elk) =
        (server.until(owl, RunStatus::Running).await, server.until(elk, RunStatus::Running).await);
    assert_ne!(owl.instance_id, elk.instance_id);
    assert_eq!(server.service.instances().await.expect("instances").len(), 2);
}

#[tokio::test]
async fn only_a_fitting_instance_of_the_named_pool_is_used_again() {
    let bench = Bench::new(keeping());
    let server = bench.start().await;
    server.use_for("fox", &format!("{TEXT}pool_name: team\n"), 10).await;
    let team = server.only_instance().await;
    assert_eq!(team.pool, "team");
    let other = server.submit("owl", TEXT).await;
    assert_ne!(server.until(other, RunStatus::Running).await.instance_id, Some(team.id), "another pool");
    let same = server.submit("elk", &format!("{TEXT}pool_name: team\n")).await;
    assert_eq!(server.until(same, RunStatus::Running).await.instance_id, Some(team.id));
    let pools = server.service.pools().await.expect("pools");
    let names: Vec<_> = pools.iter().map(|pool| (pool.name.as_str(), pool.default, pool.instances)).collect();
    assert_eq!(names, [("default-pool", true, 1), ("team", false, 1)]);
}

#[tokio::test]
async fn reuse_only_takes_what_waits_and_else_says_so() {
    let bench = Bench::new(keeping());
    let server = bench.start().await;
    let text = format!("{TEXT}creation_policy: reuse\n");
    assert_eq!(code(server.service.submit("ann", request("owl", &text)).await), "no-offers");
    server.use_for("fox", TEXT, 10).await;
    let id = server.submit("owl", &text).await;
    server.until(id, RunStatus::Running).await;
    assert_eq!(bench.world.begun().1, 1);
}

#[tokio::test]
async fn an_added_instance_waits_for_three_days_and_serves_runs() {
    let bench = Bench::new(keeping());
    let server = bench.start().await;
    let added = server.add(TEXT).await;
    assert_eq!((added.status, added.idle_seconds), (InstanceStatus::Pending, Some(3 * 24 * 3600)));
    server.pass(5).await;
    let ready = server.only_instance().await;
    assert_eq!((ready.id, ready.status), (added.id, InstanceStatus::Idle));
    assert_eq!(ready.idle_stop_at, Some(ready.status_since.plus_seconds(3 * 24 * 3600)));
    let id = server.submit("fox", TEXT).await;
    assert_eq!(server.until(id, RunStatus::Running).await.instance_id, Some(added.id));
    server.check_events().await;
}

#[tokio::test]
async fn an_added_instance_tries_the_next_offer_as_another_one() {
    let bench = Bench::new(Script { offers: vec![("small", 0.5), ("large", 1.0)], refuse: 1, ..keeping() });
    let server = bench.start().await;
    let added = server.add(&format!("{TEXT}instance_name: box\n")).await;
    server.pass(10).await;
    let ready = server.only_instance().await;
    assert_ne!(ready.id, added.id, "a tag is never used twice");
    assert_eq!((ready.name.as_str(), ready.offer.instance_type.as_str()), ("box", "large"));
    assert_eq!(ready.status, InstanceStatus::Idle);
}

#[tokio::test]
async fn an_added_instance_that_cannot_be_had_is_given_up_or_tried_again_as_asked() {
    let bench = Bench::new(Script { refuse: 1, ..keeping() });
    let server = bench.start().await;
    server.add(TEXT).await;
    server.pass(10).await;
    assert_eq!(server.service.instances().await.expect("instances"), []);
    insta::assert_snapshot!(server.last_message().await, @"no instance could be had: every offer that fits was tried; fake here small on-demand: no capacity: sold out");

    bench.world.script().refuse = 1;
    server.add(&format!("{TEXT}retry_policy:\n  retry: true\n")).await;
    server.pass(10).await;
    assert_eq!(server.only_instance().await.status, InstanceStatus::Pending);
    server.pass(70).await;
    assert_eq!(server.only_instance().await.status, InstanceStatus::Idle);
    server.check_events().await;
}

#[tokio::test]
async fn an_added_instance_can_be_removed_while_it_is_being_made() {
    let bench = Bench::new(Script { never: true, ..keeping() });
    let server = bench.start().await;
    let added = server.add(TEXT).await;
    server.pass(3).await;
    let gentle = RemoveInstance::default();
    server.service.remove_instance("ann", added.id, gentle).await.expect("asked");
    server.pass(5).await;
    assert_eq!(server.service.instances().await.expect("instances"), []);
    assert_eq!(code(server.service.remove_instance("ann", added.id, gentle).await), "instance-not-found");
}

#[tokio::test]
async fn an_idle_clock_can_be_moved_by_whoever_wants_the_instance_kept() {
    let bench = Bench::new(keeping());
    let server = bench.start().await;
    server.use_for("fox", TEXT, 10).await;
    let waiting = server.only_instance().await;
    assert_eq!(waiting.idle_stop_at, Some(waiting.status_since.plus_seconds(300)));
    let keep = |seconds| server.service.keep_instance("bob", waiting.id, KeepInstance { seconds });
    assert_eq!(
        keep(10).await.expect("kept").idle_stop_at,
        waiting.idle_stop_at,
        "never to an earlier moment"
    );
    let kept = keep(3600).await.expect("kept");
    assert_eq!(kept.kept_by.as_deref(), Some("bob"));
    server.pass(3000).await;
    assert_eq!(server.only_instance().await.status, InstanceStatus::Idle);
    server.pass(700).await;
    assert_eq!(server.service.instances().await.expect("instances"), []);
    assert_eq!(code(keep(0).await), "keep-too-long");
    assert_eq!(code(keep(3600).await), "instance-not-idle");
}

#[tokio::test]
async fn a_busy_instance_goes_by_force_only_and_interrupts_its_run() {
    let bench = Bench::new(keeping());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    let instance = server.until(id, RunStatus::Running).await.instance_id.expect("one");
    let remove =
        |force| server.service.remove_instance("bob", instance, RemoveInstance { force, forget: false });
    assert_eq!(code(remove(false).await), "instance-busy");
    remove(true).await.expect("asked");
    let run = server.until(id, RunStatus::Failed).await;
    assert_eq!(run.reason, Some(RunReason::JobFailed));
    insta::assert_snapshot!(run.message.expect("why"), @"its machine went away: no longer wanted");
    assert_eq!(bench.world.machines(), 0);
    server.check_events().await;
}

#[tokio::test]
async fn an_instance_that_will_not_go_can_be_written_off_and_is_still_looked_for() {
    let bench = Bench::new(Script { keep_alive: 40, ..keeping() });
    let server = bench.start().await;
    server.use_for("fox", &format!("{TEXT}termination_idle_time: 5s\n"), 1).await;
    let id = server.only_instance().await.id;
    let forget = RemoveInstance { force: false, forget: true };
    assert_eq!(code(server.service.remove_instance("ann", id, forget).await), "instance-not-stuck");
    server.pass(30).await;
    let stuck = server.only_instance().await;
    assert_eq!(stuck.status, InstanceStatus::Terminating);
    insta::assert_snapshot!(stuck.message.expect("why"), @"the answer was lost; trying again");
    server.service.remove_instance("ann", id, forget).await.expect("asked");
    server.work().await;
    assert_eq!(server.service.instances().await.expect("instances"), []);
    assert_eq!(bench.world.machines(), 1, "it is still there");
    bench.world.script().keep_alive = 0;
    server.sweep().await;
    server.sweep().await;
    assert_eq!(bench.world.machines(), 0, "the sweep has found it");
    assert_eq!(server.orphans().await.len(), 1);
}

#[tokio::test]
async fn a_pool_goes_when_it_is_empty_and_by_force_with_what_is_in_it() {
    let bench = Bench::new(keeping());
    let server = bench.start().await;
    let service = &server.service;
    service.create_pool("ann", "team").await.expect("made");
    assert_eq!(code(service.create_pool("ann", "team").await), "pool-exists");
    assert_eq!(code(service.create_pool("ann", " ").await), "pool-name-invalid");
    let id = server.submit("fox", &format!("{TEXT}pool_name: team\n")).await;
    server.until(id, RunStatus::Running).await;
    assert_eq!(code(service.delete_pool("ann", "team", false).await), "pool-not-empty");
    assert_eq!(code(service.delete_pool("ann", "team", true).await), "pool-not-empty");
    server.until(id, RunStatus::Failed).await;
    service.delete_pool("ann", "team", true).await.expect("removed");
    assert_eq!(code(service.delete_pool("ann", "team", true).await), "pool-not-found");
    assert_eq!(code(service.delete_pool("ann", "default-pool", true).await), "pool-is-default");
    service.create_pool("ann", "next").await.expect("made");
    service.set_default_pool("ann", "next").await.expect("chosen");
    service.delete_pool("ann", "default-pool", false).await.expect("removed");
    server.use_for("owl", TEXT, 1).await;
    assert_eq!(server.only_instance().await.pool, "next");
    server.check_events().await;
}

#[tokio::test]
async fn what_nobody_knows_of_is_shown_first_and_removed_later_unless_kept() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    let [gone, kept] = [7, 8].map(|n| InstanceId(uuid::Uuid::from_u128(n)));
    bench.world.plant(gone);
    bench.world.plant(kept);
    server.sweep().await;
    let found = server.orphans().await;
    assert_eq!(found.iter().map(|orphan| orphan.id).collect::<Vec<_>>(), [gone, kept]);
    assert_eq!(found[0].remove_at, Some(found[0].found_at.plus_seconds(ORPHAN_SECONDS)));
    let handle = kept.to_string();
    server.service.decide_orphan("bob", "fake", &handle, true).await.expect("kept");
    server.pass(ORPHAN_SECONDS + 1).await;
    server.sweep().await;
    let _ = server.core.providers[0].observe(gone).await;
    assert_eq!(bench.world.machines(), 2, "the run's own machine and the kept one stay");
    server.sweep().await;
    let left = server.orphans().await;
    assert!(left.iter().any(|orphan| orphan.id == gone && orphan.gone_at.is_some()), "{left:?}");
    server.service.decide_orphan("bob", "fake", &handle, false).await.expect("let go");
    server.sweep().await;
    let _ = server.core.providers[0].observe(kept).await;
    assert_eq!(bench.world.machines(), 1);
    let events = server.service.events_after(0, 10_000).await.expect("events");
    let told: Vec<_> = events
        .iter()
        .filter(|e| e.event.instance_id == Some(gone))
        .map(|e| e.event.message.replace(&gone.to_string(), "ID"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    `ID` on `fake` is not known here; it is removed in 15 minutes unless somebody keeps it
    `ID` on `fake` is gone
    ");
}
