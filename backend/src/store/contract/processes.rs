//! Several processes on one database: what one leaves behind, another goes on with.

use std::{sync::Arc, time::Duration};

use berth_shared::{
    api::{RunStatus, Subject},
    time::Timestamp,
};

use super::{
    Bed, commit,
    sample::{at, event, run_id, submission},
    whole,
};
use crate::store::{Change, CommitError, Lease, LeaseRequest, Queue, Storage};

super::on_every_store!(
    who_begins_alone_takes_everything_over,
    who_leaves_gives_everything_back,
    a_task_is_done_by_one_at_a_time,
    this_installation_stays_the_same,
    a_commit_is_told_in_its_own_process,
);
super::on_every_shared_store!(
    who_joins_others_leaves_them_their_leases,
    who_falls_silent_loses_its_leases_and_tasks,
    who_comes_back_from_silence_is_one_of_them_again,
    a_commit_is_told_in_every_process,
    a_wake_is_told_in_every_process,
    two_processes_never_lease_the_same_row,
);

async fn take(store: &Arc<dyn Storage>, owner: &str, now: Timestamp, limit: u32) -> Vec<Lease> {
    let until = now.plus_seconds(300);
    let request = LeaseRequest { queue: Queue::Runs, owner, backends: &[], now, until, limit };
    store.lease(&request).await.expect("leases")
}

/// Waits for `done` within reason.
async fn within_reason<T>(done: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("it happens within reason")
}

async fn who_begins_alone_takes_everything_over(bed: Bed) {
    let store = bed.store().await;
    assert_eq!(store.join("a", at(0)).await.expect("joined").replicas, 1);
    for n in 1..=2 {
        commit(&store, submission(n, &format!("fox-{n}"))).await;
    }
    for lease in take(&store, "a", at(0), 10).await {
        store.release(&lease, None).await.expect("given back");
    }
    let mut over = whole(&store, 2).await.run;
    over.run.status = RunStatus::Done;
    commit(&store, Change { runs: vec![over], ..Change::default() }).await;
    for lease in take(&store, "a", at(0), 10).await {
        store.release(&lease, None).await.expect("given back");
    }
    assert_eq!(take(&store, "a", at(0), 10).await, []);
    // Begins again, nobody else being there.
    store.leave("a").await.expect("left");
    assert_eq!(store.join("b", at(0)).await.expect("joined").replicas, 1);
    let found = take(&store, "b", at(0), 10).await;
    assert_eq!(found.iter().map(|lease| lease.id).collect::<Vec<_>>(), [run_id(1).0]);
    assert_eq!(store.beat("b", at(1)).await.expect("told").replicas, 1);
}

async fn who_leaves_gives_everything_back(bed: Bed) {
    let store = bed.store().await;
    store.join("a", at(0)).await.expect("joined");
    commit(&store, submission(1, "fox")).await;
    let lease = take(&store, "a", at(0), 1).await.remove(0);
    assert!(store.claim("sweep", "a", at(0), at(100)).await.expect("asked"));
    store.leave("b").await.expect("nothing happens");
    assert_eq!(take(&store, "b", at(1), 1).await, []);
    store.leave("a").await.expect("left");
    let again = take(&store, "b", at(1), 1).await;
    assert_eq!(again.iter().map(|lease| lease.id).collect::<Vec<_>>(), [lease.id]);
    assert!(store.claim("sweep", "b", at(1), at(100)).await.expect("asked"));
}

async fn a_task_is_done_by_one_at_a_time(bed: Bed) {
    let store = bed.store().await;
    assert!(store.claim("sweep", "a", at(0), at(10)).await.expect("asked"));
    assert!(!store.claim("sweep", "b", at(9), at(20)).await.expect("asked"));
    assert!(store.claim("other", "b", at(9), at(20)).await.expect("asked"));
    assert!(store.claim("sweep", "a", at(9), at(15)).await.expect("asked"), "it goes on");
    assert!(!store.claim("sweep", "b", at(14), at(30)).await.expect("asked"));
    assert!(store.claim("sweep", "b", at(15), at(30)).await.expect("asked"), "its time is over");
    assert!(!store.claim("sweep", "a", at(16), at(30)).await.expect("asked"));
    assert!(store.claim("sweep", "b", at(17), at(17)).await.expect("asked"), "it is given up");
    assert!(store.claim("sweep", "a", at(17), at(30)).await.expect("asked"));
}

async fn this_installation_stays_the_same(bed: Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    assert_eq!(one.installation(), two.installation());
    assert!(!one.installation().is_nil());
}

async fn a_commit_is_told_in_its_own_process(bed: Bed) {
    let store = bed.store().await;
    let mut newest = store.signals().newest();
    commit(&store, submission(1, "fox")).await;
    assert_eq!(*newest.borrow_and_update(), 1);
    within_reason(store.signals().work()).await;
    let other = bed.store().await;
    assert_eq!(*other.signals().newest().borrow(), 1, "known from the start");
}

async fn who_joins_others_leaves_them_their_leases(bed: Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    one.join("a", at(0)).await.expect("joined");
    commit(&one, submission(1, "fox")).await;
    let lease = take(&one, "a", at(0), 1).await.remove(0);
    assert_eq!(two.join("b", at(1)).await.expect("joined").replicas, 2);
    assert_eq!(take(&two, "b", at(1), 1).await, []);
    assert_eq!(two.beat("b", at(2)).await.expect("told").ended, 0);
    let run = whole(&one, 1).await.run;
    commit(&one, Change { lease: Some(lease), runs: vec![run], ..Change::default() }).await;
    one.leave("a").await.expect("left");
    assert_eq!(two.beat("b", at(3)).await.expect("told").replicas, 1);
    assert_eq!(take(&two, "b", at(3), 1).await.len(), 1);
}

async fn who_falls_silent_loses_its_leases_and_tasks(bed: Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    one.join("a", at(0)).await.expect("joined");
    two.join("b", at(0)).await.expect("joined");
    for n in 1..=2 {
        commit(&one, submission(n, &format!("fox-{n}"))).await;
    }
    let old = take(&one, "a", at(0), 1).await.remove(0);
    take(&two, "b", at(0), 1).await.remove(0);
    assert!(one.claim("sweep", "a", at(0), at(1000)).await.expect("asked"));
    bed.silence("a", 19).await;
    let beat = two.beat("b", at(19)).await.expect("told");
    assert_eq!((beat.replicas, beat.ended), (2, 0));
    bed.silence("a", 2).await;
    let beat = two.beat("b", at(21)).await.expect("told");
    assert_eq!((beat.replicas, beat.ended), (1, 1));
    within_reason(two.signals().work()).await;
    assert!(two.claim("sweep", "b", at(21), at(1000)).await.expect("asked"));
    let new = take(&two, "b", at(21), 10).await;
    assert_eq!(new.iter().map(|lease| lease.id).collect::<Vec<_>>(), [old.id], "its own it keeps");
    let late = one.commit(&Change { lease: Some(old), ..Change::default() }).await;
    assert!(matches!(late, Err(CommitError::LeaseLost)), "{late:?}");
}

async fn who_comes_back_from_silence_is_one_of_them_again(bed: Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    one.join("a", at(0)).await.expect("joined");
    two.join("b", at(0)).await.expect("joined");
    bed.silence("a", 30).await;
    assert_eq!(two.beat("b", at(30)).await.expect("told").replicas, 1);
    assert_eq!(one.beat("a", at(31)).await.expect("told").replicas, 2);
    commit(&one, submission(1, "fox")).await;
    assert_eq!(take(&one, "a", at(31), 1).await.len(), 1);
    assert_eq!(two.beat("b", at(32)).await.expect("told").ended, 0);
}

async fn a_commit_is_told_in_every_process(bed: Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    let mut newest = two.signals().newest();
    commit(&one, submission(1, "fox")).await;
    within_reason(newest.wait_for(|seq| *seq == 1)).await.expect("told");
    within_reason(two.signals().work()).await;
    // Nothing is told of a change without events, but that there may be work.
    let run = whole(&one, 1).await.run;
    commit(&one, Change { runs: vec![run], ..Change::default() }).await;
    within_reason(two.signals().work()).await;
    commit(&two, Change { events: vec![event(Subject::Run, Some(run_id(1)), None)], ..Change::default() })
        .await;
    within_reason(one.signals().newest().wait_for(|seq| *seq == 2)).await.expect("told");
}

async fn a_wake_is_told_in_every_process(bed: Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    one.wake(&[]).await.expect("woken");
    within_reason(two.signals().work()).await;
}

async fn two_processes_never_lease_the_same_row(bed: Bed) {
    let stores = [bed.store().await, bed.store().await, bed.store().await];
    for n in 1..=60 {
        commit(&stores[0], submission(n, &format!("fox-{n}"))).await;
    }
    let mut taking = tokio::task::JoinSet::new();
    for (number, store) in stores.into_iter().enumerate() {
        taking.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let leases = take(&store, &format!("worker-{number}"), at(0), 3).await;
                if leases.is_empty() {
                    return mine;
                }
                mine.extend(leases);
                tokio::task::yield_now().await;
            }
        });
    }
    let mut all: Vec<Lease> = taking.join_all().await.concat();
    assert!(all.iter().all(|lease| lease.token == 1));
    all.sort_by_key(|lease| lease.id);
    all.dedup();
    assert_eq!(all.len(), 60);
}
