//! What only this database can do: be cut off, and tell of every commit.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::timeout;
use uuid::Uuid;

use super::{MemoryDatabase, Reach};
use crate::store::{
    Change, CommitError, LeaseRequest, Queue, Storage as _, StoreError,
    contract::sample::{at, run_id, submission},
};

fn database() -> MemoryDatabase {
    MemoryDatabase::new(Uuid::from_u128(7))
}

#[tokio::test]
async fn a_refused_call_changes_nothing() {
    let database = database();
    let other = database.handle();
    let store = database.handle();
    store.link().set(Reach::Refused);
    let refused = store.commit(&submission(1, "fox")).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Database(_)))), "{refused:?}");
    assert!(store.newest().await.is_err());
    assert_eq!(other.newest().await.expect("others reach theirs"), 0);
    store.link().set(Reach::Whole);
    assert_eq!(store.newest().await.expect("read"), 0);
}

#[tokio::test]
async fn a_call_into_silence_waits_until_the_link_is_mended() {
    let store = database().handle();
    store.link().set(Reach::Silent);
    let change = submission(1, "fox");
    let mut commit = std::pin::pin!(store.commit(&change));
    timeout(Duration::from_millis(20), &mut commit).await.expect_err("it waits");
    store.link().set(Reach::Whole);
    assert_eq!(commit.await.expect("written"), 1);
}

#[tokio::test]
async fn a_call_whose_answer_is_lost_was_carried_out() {
    let store = database().handle();
    store.link().set(Reach::AnswersLost);
    store.commit(&submission(1, "fox")).await.expect_err("the answer is lost");
    store.link().set(Reach::Whole);
    assert!(store.whole(run_id(1)).await.expect("read").is_some());
    let refused = store.commit(&submission(1, "fox")).await;
    assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
}

#[tokio::test]
async fn hints_of_others_can_be_lost_and_a_beat_makes_up_for_them() {
    let database = database();
    let (one, two) = (database.handle(), database.handle());
    two.link().set_hints(false);
    one.commit(&submission(1, "fox")).await.expect("written");
    assert_eq!(*one.signals().newest().borrow(), 1);
    assert_eq!(*two.signals().newest().borrow(), 0);
    two.beat("b", at(0)).await.expect("told");
    assert_eq!(*two.signals().newest().borrow(), 1);
    two.link().set_hints(true);
    one.commit(&submission(2, "hen")).await.expect("written");
    assert_eq!(*two.signals().newest().borrow(), 2);
}

#[tokio::test]
async fn the_hook_sees_every_commit_that_was_written() {
    let database = database();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    database.after_commit(move |change, seq| {
        note.lock().expect("no panic").push((change.runs.first().map(|row| row.run.name.clone()), seq));
    });
    let (one, two) = (database.handle(), database.handle());
    one.commit(&submission(1, "fox")).await.expect("written");
    two.commit(&submission(2, "fox")).await.expect_err("the name is taken");
    two.commit(&submission(2, "hen")).await.expect("written");
    one.commit(&Change::default()).await.expect("written");
    let seen = seen.lock().expect("no panic").clone();
    assert_eq!(seen, [(Some("fox".to_owned()), 1), (Some("hen".to_owned()), 2), (None, 2)]);
}

#[tokio::test]
async fn a_database_for_one_process_ends_every_lease_when_the_next_begins() {
    let database = MemoryDatabase::alone(Uuid::from_u128(7));
    let store = database.handle();
    store.join("a", at(0)).await.expect("joined");
    store.commit(&submission(1, "fox")).await.expect("written");
    let request = |owner| LeaseRequest {
        queue: Queue::Runs,
        owner,
        backends: &[],
        now: at(0),
        until: at(300),
        limit: 1,
    };
    assert_eq!(store.lease(&request("a")).await.expect("leased").len(), 1);
    let next = database.handle();
    assert_eq!(next.join("b", at(0)).await.expect("joined").replicas, 1);
    assert_eq!(next.lease(&request("b")).await.expect("leased").len(), 1);
}
