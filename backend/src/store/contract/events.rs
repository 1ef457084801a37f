//! Events: without gaps, with what they left behind, and not for ever.

use std::sync::Arc;

use berth_shared::api::{InstanceStatus, RunStatus, Subject};

use super::{
    Bed, commit,
    sample::{at, event, event_at, instance, instance_id, run_id, submission},
    whole,
};
use crate::store::{Change, KEPT_EVENTS, Storage};

super::on_every_store!(
    numbers_have_no_gap_even_when_changes_are_refused,
    an_event_keeps_what_its_change_left_behind,
    an_event_about_what_its_change_does_not_touch_keeps_it_as_it_is,
    a_deletion_is_told_with_the_run_it_deleted,
    a_run_is_told_with_its_events,
    events_are_read_in_pieces,
    old_events_are_forgotten_except_those_of_what_is_active,
    the_newest_events_are_never_forgotten,
);

fn plain(n: usize) -> Change {
    Change { events: vec![event(Subject::Pool, None, None); n], ..Change::default() }
}

async fn seqs(store: &Arc<dyn Storage>) -> Vec<u64> {
    let events = store.events_after(0, 1_000_000).await.expect("read");
    events.into_iter().map(|stored| stored.event.seq).collect()
}

async fn numbers_have_no_gap_even_when_changes_are_refused(bed: Bed) {
    let store = bed.store().await;
    assert_eq!(store.newest().await.expect("read"), 0);
    assert_eq!(commit(&store, plain(0)).await, 0);
    assert_eq!(commit(&store, submission(1, "fox")).await, 1);
    store.commit(&submission(2, "fox")).await.expect_err("the name is taken");
    assert_eq!(commit(&store, plain(3)).await, 4);
    assert_eq!(commit(&store, plain(0)).await, 4);
    assert_eq!(seqs(&store).await, [1, 2, 3, 4]);
    assert_eq!(store.newest().await.expect("read"), 4);

    let mut writing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = bed.store().await;
        writing.spawn(async move {
            for _ in 0..10 {
                commit(&store, plain(2)).await;
            }
        });
    }
    writing.join_all().await;
    assert_eq!(seqs(&store).await, (1..=164).collect::<Vec<_>>());
}

async fn an_event_keeps_what_its_change_left_behind(bed: Bed) {
    let store = bed.store().await;
    let change = Change {
        instances: vec![instance(1, "cloud")],
        events: vec![
            event(Subject::Run, Some(run_id(1)), None),
            event(Subject::Job, Some(run_id(1)), Some(instance_id(1))),
            event(Subject::Instance, Some(run_id(1)), Some(instance_id(1))),
            event(Subject::Pool, Some(run_id(1)), Some(instance_id(1))),
        ],
        ..submission(1, "fox")
    };
    commit(&store, change.clone()).await;
    let events = store.events_after(0, 10).await.expect("read");
    let (run, instance) = (Some(change.runs[0].run.clone()), Some(change.instances[0].instance.clone()));
    let kept: Vec<_> = events.iter().map(|stored| (stored.run.clone(), stored.instance.clone())).collect();
    assert_eq!(kept, [(run.clone(), None), (run, None), (None, instance), (None, None)]);
    assert_eq!(events[1].event.instance_id, Some(instance_id(1)));
    assert_eq!(events[1].event.message, "something happened");
}

async fn an_event_about_what_its_change_does_not_touch_keeps_it_as_it_is(bed: Bed) {
    let store = bed.store().await;
    commit(&store, Change { instances: vec![instance(1, "cloud")], ..submission(1, "fox") }).await;
    let told = Change {
        events: vec![
            event(Subject::Job, Some(run_id(1)), None),
            event(Subject::Instance, None, Some(instance_id(1))),
            event(Subject::Run, Some(run_id(9)), None),
            event(Subject::Instance, None, Some(instance_id(9))),
        ],
        ..Change::default()
    };
    commit(&store, told).await;
    let events = store.events_after(1, 10).await.expect("read");
    assert_eq!(events[0].run.as_ref().map(|run| run.id), Some(run_id(1)));
    assert_eq!(events[1].instance.as_ref().map(|instance| instance.id), Some(instance_id(1)));
    assert!(events[2..].iter().all(|stored| stored.run.is_none() && stored.instance.is_none()));
}

async fn a_deletion_is_told_with_the_run_it_deleted(bed: Bed) {
    let store = bed.store().await;
    let mut change = submission(1, "fox");
    change.runs[0].run.status = RunStatus::Done;
    commit(&store, change).await;
    let delete = Change {
        delete: Some(run_id(1)),
        events: vec![event(Subject::Run, Some(run_id(1)), None)],
        ..Change::default()
    };
    commit(&store, delete).await;
    let events = store.events_after(1, 10).await.expect("read");
    assert_eq!((events[0].deleted_run, events[0].run.clone()), (Some(run_id(1)), None));
    assert_eq!(store.events_after(0, 1).await.expect("read")[0].deleted_run, None);
}

async fn a_run_is_told_with_its_events(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    commit(&store, submission(2, "hen")).await;
    let mine = event(Subject::Instance, Some(run_id(1)), Some(instance_id(1)));
    commit(&store, Change { events: vec![mine], ..Change::default() }).await;
    let detail = store.detail(run_id(1)).await.expect("read").expect("it is there");
    assert_eq!(detail.seq, 3);
    assert_eq!(detail.run.name, "fox");
    assert!(detail.configuration.starts_with("type: dev-environment"));
    assert_eq!(detail.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(store.detail(run_id(3)).await.expect("read"), None);
}

async fn events_are_read_in_pieces(bed: Bed) {
    let store = bed.store().await;
    commit(&store, plain(7)).await;
    let piece = |after| {
        let store = Arc::clone(&store);
        async move {
            let events = store.events_after(after, 3).await.expect("read");
            events.into_iter().map(|stored| stored.event.seq).collect::<Vec<_>>()
        }
    };
    assert_eq!(piece(0).await, [1, 2, 3]);
    assert_eq!(piece(5).await, [6, 7]);
    assert_eq!(piece(7).await, [0; 0]);
    assert_eq!(piece(u64::MAX).await, [0; 0]);
}

async fn old_events_are_forgotten_except_those_of_what_is_active(bed: Bed) {
    let store = bed.store().await;
    // Two runs and two instances, an event each; then one of each is over.
    let change = Change {
        instances: vec![instance(1, "cloud"), instance(2, "cloud")],
        events: vec![
            event(Subject::Instance, None, Some(instance_id(1))),
            event(Subject::Instance, None, Some(instance_id(2))),
        ],
        ..Change::default()
    };
    commit(&store, change).await;
    commit(&store, submission(1, "fox")).await;
    commit(&store, submission(2, "hen")).await;
    let mut run = whole(&store, 1).await.run;
    run.run.status = RunStatus::Done;
    let (mut row, _) = store.instance(instance_id(1)).await.expect("read").expect("it is there");
    row.instance.status = InstanceStatus::Terminated;
    commit(&store, Change { runs: vec![run], instances: vec![row], ..Change::default() }).await;
    let filler = usize::try_from(KEPT_EVENTS).expect("it fits");
    let recent = vec![event_at(at(100), Subject::Pool, None, None); filler];
    commit(&store, Change { events: [plain(2).events, recent].concat(), ..Change::default() }).await;

    assert_eq!(store.forget_events(at(0), 100).await.expect("done"), 0, "nothing is that old");
    assert_eq!(store.forget_events(at(1), 2).await.expect("done"), 2);
    let first = |seqs: Vec<u64>| seqs.into_iter().take(4).collect::<Vec<_>>();
    assert_eq!(first(seqs(&store).await), [2, 4, 5, 6]);
    assert_eq!(store.forget_events(at(1), 100).await.expect("done"), 2);
    assert_eq!(first(seqs(&store).await), [2, 4, 7, 8]);
    assert_eq!(store.forget_events(at(1), 100).await.expect("done"), 0);
    let detail = store.detail(run_id(1)).await.expect("read").expect("the run is there");
    assert_eq!(detail.events, []);
    assert_eq!(commit(&store, plain(1)).await, KEPT_EVENTS + 7, "numbers go on");
}

async fn the_newest_events_are_never_forgotten(bed: Bed) {
    let store = bed.store().await;
    let filler = usize::try_from(KEPT_EVENTS).expect("it fits");
    commit(&store, plain(filler + 3)).await;
    assert_eq!(store.forget_events(at(1_000_000), 1_000_000).await.expect("done"), 3);
    assert_eq!(store.forget_events(at(1_000_000), 1_000_000).await.expect("done"), 0);
    assert_eq!(seqs(&store).await.len(), filler);
    assert_eq!(seqs(&store).await[0], 4);
}
