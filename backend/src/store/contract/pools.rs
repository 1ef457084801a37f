//! Pools, and what sweeps found.

use std::sync::Arc;

use berth_shared::api::{DEFAULT_POOL, DEFAULT_PROJECT, InstanceStatus, Orphan, Pool};

use super::{
    Bed, commit,
    sample::{at, instance, instance_id},
};
use crate::store::{Change, CommitError, GONE_ORPHANS, Storage};

super::on_every_store!(
    there_is_a_pool_from_the_start,
    one_pool_is_the_default,
    a_pool_is_deleted_when_nothing_is_in_it,
    orphans_are_told_apart_by_backend_and_handle,
    orphans_that_are_gone_are_told_for_a_while,
);

fn pool(name: &str, default: bool) -> Pool {
    let (name, project) = (name.to_owned(), DEFAULT_PROJECT.to_owned());
    Pool { name, project, default, created_at: at(5), instances: 0, idle: 0 }
}

async fn write(store: &Arc<dyn Storage>, pools: &[Pool]) {
    commit(store, Change { pools: pools.to_vec(), ..Change::default() }).await;
}

/// Name, default, instances, idle.
async fn pools(store: &Arc<dyn Storage>) -> Vec<(String, bool, u64, u64)> {
    let pools = store.pools(DEFAULT_PROJECT).await.expect("read");
    pools.into_iter().map(|pool| (pool.name, pool.default, pool.instances, pool.idle)).collect()
}

fn told(name: &str, default: bool, instances: u64, idle: u64) -> (String, bool, u64, u64) {
    (name.to_owned(), default, instances, idle)
}

async fn there_is_a_pool_from_the_start(bed: Bed) {
    let store = bed.store().await;
    assert_eq!(pools(&store).await, [told(DEFAULT_POOL, true, 0, 0)]);
}

async fn one_pool_is_the_default(bed: Bed) {
    let store = bed.store().await;
    write(&store, &[pool("a", false)]).await;
    assert_eq!(pools(&store).await, [told("a", false, 0, 0), told(DEFAULT_POOL, true, 0, 0)]);
    let mut again = pool("a", true);
    again.created_at = at(77);
    write(&store, &[again]).await;
    assert_eq!(pools(&store).await, [told("a", true, 0, 0), told(DEFAULT_POOL, false, 0, 0)]);
    let stored = store.pools(DEFAULT_PROJECT).await.expect("read");
    assert_eq!(stored[0].created_at, at(5), "it stays as it was made");
    write(&store, &[pool("a", false)]).await;
    assert!(pools(&store).await[0].1, "one of them must be it");
    write(&store, &[pool("b", true), pool("c", true)]).await;
    let default: Vec<_> = pools(&store).await.into_iter().filter(|pool| pool.1).collect();
    assert_eq!(default, [told("c", true, 0, 0)]);
}

async fn a_pool_is_deleted_when_nothing_is_in_it(bed: Bed) {
    let store = bed.store().await;
    write(&store, &[pool("a", false)]).await;
    let mut row = instance(1, "cloud");
    row.instance.pool = "a".to_owned();
    row.instance.status = InstanceStatus::Idle;
    commit(&store, Change { instances: vec![row], ..Change::default() }).await;
    assert_eq!(pools(&store).await[0], told("a", false, 1, 1));
    let delete = |name: &str| Change {
        delete_pool: Some((DEFAULT_PROJECT.to_owned(), name.to_owned())),
        ..Change::default()
    };
    for refused in ["a", DEFAULT_POOL, "none"] {
        let refused = store.commit(&delete(refused)).await;
        assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
    }
    // Its last instance may go with the same change.
    let (mut row, _) = store.instance(instance_id(1)).await.expect("read").expect("it is there");
    row.instance.status = InstanceStatus::Terminated;
    commit(&store, Change { instances: vec![row], ..delete("a") }).await;
    assert_eq!(pools(&store).await, [told(DEFAULT_POOL, true, 0, 0)]);
}

fn orphan(n: u32, backend: &str, handle: &str) -> Orphan {
    Orphan {
        backend: backend.to_owned(),
        handle: handle.to_owned(),
        id: instance_id(n),
        name: None,
        ours: true,
        found_at: at(n.into()),
        remove_at: None,
        gone_at: None,
        billed_from: None,
        billed_to: None,
        price: None,
    }
}

async fn found(store: &Arc<dyn Storage>, orphans: Vec<Orphan>) {
    commit(store, Change { orphans, ..Change::default() }).await;
}

async fn orphans_are_told_apart_by_backend_and_handle(bed: Bed) {
    let store = bed.store().await;
    found(&store, vec![orphan(1, "cloud", "x"), orphan(2, "other", "x"), orphan(3, "cloud", "y")]).await;
    let mut seen = orphan(1, "cloud", "x");
    seen.remove_at = Some(at(9));
    found(&store, vec![seen.clone()]).await;
    let all = store.orphans().await.expect("read");
    assert_eq!(all, [orphan(3, "cloud", "y"), orphan(2, "other", "x"), seen]);
}

async fn orphans_that_are_gone_are_told_for_a_while(bed: Bed) {
    let store = bed.store().await;
    let gone = (1..=GONE_ORPHANS + 5).map(|n| {
        let mut orphan = orphan(n + 1, "cloud", &format!("gone-{n}"));
        orphan.gone_at = Some(at(9999));
        orphan
    });
    found(&store, gone.chain([orphan(1, "cloud", "there")]).collect()).await;
    let all = store.orphans().await.expect("read");
    assert_eq!(all.len(), GONE_ORPHANS as usize + 1);
    assert_eq!(all.last().map(|orphan| orphan.handle.as_str()), Some("there"));
    assert_eq!(all[0].found_at, at((GONE_ORPHANS + 6).into()));
}
