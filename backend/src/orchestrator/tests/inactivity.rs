//! Runs that are stopped when nobody has worked in them for long.

use berth_shared::api::{JobReason, KeepRun, RunId, RunReason, RunStatus, Subject};

use super::{Bench, Server, TEXT, code, one_offer};

/// A file that only dstack 0.22 can read.
const WAITS: &str = "type: dev-environment\nide: vscode\ninactivity_duration: 60s\n";

async fn running(server: &Server) -> RunId {
    let id = server.submit("fox", WAITS).await;
    let run = server.until(id, RunStatus::Running).await;
    assert_eq!(run.inactivity_seconds, Some(60));
    assert_eq!(run.inactive_at, run.started_at.map(|at| at.plus_seconds(60)), "nobody is there yet");
    id
}

/// Somebody is in it for so many seconds.
async fn stay(server: &Server, id: RunId, seconds: i64) {
    for _ in 0..seconds {
        server.service.seen(id).await.expect("it is to be noted");
        server.pass(1).await;
    }
}

#[tokio::test]
async fn a_run_in_which_nobody_works_is_stopped() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = running(&server).await;
    server.pass(58).await;
    assert_eq!(server.run(id).await.status, RunStatus::Running);
    let run = server.until(id, RunStatus::Terminated).await;
    assert_eq!(
        (run.reason, run.job_reason, run.inactive_at),
        (Some(RunReason::InactivityDurationExceeded), Some(JobReason::InactivityDurationExceeded), None)
    );
    assert_eq!(bench.world.machines(), 0);
    server.check_events().await;
}

#[tokio::test]
async fn whoever_works_in_a_run_keeps_it_and_when_they_leave_its_clock_is_told() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = running(&server).await;
    stay(&server, id, 200).await;
    let run = server.run(id).await;
    assert_eq!((run.status, run.inactive_at), (RunStatus::Running, None));
    server.service.left(id).await;
    let left = server.core.now();
    server.pass(40).await;
    assert_eq!(server.run(id).await.inactive_at, Some(left.plus_seconds(60)));
    server.pass(18).await;
    assert_eq!(server.run(id).await.status, RunStatus::Running);
    server.until(id, RunStatus::Terminated).await;

    let events = server.service.run_by_id(id).await.expect("events").events;
    let told = events.iter().filter(|event| event.subject == Subject::Run && event.to.is_none());
    let told: Vec<&str> = told.map(|event| event.message.split(" at ").next().unwrap_or_default()).collect();
    assert_eq!(
        told.iter().filter(|told| told.contains("is in it")).count(),
        2,
        "that somebody came and that they left, and no more: {told:?}"
    );
    server.check_events().await;
}

#[tokio::test]
async fn somebody_who_stays_is_noted_now_and_then() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = running(&server).await;
    let mut moments = std::collections::BTreeSet::new();
    for _ in 0..60 {
        server.service.seen(id).await.expect("noted");
        moments.extend(server.core.storage.active_at(id).await.expect("read"));
        server.clock.advance(1);
    }
    assert!((4..=5).contains(&moments.len()), "about each 15 s: {moments:?}");
}

#[tokio::test]
async fn what_has_no_limit_is_never_noted_nor_stopped() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    let run = server.until(id, RunStatus::Running).await;
    assert_eq!((run.inactivity_seconds, run.inactive_at), (None, None));
    assert_eq!(server.service.seen(id).await, None);
    assert_eq!(server.core.storage.active_at(id).await.expect("read"), None);
    let keep = server.service.keep_run("bob", "fox", KeepRun { seconds: 60 }).await;
    assert_eq!(code(keep), "no-inactivity-limit");
    server.clock.advance(1_000_000);
    server.work().await;
    assert_eq!(server.run(id).await.status, RunStatus::Running);
}

#[tokio::test]
async fn a_run_that_somebody_keeps_waits_longer() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", WAITS).await;
    let keep = async |seconds| server.service.keep_run("bob", "fox", KeepRun { seconds }).await;
    assert_eq!(code(keep(600).await), "run-not-running");
    server.until(id, RunStatus::Running).await;
    for seconds in [0, -5, 30 * 86_400 + 1] {
        assert_eq!(code(keep(seconds).await), "keep-too-long");
    }
    let until = Some(server.core.now().plus_seconds(660));
    assert_eq!(keep(600).await.expect("kept").inactive_at, until);
    assert_eq!(server.run(id).await.inactive_at, until);
    assert_eq!(keep(60).await.expect("kept for longer already").inactive_at, until);
    let events = server.service.run_by_id(id).await.expect("events").events;
    let told = events.last().expect("one");
    assert_eq!((told.message.as_str(), told.actor.as_deref()), ("`bob` keeps it for longer", Some("bob")));
    server.pass(650).await;
    assert_eq!(server.run(id).await.status, RunStatus::Running);
    server.until(id, RunStatus::Terminated).await;
    assert_eq!(code(keep(600).await), "run-finished");
    server.check_events().await;
}

#[tokio::test]
async fn a_server_that_comes_back_lets_people_come_back_first() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = running(&server).await;
    stay(&server, id, 5).await;
    // It is away for much longer than the limit, and whoever was there with it.
    bench.clock.advance(3600);
    server.core.missed();
    server.work().await;
    assert_eq!(server.run(id).await.status, RunStatus::Running, "nobody could have been seen");
    server.pass(50).await;
    stay(&server, id, 30).await;
    assert_eq!(server.run(id).await.inactive_at, None, "they are back");
    server.service.left(id).await;
    server.pass(58).await;
    assert_eq!(server.run(id).await.status, RunStatus::Running);
    server.until(id, RunStatus::Terminated).await;
}
