//! Leases: one worker at a time for each row, and no row that nobody ever looks at again.

use std::sync::Arc;

use berth_shared::{
    api::{InstanceStatus, JobStatus},
    time::Timestamp,
};

use super::{
    Bed, commit,
    sample::{self, at, instance, instance_id, job_id, run_id, submission},
    whole,
};
use crate::store::{Change, CommitError, Lease, LeaseRequest, Queue, Storage};

super::on_every_store!(
    a_new_row_is_leased_once,
    a_change_under_an_older_lease_is_refused,
    a_row_is_due_when_it_was_said_to_be,
    a_lease_that_is_not_given_back_is_due_when_it_expires,
    a_lease_that_has_gone_to_another_cannot_be_given_back,
    leases_are_given_back_together,
    leases_of_which_the_answer_got_lost_are_given_back_and_no_others,
    a_change_wakes_its_rows_but_not_the_one_it_was_leased_for,
    a_row_that_is_woken_while_it_is_leased_is_due_at_once_afterwards,
    woken_rows_come_first_and_then_those_that_are_due_longest,
    rows_of_other_backends_are_left_to_others,
    a_job_that_has_no_place_yet_is_left_to_who_reaches_one,
    a_hint_wakes_an_instance_and_the_job_on_it,
    rows_are_woken_by_other_changes,
);

async fn take(store: &Arc<dyn Storage>, queue: Queue, now: Timestamp, limit: u32) -> Vec<Lease> {
    take_as(store, queue, "me", now, limit).await
}

async fn take_as(
    store: &Arc<dyn Storage>,
    queue: Queue,
    owner: &str,
    now: Timestamp,
    limit: u32,
) -> Vec<Lease> {
    let backends = &["cloud".to_owned()];
    let request = LeaseRequest { queue, owner, backends, now, until: now.plus_seconds(300), limit };
    store.lease(&request).await.expect("leases")
}

async fn next_due(store: &Arc<dyn Storage>) -> Option<Timestamp> {
    store.next_due(&["cloud".to_owned()]).await.expect("read")
}

async fn a_new_row_is_leased_once(bed: Bed) {
    let store = bed.store().await;
    assert_eq!(next_due(&store).await, None);
    commit(&store, Change { instances: vec![instance(1, "cloud")], ..submission(1, "fox") }).await;
    assert!(next_due(&store).await.expect("something is due") <= at(0));
    for (queue, id) in
        [(Queue::Runs, run_id(1).0), (Queue::Jobs, job_id(1).0), (Queue::Instances, instance_id(1).0)]
    {
        let leases = take(&store, queue, at(0), 10).await;
        assert_eq!(leases.iter().map(|lease| (lease.queue, lease.id)).collect::<Vec<_>>(), [(queue, id)]);
        assert_eq!(take(&store, queue, at(0), 10).await, []);
        store.release(&leases[0], None).await.expect("given back");
        assert_eq!(take(&store, queue, at(1_000_000), 10).await, [], "nothing is to be done with it");
    }
    assert_eq!(next_due(&store).await, None);
}

async fn a_change_under_an_older_lease_is_refused(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    let old = take(&store, Queue::Runs, at(0), 1).await.remove(0);
    let new = take(&store, Queue::Runs, at(301), 1).await.remove(0);
    assert!(new.token > old.token);
    let run = whole(&store, 1).await.run;
    let change =
        |lease: &Lease| Change { lease: Some(lease.clone()), runs: vec![run.clone()], ..Change::default() };
    let refused = store.commit(&change(&old)).await;
    assert!(matches!(refused, Err(CommitError::LeaseLost)), "{refused:?}");
    commit(&store, change(&new)).await;
    let unknown = Lease { id: run_id(9).0, ..new };
    let refused = store.commit(&Change { lease: Some(unknown), ..Change::default() }).await;
    assert!(matches!(refused, Err(CommitError::LeaseLost)), "{refused:?}");
}

async fn a_row_is_due_when_it_was_said_to_be(bed: Bed) {
    let store = bed.store().await;
    commit(&store, Change { jobs: Vec::new(), ..submission(1, "fox") }).await;
    let lease = take(&store, Queue::Runs, at(0), 1).await.remove(0);
    assert_eq!(next_due(&store).await, Some(at(300)), "no sooner than the lease expires");
    store.release(&lease, Some(at(60))).await.expect("given back");
    assert_eq!(next_due(&store).await, Some(at(60)));
    assert_eq!(take(&store, Queue::Runs, at(59), 1).await, []);
    assert_eq!(take(&store, Queue::Runs, at(60), 1).await.len(), 1);
}

async fn a_lease_that_is_not_given_back_is_due_when_it_expires(bed: Bed) {
    let store = bed.store().await;
    commit(&store, Change { jobs: Vec::new(), ..submission(1, "fox") }).await;
    let lease = take(&store, Queue::Runs, at(0), 1).await.remove(0);
    store.release(&lease, None).await.expect("given back");
    let run = whole_run(&store).await;
    commit(&store, Change { runs: vec![run], ..Change::default() }).await;
    // Woken, and then whoever took it is never heard of again.
    assert_eq!(take(&store, Queue::Runs, at(0), 1).await.len(), 1);
    assert_eq!(take(&store, Queue::Runs, at(299), 1).await, []);
    assert_eq!(next_due(&store).await, Some(at(300)));
    assert_eq!(take_as(&store, Queue::Runs, "you", at(300), 1).await.len(), 1);
}

async fn a_lease_that_has_gone_to_another_cannot_be_given_back(bed: Bed) {
    let store = bed.store().await;
    commit(&store, Change { jobs: Vec::new(), ..submission(1, "fox") }).await;
    let old = take(&store, Queue::Runs, at(0), 1).await.remove(0);
    let new = take_as(&store, Queue::Runs, "you", at(300), 1).await.remove(0);
    store.release(&old, Some(at(301))).await.expect("nothing happens");
    assert_eq!(next_due(&store).await, Some(at(600)));
    store.release(&new, Some(at(302))).await.expect("given back");
    assert_eq!(next_due(&store).await, Some(at(302)));
    let gone = Lease { id: run_id(9).0, ..new };
    store.release(&gone, None).await.expect("nothing happens");
}

async fn leases_of_which_the_answer_got_lost_are_given_back_and_no_others(bed: Bed) {
    let store = bed.store().await;
    for n in 1..=3 {
        commit(&store, submission(n, &format!("fox-{n}"))).await;
    }
    let others = take_as(&store, Queue::Runs, "you", at(0), 1).await;
    let runs = take(&store, Queue::Runs, at(0), 10).await;
    let jobs = take(&store, Queue::Jobs, at(0), 1).await;
    assert_eq!((others.len(), runs.len(), jobs.len()), (1, 2, 1));
    store.disown("me", &[runs[0].id]).await.expect("given back");
    let ids = |leases: Vec<Lease>| leases.into_iter().map(|lease| lease.id).collect::<Vec<_>>();
    assert_eq!(
        ids(take(&store, Queue::Runs, at(0), 10).await),
        [runs[1].id],
        "nobody else's, and none that is known"
    );
    assert!(ids(take(&store, Queue::Jobs, at(0), 10).await).contains(&jobs[0].id));
}

async fn leases_are_given_back_together(bed: Bed) {
    let store = bed.store().await;
    for n in 1..=3 {
        commit(&store, submission(n, &format!("fox-{n}"))).await;
    }
    let runs = take(&store, Queue::Runs, at(0), 10).await;
    let jobs = take(&store, Queue::Jobs, at(0), 10).await;
    let mut given: Vec<_> = runs.iter().chain(&jobs).map(|lease| (lease.clone(), Some(at(40)))).collect();
    given[0].1 = Some(at(30));
    given[1].1 = None;
    store.release_all(&given).await.expect("given back");
    store.release_all(&[]).await.expect("nothing happens");
    assert_eq!(next_due(&store).await, Some(at(30)));
    assert_eq!(take(&store, Queue::Runs, at(35), 10).await.len(), 1);
    assert_eq!(take(&store, Queue::Runs, at(40), 10).await.len(), 1);
    assert_eq!(take(&store, Queue::Jobs, at(40), 10).await.len(), 3);
}

async fn a_change_wakes_its_rows_but_not_the_one_it_was_leased_for(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    let run = take(&store, Queue::Runs, at(0), 1).await.remove(0);
    let job = take(&store, Queue::Jobs, at(0), 1).await.remove(0);
    store.release(&job, None).await.expect("given back");
    let read = whole(&store, 1).await;
    let change =
        Change { lease: Some(run.clone()), runs: vec![read.run], jobs: vec![read.job], ..Change::default() };
    commit(&store, change).await;
    store.release(&run, None).await.expect("given back");
    assert_eq!(take(&store, Queue::Runs, at(1), 1).await, []);
    assert_eq!(take(&store, Queue::Jobs, at(1), 1).await.len(), 1);
}

async fn a_row_that_is_woken_while_it_is_leased_is_due_at_once_afterwards(bed: Bed) {
    let store = bed.store().await;
    commit(&store, Change { jobs: Vec::new(), ..submission(1, "fox") }).await;
    let lease = take(&store, Queue::Runs, at(0), 1).await.remove(0);
    let run = whole_run(&store).await;
    commit(&store, Change { runs: vec![run], ..Change::default() }).await;
    assert_eq!(take_as(&store, Queue::Runs, "you", at(1), 1).await, [], "it is somebody's");
    store.release(&lease, Some(at(1000))).await.expect("given back");
    assert!(next_due(&store).await.expect("it is due") <= at(0));
    assert_eq!(take_as(&store, Queue::Runs, "you", at(1), 1).await.len(), 1);
}

/// The run 1, which has no job.
async fn whole_run(store: &Arc<dyn Storage>) -> crate::store::RunRow {
    let run = store.detail(run_id(1)).await.expect("read").expect("it is there").run;
    crate::store::RunRow { version: 1, run, ..sample::run(1, "fox") }
}

async fn woken_rows_come_first_and_then_those_that_are_due_longest(bed: Bed) {
    let store = bed.store().await;
    let rows: Vec<_> = (1..=4).map(|n| instance(n, "cloud")).collect();
    commit(&store, Change { instances: rows, ..Change::default() }).await;
    let leases = take(&store, Queue::Instances, at(0), 10).await;
    assert_eq!(leases.len(), 4);
    for lease in &leases {
        let seconds = [40, 30, 20, 10][(lease.id.as_u128() & 0xff) as usize - 1];
        store.release(lease, Some(at(seconds))).await.expect("given back");
    }
    store.wake(&[instance_id(1)]).await.expect("woken");
    let mut order = Vec::new();
    for _ in 0..5 {
        order.extend(take(&store, Queue::Instances, at(50), 1).await.iter().map(|lease| lease.id));
    }
    assert_eq!(order, [1, 4, 3, 2].map(|n| instance_id(n).0));
}

async fn rows_of_other_backends_are_left_to_others(bed: Bed) {
    let store = bed.store().await;
    let mut placed = sample::job(1);
    placed.backend = Some("elsewhere".to_owned());
    let change = Change {
        jobs: vec![placed],
        instances: vec![instance(1, "elsewhere"), instance(2, "cloud")],
        ..submission(1, "fox")
    };
    commit(&store, change).await;
    assert_eq!(take(&store, Queue::Jobs, at(0), 10).await, []);
    let found = take(&store, Queue::Instances, at(0), 10).await;
    assert_eq!(found.iter().map(|lease| lease.id).collect::<Vec<_>>(), [instance_id(2).0]);
    let run = take(&store, Queue::Runs, at(0), 10).await;
    assert_eq!(run.len(), 1, "runs are for everybody");
    for lease in found.iter().chain(&run) {
        store.release(lease, None).await.expect("given back");
    }
    assert_eq!(next_due(&store).await, None, "the others are not ours to wait for");
    let due = store.next_due(&["elsewhere".to_owned()]).await.expect("read");
    assert!(due.expect("they are due") <= at(0));
    assert_eq!(store.next_due(&[]).await.expect("read"), None);
}

async fn a_job_that_has_no_place_yet_is_left_to_who_reaches_one(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    let request =
        |queue| LeaseRequest { queue, owner: "me", backends: &[], now: at(0), until: at(300), limit: 10 };
    let run = store.lease(&request(Queue::Runs)).await.expect("leased").remove(0);
    store.release(&run, None).await.expect("given back");
    assert_eq!(store.lease(&request(Queue::Jobs)).await.expect("leased"), []);
    assert_eq!(store.next_due(&[]).await.expect("read"), None);
    assert_eq!(take(&store, Queue::Jobs, at(0), 10).await.len(), 1);
}

async fn a_hint_wakes_an_instance_and_the_job_on_it(bed: Bed) {
    let store = bed.store().await;
    let mut job = sample::job(1);
    job.instance_id = Some(instance_id(1));
    let mut over = sample::job(2);
    over.instance_id = Some(instance_id(1));
    over.status = JobStatus::Failed;
    let mut gone = instance(2, "cloud");
    gone.instance.status = InstanceStatus::Terminated;
    let change =
        Change { jobs: vec![job, over], instances: vec![instance(1, "cloud"), gone], ..submission(1, "fox") };
    commit(&store, change).await;
    for queue in Queue::ALL {
        for lease in take(&store, queue, at(0), 10).await {
            store.release(&lease, None).await.expect("given back");
        }
    }
    let runs = store.wake(&[instance_id(1), instance_id(2), instance_id(9)]).await.expect("woken");
    assert_eq!(runs, [run_id(1)]);
    let jobs = take(&store, Queue::Jobs, at(0), 10).await;
    assert_eq!(jobs.iter().map(|lease| lease.id).collect::<Vec<_>>(), [job_id(1).0]);
    let instances = take(&store, Queue::Instances, at(0), 10).await;
    assert_eq!(instances.iter().map(|lease| lease.id).collect::<Vec<_>>(), [instance_id(1).0]);
    assert_eq!(store.wake(&[]).await.expect("nothing happens"), []);
}

async fn rows_are_woken_by_other_changes(bed: Bed) {
    let store = bed.store().await;
    commit(&store, Change { instances: vec![instance(1, "cloud")], ..submission(1, "fox") }).await;
    let wakes =
        vec![(Queue::Runs, run_id(1).0), (Queue::Jobs, job_id(1).0), (Queue::Instances, instance_id(1).0)];
    for queue in Queue::ALL {
        for lease in take(&store, queue, at(0), 10).await {
            store.release(&lease, None).await.expect("given back");
        }
    }
    let unknown = (Queue::Runs, run_id(9).0);
    commit(&store, Change { wakes: [wakes, vec![unknown]].concat(), ..Change::default() }).await;
    for queue in Queue::ALL {
        assert_eq!(take(&store, queue, at(0), 10).await.len(), 1, "{queue:?}");
    }
}
