//! Runs that begin by a schedule.

use berth_shared::api::{JobReason, RunReason, RunStatus, Subject};

use super::{Bench, Script, code, one_offer, request};

/// Each five minutes.
const TEXT: &str = "type: dev-environment\nschedule: {cron: '*/5 * * * *'}\n";

#[tokio::test]
async fn a_run_begins_when_it_is_due_and_again_after_it_was_over_until_somebody_stops_it() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    let waiting = server.run(id).await;
    assert_eq!((waiting.status, waiting.attempts), (RunStatus::Pending, 0));
    let due = waiting.due_at.expect("it is due");
    assert!(due.0 % 300_000 == 0 && due > server.core.now() && due <= server.core.now().plus_seconds(300));
    assert_eq!(server.service.instances().await.expect("instances"), [], "nothing is made before");

    let first = server.until(id, RunStatus::Running).await;
    assert!(first.started_at.is_some() && server.core.now() >= due);
    assert_eq!((first.attempts, first.due_at), (1, None));
    server.pass(30).await;
    bench.world.end_jobs(JobReason::DoneByRunner);
    let over = server.until(id, RunStatus::Pending).await;
    assert_eq!(over.due_at, Some(due.plus_seconds(300)));
    assert_eq!((over.reason, over.finished_at), (None, None));
    server.pass(20).await;
    assert_eq!(bench.world.machines(), 0, "it has no machine meanwhile");
    server.pass(150).await;

    let second = server.until(id, RunStatus::Running).await;
    assert_eq!(second.attempts, 2);
    assert!(second.earlier_cost > 0.0, "{second:?}");
    server.service.stop("ann", "fox", false).await.expect("asked");
    let over = server.until(id, RunStatus::Terminated).await;
    assert_eq!(over.reason, Some(RunReason::StoppedByUser));
    server.pass(400).await;
    assert_eq!(server.run(id).await.status, RunStatus::Terminated);
    let told = server.service.run_by_id(id).await.expect("events").events;
    let told: Vec<String> =
        told.into_iter().filter(|event| event.subject == Subject::Run).map(|event| event.message).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    `fox` was submitted; it begins by its schedule
    begins by its schedule
    getting ready on small (fake)
    billing began
    ready to work in
    ended by itself: `false` ended with exit status 1
    ended by itself: `false` ended with exit status 1; it begins again by its schedule
    begins by its schedule
    getting ready on small (fake)
    billing began
    ready to work in
    `ann` stops it
    stopped by a user
    ");
    server.check_events().await;
}

#[tokio::test]
async fn one_that_waits_for_its_time_can_be_stopped_and_takes_no_machine_then() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.pass(5).await;
    server.service.stop("ann", "fox", false).await.expect("asked");
    let over = server.until(id, RunStatus::Terminated).await;
    assert_eq!((over.reason, over.due_at), (Some(RunReason::StoppedByUser), None));
    server.pass(400).await;
    assert_eq!(bench.world.begun().1, 0);
    server.check_events().await;
}

#[tokio::test]
async fn what_fails_is_tried_again_at_its_next_time() {
    let bench = Bench::new(Script { ends: Some(JobReason::ContainerExitedWithError), ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    let due = server.run(id).await.due_at.expect("it is due");
    server.pass(150).await;
    let failed = server.run(id).await;
    assert_eq!((failed.status, failed.attempts), (RunStatus::Pending, 1));
    assert_eq!(failed.due_at, Some(due.plus_seconds(300)));
    server.check_events().await;
}

#[tokio::test]
async fn times_while_no_server_ran_are_missed_and_told() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    drop(server);
    bench.clock.advance(3600);
    let server = bench.start().await;
    let run = server.until(id, RunStatus::Running).await;
    assert_eq!(run.attempts, 1, "it is made up for once");
    let events = server.service.run_by_id(id).await.expect("events").events;
    let told: Vec<&str> = events
        .iter()
        .filter(|event| event.message.contains("missed"))
        .map(|event| event.message.as_str())
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"begins by its schedule, late: it was due 11 times more, which are missed");
}

#[tokio::test]
async fn a_schedule_without_a_date_is_refused_and_a_machine_that_cannot_be_had_now_is_no_hindrance() {
    let bench = Bench::new(Script { offers: Vec::new(), ..one_offer() });
    let server = bench.start().await;
    let never = "type: dev-environment\nschedule: {cron: '0 0 31 2 *'}\n";
    assert_eq!(code(server.service.submit("ann", request("fox", never)).await), "no-offers");
    let id = server.submit("fox", TEXT).await;
    assert_eq!(server.run(id).await.status, RunStatus::Pending);
}
