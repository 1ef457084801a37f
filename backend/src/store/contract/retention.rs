//! Forgetting events of a long log: in pieces, past what is active, while others write.

use std::sync::Arc;

use berth_shared::api::Subject;

use super::{
    Bed, commit,
    sample::{at, event, event_at, run_id, submission},
};
use crate::store::{Change, KEPT_EVENTS, Storage};

super::on_every_store!(a_long_log_is_forgotten_in_pieces_while_others_write);

/// Events in one change.
const PIECE: usize = 2000;
/// Old events, besides those of what is active.
const OLD: u64 = 30_000;

async fn a_long_log_is_forgotten_in_pieces_while_others_write(bed: Bed) {
    let store = bed.store().await;
    // Of two runs that are active, an event in each piece.
    for n in 1..=2 {
        commit(&store, submission(n, &format!("fox-{n}"))).await;
    }
    let mut kept = vec![1, 2];
    for piece in 0..OLD / PIECE as u64 {
        let mut events = vec![event(Subject::Pool, None, None); PIECE];
        events.push(event(Subject::Job, Some(run_id(1 + (piece % 2) as u32)), None));
        kept.push(commit(&store, Change { events, ..Change::default() }).await);
    }
    let recent = usize::try_from(KEPT_EVENTS).expect("it fits");
    let recent = vec![event_at(at(100), Subject::Pool, None, None); recent];
    commit(&store, Change { events: recent, ..Change::default() }).await;

    let writing = {
        let store = bed.store().await;
        tokio::spawn(async move {
            for _ in 0..100 {
                commit(
                    &store,
                    Change {
                        events: vec![event_at(at(200), Subject::Pool, None, None)],
                        ..Change::default()
                    },
                )
                .await;
            }
        })
    };
    let mut pieces = Vec::new();
    while pieces.last() != Some(&0) {
        pieces.push(store.forget_events(at(1), 7000).await.expect("done"));
    }
    writing.await.expect("everything is written");
    assert_eq!(pieces, [7000, 7000, 7000, 7000, 2000, 0]);
    assert_eq!(first(&store, kept.len() + 1).await[..kept.len()], kept);
    let after = kept.len() as u64 + OLD + 1;
    assert_eq!(first(&store, kept.len() + 1).await[kept.len()], after, "nothing newer is missing");
}

async fn first(store: &Arc<dyn Storage>, limit: usize) -> Vec<u64> {
    let events = store.events_after(0, u32::try_from(limit).expect("it fits")).await.expect("read");
    events.into_iter().map(|stored| stored.event.seq).collect()
}
