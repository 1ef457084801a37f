//! Lists, in pages and at one moment.

use std::sync::Arc;

use berth_shared::api::{Allocation, DEFAULT_PROJECT, InstanceStatus, RunId, RunStatus, SNAPSHOT_FINISHED};

use super::{
    Bed, commit,
    sample::{at, instance, instance_id, run_id, submission},
};
use crate::store::{Change, InstanceRow, Storage};

super::on_every_store!(
    runs_come_in_pages_newest_first,
    runs_of_one_millisecond_are_neither_lost_nor_doubled_between_pages,
    a_snapshot_has_what_is_active_and_the_newest_that_is_finished,
    instances_that_are_gone_are_in_no_list,
    active_runs_come_in_pages_of_their_own,
    instances_come_in_pages_oldest_first,
    the_default_pool_is_known_by_name,
    what_a_backend_holds_is_what_its_instances_were_given,
);

async fn page(store: &Arc<dyn Storage>, before: Option<(i64, u32)>, limit: u32) -> Vec<RunId> {
    let before = before.map(|(seconds, n)| (at(seconds), run_id(n)));
    store
        .runs(DEFAULT_PROJECT, false, before, limit)
        .await
        .expect("read")
        .into_iter()
        .map(|run| run.id)
        .collect()
}

async fn runs_come_in_pages_newest_first(bed: Bed) {
    let store = bed.store().await;
    for n in [2, 5, 1, 4, 3] {
        commit(&store, submission(n, &format!("fox-{n}"))).await;
    }
    assert_eq!(page(&store, None, 2).await, [run_id(5), run_id(4)]);
    assert_eq!(page(&store, Some((4, 4)), 2).await, [run_id(3), run_id(2)]);
    assert_eq!(page(&store, Some((2, 2)), 2).await, [run_id(1)]);
    assert_eq!(page(&store, Some((1, 1)), 2).await, []);
}

async fn runs_of_one_millisecond_are_neither_lost_nor_doubled_between_pages(bed: Bed) {
    let store = bed.store().await;
    for n in [3, 1, 2] {
        let mut change = submission(n, &format!("fox-{n}"));
        change.runs[0].run.submitted_at = at(0);
        commit(&store, change).await;
    }
    assert_eq!(page(&store, None, 1).await, [run_id(3)]);
    assert_eq!(page(&store, Some((0, 3)), 1).await, [run_id(2)]);
    assert_eq!(page(&store, Some((0, 2)), 5).await, [run_id(1)]);
}

async fn a_snapshot_has_what_is_active_and_the_newest_that_is_finished(bed: Bed) {
    let store = bed.store().await;
    let all = SNAPSHOT_FINISHED + 10;
    for n in 1..=all {
        let mut change = submission(n, &format!("fox-{n}"));
        // The two oldest of all go on.
        change.runs[0].run.status = if n <= 2 { RunStatus::Running } else { RunStatus::Done };
        commit(&store, change).await;
    }
    let mut gone = instance(1, "cloud");
    gone.instance.status = InstanceStatus::Terminated;
    let instances = vec![gone, instance(3, "cloud"), instance(2, "local")];
    commit(&store, Change { instances, ..Change::default() }).await;
    let snapshot = store.snapshot(DEFAULT_PROJECT, at(99)).await.expect("read");
    assert_eq!((snapshot.seq, snapshot.at), (all.into(), at(99)));
    let runs: Vec<RunId> = snapshot.runs.iter().map(|run| run.id).collect();
    let newest = (all - SNAPSHOT_FINISHED + 1..=all).rev().chain([2, 1]);
    assert_eq!(runs, newest.map(run_id).collect::<Vec<_>>());
    let instances: Vec<_> = snapshot.instances.iter().map(|instance| instance.id).collect();
    assert_eq!(instances, [instance_id(2), instance_id(3)]);
}

fn ids(rows: &[InstanceRow]) -> Vec<berth_shared::api::InstanceId> {
    rows.iter().map(|row| row.instance.id).collect()
}

async fn instances_that_are_gone_are_in_no_list(bed: Bed) {
    let store = bed.store().await;
    let mut rows: Vec<InstanceRow> = (1..=5).map(|n| instance(n, "cloud")).collect();
    for row in &mut rows {
        row.instance.status = InstanceStatus::Idle;
    }
    rows[3].instance.pool = "other".to_owned();
    rows[4].instance.status = InstanceStatus::Busy;
    rows.swap(0, 2);
    commit(&store, Change { instances: rows, ..Change::default() }).await;
    let all = store.active_instances().await.expect("read");
    assert_eq!(ids(&all), [1, 2, 3, 4, 5].map(instance_id));
    assert_eq!(
        ids(&store.idle_instances(DEFAULT_PROJECT, "default-pool").await.expect("read")),
        [1, 2, 3].map(instance_id)
    );
    assert_eq!(ids(&store.idle_instances(DEFAULT_PROJECT, "other").await.expect("read")), [instance_id(4)]);
    assert_eq!(ids(&store.idle_instances(DEFAULT_PROJECT, "none").await.expect("read")), []);
    let of_pool = async |pool, limit| -> Vec<_> {
        let found = store.pool_instances(DEFAULT_PROJECT, pool, limit).await.expect("read");
        found.into_iter().map(|instance| instance.id).collect()
    };
    assert_eq!(of_pool("default-pool", 9).await, [1, 2, 3, 5].map(instance_id));
    assert_eq!(of_pool("default-pool", 2).await, [1, 2].map(instance_id));
    assert_eq!(of_pool("other", 9).await, [instance_id(4)]);

    let mut gone = all[1].clone();
    gone.instance.status = InstanceStatus::Terminated;
    commit(&store, Change { instances: vec![gone], ..Change::default() }).await;
    assert_eq!(ids(&store.active_instances().await.expect("read")), [1, 3, 4, 5].map(instance_id));
    assert_eq!(
        ids(&store.idle_instances(DEFAULT_PROJECT, "default-pool").await.expect("read")),
        [1, 3].map(instance_id)
    );
    let (gone, _) = store.instance(instance_id(2)).await.expect("read").expect("it is kept");
    assert_eq!(gone.instance.status, InstanceStatus::Terminated);
}

async fn active_runs_come_in_pages_of_their_own(bed: Bed) {
    let store = bed.store().await;
    for n in 1..=6 {
        let mut change = submission(n, &format!("fox-{n}"));
        change.runs[0].run.status = if n % 2 == 0 { RunStatus::Done } else { RunStatus::Running };
        commit(&store, change).await;
    }
    let page = async |before: Option<u32>, limit| -> Vec<RunId> {
        let before = before.map(|n| (at(n.into()), run_id(n)));
        let runs = store.runs(DEFAULT_PROJECT, true, before, limit).await.expect("read");
        runs.into_iter().map(|run| run.id).collect()
    };
    assert_eq!(page(None, 2).await, [run_id(5), run_id(3)]);
    assert_eq!(page(Some(3), 2).await, [run_id(1)]);
    // The place itself need not be in the list any more.
    assert_eq!(page(Some(4), 2).await, [run_id(3), run_id(1)]);
}

async fn instances_come_in_pages_oldest_first(bed: Bed) {
    let store = bed.store().await;
    let mut rows: Vec<InstanceRow> = (1..=5).map(|n| instance(n, "cloud")).collect();
    for (n, row) in rows.iter_mut().enumerate() {
        // Two of each second.
        row.instance.created_at = at(n as i64 / 2);
    }
    rows[2].instance.status = InstanceStatus::Terminated;
    commit(&store, Change { instances: rows, ..Change::default() }).await;
    let page = async |after: Option<(i64, u32)>, limit| {
        let after = after.map(|(seconds, n)| (at(seconds), instance_id(n)));
        let page = store.instances(DEFAULT_PROJECT, after, limit).await.expect("read");
        page.into_iter().map(|instance| instance.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [1, 2].map(instance_id));
    assert_eq!(page(Some((0, 1)), 2).await, [2, 4].map(instance_id));
    assert_eq!(page(Some((1, 4)), 2).await, [instance_id(5)]);
    assert_eq!(page(Some((2, 5)), 2).await, []);
}

async fn the_default_pool_is_known_by_name(bed: Bed) {
    let store = bed.store().await;
    assert_eq!(store.default_pool(DEFAULT_PROJECT).await.expect("read").as_deref(), Some("default-pool"));
    let mut pool = store.pools(DEFAULT_PROJECT).await.expect("read").remove(0);
    pool.name = "other".to_owned();
    pool.default = true;
    commit(&store, Change { pools: vec![pool], ..Change::default() }).await;
    assert_eq!(store.default_pool(DEFAULT_PROJECT).await.expect("read").as_deref(), Some("other"));
}

async fn what_a_backend_holds_is_what_its_instances_were_given(bed: Bed) {
    let store = bed.store().await;
    let share = |cpus| Some(Allocation { cpus, ..Allocation::default() });
    let mut rows: Vec<InstanceRow> = (1..=5).map(|n| instance(n, "local")).collect();
    rows[0].instance.allocation = share(1.0);
    rows[1].instance.allocation = share(2.0);
    rows[2].instance.allocation = share(4.0);
    rows[2].instance.status = InstanceStatus::Terminated;
    rows[3].instance.allocation = share(8.0);
    rows[3].instance.offer.backend = "cloud".to_owned();
    commit(&store, Change { instances: rows, ..Change::default() }).await;
    let held = |held: Vec<Allocation>| held.iter().map(|share| share.cpus).collect::<Vec<_>>();
    assert_eq!(held(store.held("local").await.expect("read")), [1.0, 2.0]);
    assert_eq!(held(store.held("cloud").await.expect("read")), [8.0]);
    assert_eq!(held(store.held("none").await.expect("read")), [0.0; 0]);
}
