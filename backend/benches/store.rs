//! Measures the storage: `cargo bench -p berth --bench store -- sqlite:DIR` or `-- postgres://…`, with
//! `[FINISHED [ACTIVE]]` behind it. The database is filled when it has fewer runs. `forget` as a further word forgets all
//! events but the newest, and says how long the longest piece took.

use std::{
    env,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use berth_shared::{
    api::{DEFAULT_PROJECT, InstanceStatus, JobStatus, RunStatus, Subject},
    time::Timestamp,
};

use self::{
    sample::{at, event, instance, instance_id, job, run, run_id, source, submission},
    store::{Address, Change, LeaseRequest, Queue, Storage, open_at},
};

mod provider {
    pub(crate) use berth::provider::CreateRequest;
}

mod store {
    pub(crate) use berth::store::*;
}

#[path = "../src/store/contract/sample.rs"]
mod sample;

const BACKEND: &str = "cloud";

#[tokio::main]
async fn main() {
    let words: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let Some((place, rest)) = words.split_first() else {
        eprintln!("name a database: sqlite:DIR or postgres://…");
        return;
    };
    let mut numbers = rest.iter().filter_map(|word| word.parse::<u32>().ok());
    let (finished, active) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(10_000));
    let folder = env::temp_dir().join(format!("berth-bench-{}", std::process::id()));
    let store = match place.strip_prefix("sqlite:") {
        Some(directory) => open_at(Path::new(directory), &Address::DataDirectory).await,
        None => open_at(&folder, &Address::Postgres(place.clone())).await,
    };
    let storage = store.expect("it opens").storage();
    storage.join("bench", at(0)).await.expect("joined");
    if rest.iter().any(|word| word == "forget") {
        forget(&storage).await;
    } else {
        fill(&storage, finished, active).await;
        measure(&storage, finished, active).await;
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this is for")]
fn now() -> Instant {
    Instant::now()
}

/// Says how long one of `count` takes, and how many fit into a second.
fn say(what: &str, count: u32, took: Duration) {
    let one = took / count.max(1);
    println!("{what:<44} {one:>12.2?} {:>10.0}/s", f64::from(count) / took.as_secs_f64());
}

async fn fill(storage: &Arc<dyn Storage>, finished: u32, active: u32) {
    if storage.whole(run_id(finished + active)).await.expect("read").is_some() {
        return;
    }
    let begun = now();
    let all: Vec<u32> = (1..=finished + active).collect();
    for numbers in all.chunks(200) {
        let mut change = Change { source: Some(source()), ..Change::default() };
        for &n in numbers {
            let over = n <= finished;
            let mut row = run(n, &format!("name-{}", if over { n % 1000 } else { n }));
            let mut attempt = job(n);
            let mut machine = instance(n, BACKEND);
            if over {
                row.run.status = RunStatus::Done;
                attempt.status = JobStatus::Done;
                machine.instance.status = InstanceStatus::Terminated;
            } else {
                row.run.status = RunStatus::Running;
                attempt.status = JobStatus::Running;
                attempt.instance_id = Some(instance_id(n));
                attempt.backend = Some(BACKEND.to_owned());
                machine.instance.status =
                    if n % 10 == 0 { InstanceStatus::Idle } else { InstanceStatus::Busy };
            }
            for subject in [Subject::Run, Subject::Job, Subject::Instance] {
                change.events.push(event(subject, Some(run_id(n)), Some(instance_id(n))));
            }
            change.runs.push(row);
            change.jobs.push(attempt);
            change.instances.push(machine);
        }
        storage.commit(&change).await.expect("written");
    }
    // All rows come new, and wait to be looked at once.
    for queue in Queue::ALL {
        loop {
            let leases = lease(storage, queue, at(0), 1000).await;
            if leases.is_empty() {
                break;
            }
            let due = |id: uuid::Uuid| {
                (id.as_u128() as u32 > finished).then(|| at(1000 + i64::from(id.as_u128() as u32)))
            };
            let back: Vec<_> = leases
                .into_iter()
                .map(|lease| {
                    let due = due(lease.id);
                    (lease, due)
                })
                .collect();
            storage.release_all(&back).await.expect("given back");
        }
    }
    say("fill: a run with job, instance, three events", finished + active, begun.elapsed());
}

async fn lease(
    storage: &Arc<dyn Storage>,
    queue: Queue,
    now: Timestamp,
    limit: u32,
) -> Vec<berth::store::Lease> {
    let backends = &[BACKEND.to_owned()];
    let until = now.plus_seconds(300);
    let request = LeaseRequest { queue, owner: "bench", backends, now, until, limit };
    storage.lease(&request).await.expect("leased")
}

/// Measures a call that is made again and again.
macro_rules! time {
    ($what:expr, $count:expr, $call:expr) => {{
        let begun = now();
        for _ in 0..$count {
            $call;
        }
        say($what, $count, begun.elapsed());
    }};
}

async fn measure(storage: &Arc<dyn Storage>, finished: u32, active: u32) {
    let all = finished + active;
    println!("{finished} finished runs, {active} active");
    reads(storage, finished, all).await;

    let due = at(2000 + i64::from(all));
    time!("lease 64 jobs, give them back", 50, {
        let leases = lease(storage, Queue::Jobs, due, 64).await;
        assert_eq!(leases.len(), 64.min(active as usize));
        let back: Vec<_> = leases.into_iter().map(|lease| (lease, Some(due))).collect();
        storage.release_all(&back).await.expect("given back");
    });
    time!("lease 1 job, give it back", 200, {
        let lease = lease(storage, Queue::Jobs, due, 1).await.remove(0);
        storage.release(&lease, Some(due)).await.expect("given back");
    });
    let mut n = all + 1_000_000 + std::process::id() * 1000;
    time!("commit a submission, one after the other", 300, {
        n += 1;
        storage.commit(&submission(n, &format!("bench-{n}"))).await.expect("written");
    });
    time!("commit a step of a run", 300, {
        let mut whole = storage.whole(run_id(n)).await.expect("read").expect("it is there");
        whole.run.run.status = RunStatus::Running;
        let events = vec![event(Subject::Run, Some(run_id(n)), None)];
        storage
            .commit(&Change { runs: vec![whole.run], events, ..Change::default() })
            .await
            .expect("written");
    });
    let begun = now();
    let mut writing = tokio::task::JoinSet::new();
    for writer in 0..16 {
        let storage = Arc::clone(storage);
        let first = n + 1 + writer * 50;
        writing.spawn(async move {
            for n in first..first + 50 {
                storage.commit(&submission(n, &format!("bench-{n}"))).await.expect("written");
            }
        });
    }
    writing.join_all().await;
    say("commit a submission, 16 at once", 800, begun.elapsed());
}

async fn reads(storage: &Arc<dyn Storage>, finished: u32, all: u32) {
    let middle = finished / 2;
    time!(
        "page of 50 runs, the first",
        50,
        storage.runs(DEFAULT_PROJECT, false, None, 51).await.expect("read")
    );
    let cursor = Some((at(middle.into()), run_id(middle)));
    time!(
        "page of 50 runs, in the middle",
        50,
        storage.runs(DEFAULT_PROJECT, false, cursor, 51).await.expect("read")
    );
    time!("snapshot", 3, storage.snapshot(DEFAULT_PROJECT, at(0)).await.expect("read"));
    time!("whole", 200, storage.whole(run_id(all)).await.expect("read"));
    time!("detail", 200, storage.detail(run_id(all)).await.expect("read"));
    time!(
        "newest of a name that 100 finished runs had",
        200,
        storage.newest_of_name(DEFAULT_PROJECT, "name-7").await.expect("read")
    );
    time!("next due", 100, storage.next_due(&[BACKEND.to_owned()]).await.expect("read"));
    time!("lease when nothing is due", 100, lease(storage, Queue::Jobs, at(0), 64).await);
    time!("100 events in the middle", 100, storage.events_after(middle.into(), 100).await.expect("read"));
    time!(
        "idle instances of a pool",
        3,
        storage.idle_instances(DEFAULT_PROJECT, "default-pool").await.expect("read")
    );
    time!("what a backend holds", 3, storage.held(BACKEND).await.expect("read"));
    time!("pools", 3, storage.pools(DEFAULT_PROJECT).await.expect("read"));
}

async fn forget(storage: &Arc<dyn Storage>) {
    const PIECE: u32 = 10_000;
    let (mut all, mut longest) = (0_u64, Duration::ZERO);
    let begun = now();
    // Others go on to write; what they wait for is what counts.
    let writing = {
        let storage = Arc::clone(storage);
        tokio::spawn(async move {
            let mut longest = Duration::ZERO;
            loop {
                let begun = now();
                let change = Change { events: vec![event(Subject::Pool, None, None)], ..Change::default() };
                if storage.commit(&change).await.is_err() {
                    return longest;
                }
                longest = longest.max(begun.elapsed());
                WAITED.store(longest.as_micros() as u64, std::sync::atomic::Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    loop {
        let piece = now();
        let gone = storage.forget_events(Timestamp(i64::MAX), PIECE).await.expect("done");
        longest = longest.max(piece.elapsed());
        all += gone;
        if gone < PIECE.into() {
            break;
        }
    }
    writing.abort();
    say("forget an event", u32::try_from(all).unwrap_or(u32::MAX), begun.elapsed());
    println!("{all} events in {:.1?}; the longest piece of {PIECE} took {longest:.1?}", begun.elapsed());
    let waited = Duration::from_micros(WAITED.load(std::sync::atomic::Ordering::Relaxed));
    println!("a commit meanwhile took {waited:.1?} at most");
}

static WAITED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
