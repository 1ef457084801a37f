//! The server goes away at every call, before and after it has had its effect; another comes.

use berth_shared::{
    api::{RunStatus, Subject},
    time::Timestamp,
};

use super::{Bench, Script, TEXT, one_offer};
use crate::store::{LeaseRequest, Queue};

/// Works until a call hangs, and drops everything there and then; `false` when none did.
async fn work_until_hanging(bench: &Bench, server: &super::Server, seconds: i64) -> bool {
    tokio::select! {
        () = bench.world.hanging.notified() => true,
        () = server.pass(seconds) => false,
    }
}

/// One life: submitted, running, stopped, gone. Crashes at the `at`th call after the submission; gives the number
/// of calls.
async fn life(at: u32, after: bool) -> u32 {
    let bench = Bench::new(Script { setup: 1, ..one_offer() });
    let mut server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    let before = bench.world.calls();
    bench.world.script().hang = Some((before.saturating_add(at), after));
    let mut stopped = false;
    loop {
        if work_until_hanging(&bench, &server, 6).await {
            drop(server);
            server = restart(&bench).await;
        }
        let run = server.run(id).await;
        match run.status {
            RunStatus::Running if !stopped => {
                stopped = true;
                server.service.stop("ann", "fox", false).await.expect("asked");
            }
            RunStatus::Terminated => break,
            RunStatus::Failed | RunStatus::Done => panic!("{run:#?}"),
            _ => {}
        }
    }
    assert!(stopped, "it ended without being asked to");
    assert_eq!(bench.world.machines(), 0, "leaked");
    assert_eq!(bench.world.begun(), (1, 1), "doubled");
    server.check_events().await;
    let words = super::statuses(&server.service, id, Subject::Run).await;
    assert_eq!(words, ["submitted", "provisioning", "running", "terminating", "terminated"]);
    bench.world.calls() - before
}

/// The folder is free once the last pass of the old server is gone.
async fn restart(bench: &Bench) -> super::Server {
    for _ in 0..2000 {
        if crate::store::open(&bench.folder.0).await.is_ok() {
            return bench.start().await;
        }
        tokio::task::yield_now().await;
    }
    panic!("the old server holds its folder");
}

#[tokio::test]
async fn a_crash_at_any_call_loses_doubles_and_leaks_nothing() {
    let calls = life(u32::MAX, false).await;
    assert!(calls > 10, "{calls}");
    for at in 1..=calls {
        for after in [false, true] {
            life(at, after).await;
        }
    }
}

fn ask<'a>(owner: &'a str, now: Timestamp, backends: &'a [String]) -> LeaseRequest<'a> {
    LeaseRequest { queue: Queue::Jobs, owner, backends, now, until: now.plus_seconds(10), limit: 9 }
}

#[tokio::test]
async fn what_a_stale_lease_decided_is_refused() {
    use crate::store::{Change, CommitError};
    let backends = ["fake".to_owned()];
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    let storage = &server.core.storage;
    let now = server.core.now();
    let old = storage.lease(&ask("one", now, &backends)).await.expect("leased").remove(0);
    let none = storage.lease(&ask("two", now, &backends)).await.expect("leased");
    assert_eq!(none, [], "a lease is for one");
    let later = now.plus_seconds(11);
    storage.wake(&[]).await.expect("woken");
    let woken = Change { wakes: vec![(Queue::Jobs, old.id)], ..Change::default() };
    storage.commit(&woken).await.expect("written");
    let new = storage.lease(&ask("two", later, &backends)).await.expect("leased").remove(0);
    assert!(new.token > old.token);
    let whole = storage.whole(id).await.expect("read").expect("there");
    let write = |lease| Change { lease: Some(lease), jobs: vec![whole.job.clone()], ..Change::default() };
    assert!(matches!(storage.commit(&write(old)).await, Err(CommitError::LeaseLost)));
    storage.commit(&write(new.clone())).await.expect("the newer lease may write");
    assert!(matches!(storage.commit(&write(new)).await, Err(CommitError::Stale)), "only over what it read");
}
