//! A database with a past: many finished runs, each as real as the one that they are copies of.

use std::path::Path;

use berth::store::{self, Address, Change, JobRow, Lease, LeaseRequest, NewEvent, Queue, RunRow, Whole};
use berth_shared::{
    api::{Event, InstanceId, JobId, RunId, Subject},
    time::Timestamp,
};
use uuid::Uuid;

/// How many are written at once.
const PIECE: u32 = 200;

/// Writes `count` copies of the finished run `template`, a second apart and all older than it. No server may be there.
pub(super) async fn fill(directory: &Path, address: &Address, template: RunId, count: u32) {
    let store = store::open_at(directory, address).await.expect("the database can be opened");
    let storage = store.storage();
    let whole = storage.whole(template).await.expect("read").expect("the run is there");
    let detail = storage.detail(template).await.expect("read").expect("the run is there");
    let source = storage.source(template).await.expect("read").expect("its text is there");
    assert!(whole.run.run.status.is_finished(), "only what is over is copied");
    let numbers: Vec<u32> = (1..=count).collect();
    for numbers in numbers.chunks(PIECE as usize) {
        let mut change = Change { source: Some(source.clone()), ..Change::default() };
        for &n in numbers {
            copy(&mut change, &whole, &detail.events, n);
        }
        storage.commit(&change).await.expect("written");
    }
    // New rows wait to be looked at once.
    for queue in Queue::ALL {
        while let leases = all(storage.as_ref(), queue, template).await
            && !leases.is_empty()
        {
            let back: Vec<_> = leases.into_iter().map(|lease| (lease, None)).collect();
            storage.release_all(&back).await.expect("given back");
        }
    }
}

async fn all(storage: &dyn store::Storage, queue: Queue, owner: RunId) -> Vec<Lease> {
    let backends = ["aws", "gcp", "runpod"].map(str::to_owned);
    let (owner, now) = (owner.to_string(), Timestamp(1));
    let request = LeaseRequest {
        queue,
        owner: &owner,
        backends: &backends,
        now,
        until: now.plus_seconds(1),
        limit: 1000,
    };
    storage.lease(&request).await.expect("leased")
}

fn copy(change: &mut Change, whole: &Whole, events: &[Event], n: u32) {
    let other = |id: Uuid, kind: u128| Uuid::from_u128(id.as_u128() ^ (u128::from(n) << 4) ^ kind);
    let earlier = |at: Timestamp| Timestamp(at.0 - i64::from(n) * 1000);
    let run_id = RunId(other(whole.run.run.id.0, 1));
    let job_id = JobId(other(whole.job.id.0, 2));
    let instance_id = whole.instance.as_ref().map(|row| InstanceId(other(row.instance.id.0, 3)));
    let mut run = RunRow { version: 0, job_id, ..whole.run.clone() };
    run.run.id = run_id;
    run.run.name = format!("past-{}", n % 1000);
    run.run.instance_id = instance_id;
    for at in [&mut run.run.submitted_at, &mut run.run.status_since] {
        *at = earlier(*at);
    }
    for at in
        [&mut run.run.billed_from, &mut run.run.billed_to, &mut run.run.started_at, &mut run.run.finished_at]
    {
        *at = at.map(earlier);
    }
    let job = JobRow { version: 0, id: job_id, run_id, instance_id, ..whole.job.clone() };
    // Those of its machine are left out: they would tell of one that is not there.
    let own = events.iter().filter(|event| event.subject == Subject::Run);
    change.events.extend(own.map(|event| NewEvent {
        event: Event { run_id: Some(run_id), instance_id: None, at: earlier(event.at), ..event.clone() },
    }));
    change.runs.push(run);
    change.jobs.push(job);
}
