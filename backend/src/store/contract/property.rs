//! The same operations in any order give the same on every database.

use std::sync::Arc;

use berth_shared::api::{Allocation, DEFAULT_PROJECT, InstanceStatus, JobStatus, Pool, RunStatus, Subject};
use proptest::{prelude::*, test_runner::TestCaseError};

use super::{
    Bed,
    sample::{self, at, event, instance_id, job_id, run_id},
};
use crate::store::{Change, CommitError, Lease, LeaseRequest, Queue, Storage};

const RUNS: u32 = 4;
const BACKENDS: [&str; 2] = ["cloud", "local"];
const POOLS: [&str; 3] = ["default-pool", "a", "b"];

#[derive(Clone, Debug)]
enum Operation {
    Submit { run: u32, name: u32 },
    SetRun { run: u32, status: usize, stale: bool, lease: Option<usize> },
    SetJob { run: u32, status: usize, instance: Option<u32>, backend: Option<usize>, again: bool },
    AddInstance { instance: u32, backend: usize, pool: usize },
    SetInstance { instance: u32, status: usize, pool: usize, share: bool },
    Delete { run: u32 },
    Pool { pool: usize, default: bool },
    DeletePool { pool: usize },
    Tell { run: Option<u32>, instance: Option<u32>, subject: usize },
    Lease { queue: usize, owner: usize, limit: u32, reach: bool },
    Release { lease: usize, after: Option<i64> },
    Wake { instance: u32 },
    WakeRow { queue: usize, run: u32 },
    Claim { owner: usize, seconds: i64 },
    Leave { owner: usize },
    Wait { seconds: i64 },
}

const OWNERS: [&str; 2] = ["one", "two"];
const SUBJECTS: [Subject; 4] = [Subject::Run, Subject::Job, Subject::Instance, Subject::Pool];

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let run = || 1..=RUNS;
    prop_oneof![
        4 => (run(), 0..3_u32).prop_map(|(run, name)| Submit { run, name }),
        4 => (run(), 0..RunStatus::ALL.len(), prop::bool::weighted(0.2), prop::option::weighted(0.3, 0..8_usize))
            .prop_map(|(run, status, stale, lease)| SetRun { run, status, stale, lease }),
        4 => (run(), 0..JobStatus::ALL.len(), prop::option::of(run()), prop::option::of(0..2_usize), any::<bool>())
            .prop_map(|(run, status, instance, backend, again)| SetJob { run, status, instance, backend, again }),
        2 => (run(), 0..2_usize, 0..3_usize).prop_map(|(instance, backend, pool)| AddInstance { instance, backend, pool }),
        3 => (run(), 0..InstanceStatus::ALL.len(), 0..3_usize, any::<bool>())
            .prop_map(|(instance, status, pool, share)| SetInstance { instance, status, pool, share }),
        1 => run().prop_map(|run| Delete { run }),
        1 => (0..3_usize, any::<bool>()).prop_map(|(pool, default)| Pool { pool, default }),
        1 => (0..3_usize).prop_map(|pool| DeletePool { pool }),
        2 => (prop::option::of(run()), prop::option::of(run()), 0..4_usize)
            .prop_map(|(run, instance, subject)| Tell { run, instance, subject }),
        6 => (0..3_usize, 0..2_usize, 1..4_u32, any::<bool>())
            .prop_map(|(queue, owner, limit, reach)| Lease { queue, owner, limit, reach }),
        5 => (0..8_usize, prop::option::of(0..400_i64)).prop_map(|(lease, after)| Release { lease, after }),
        2 => run().prop_map(|instance| Wake { instance }),
        1 => (0..3_usize, run()).prop_map(|(queue, run)| WakeRow { queue, run }),
        1 => (0..2_usize, 0..100_i64).prop_map(|(owner, seconds)| Claim { owner, seconds }),
        1 => (0..2_usize).prop_map(|owner| Leave { owner }),
        3 => (0..200_i64).prop_map(|seconds| Wait { seconds }),
    ]
}

const PROJECTS: [&str; 2] = [DEFAULT_PROJECT, "vision"];

/// Every third of everything is the second project's.
fn project(n: i64) -> &'static str {
    PROJECTS[usize::from(n % 3 == 0)]
}

/// One database and what its users hold.
struct Subjected {
    store: Arc<dyn Storage>,
    now: i64,
    leases: Vec<Lease>,
    _bed: Bed,
}

impl Subjected {
    async fn new(bed: Bed) -> Self {
        let store = bed.store().await;
        Self { store, now: 0, leases: Vec::new(), _bed: bed }
    }

    fn held(&self, lease: usize) -> Option<Lease> {
        self.leases.iter().rev().nth(lease).cloned()
    }

    async fn commit(&self, change: Change) -> String {
        match self.store.commit(&change).await {
            Ok(seq) => format!("written, {seq}"),
            Err(CommitError::Store(error)) => panic!("{change:?}: {error:?}"),
            Err(error) => error.to_string(),
        }
    }

    /// Does it, and says what came of it in words that must be the same everywhere.
    async fn operate(&mut self, operation: &Operation) -> String {
        let store = Arc::clone(&self.store);
        match *operation {
            Operation::Submit { run, name } => {
                let mut change = sample::submission(run, &format!("name-{name}"));
                change.runs[0].run.submitted_at = at(self.now / 60);
                project(run.into()).clone_into(&mut change.runs[0].run.project);
                self.commit(change).await
            }
            Operation::SetRun { run, status, stale, lease } => {
                let Some(whole) = store.whole(run_id(run)).await.expect("read") else { return String::new() };
                let mut row = whole.run;
                row.run.status = RunStatus::ALL[status];
                row.version -= u64::from(stale && row.version > 1);
                let events = vec![event(Subject::Run, Some(run_id(run)), None)];
                let lease = lease.and_then(|lease| self.held(lease));
                self.commit(Change { lease, runs: vec![row], events, ..Change::default() }).await
            }
            Operation::SetJob { run, status, instance, backend, again } => {
                let Some(whole) = store.whole(run_id(run)).await.expect("read") else { return String::new() };
                let mut change = Change::default();
                let mut job = whole.job;
                job.status = JobStatus::ALL[status];
                job.instance_id = instance.map(instance_id);
                job.backend = backend.map(|backend| BACKENDS[backend].to_owned());
                change.jobs.push(job);
                if again && whole.run.job_id == job_id(run) {
                    let mut next = sample::job(run + 100);
                    next.run_id = run_id(run);
                    let mut row = whole.run;
                    row.job_id = next.id;
                    change.jobs.push(next);
                    change.runs.push(row);
                }
                self.commit(change).await
            }
            Operation::AddInstance { instance, backend, pool } => {
                let mut row = sample::instance(instance, BACKENDS[backend]);
                project(instance.into()).clone_into(&mut row.instance.project);
                row.instance.pool = POOLS[pool].to_owned();
                let events = vec![event(Subject::Instance, None, Some(instance_id(instance)))];
                self.commit(Change { instances: vec![row], events, ..Change::default() }).await
            }
            Operation::SetInstance { instance, status, pool, share } => {
                let found = store.instance(instance_id(instance)).await.expect("read");
                let Some((mut row, _)) = found else { return String::new() };
                row.instance.status = InstanceStatus::ALL[status];
                row.instance.pool = POOLS[pool].to_owned();
                row.instance.allocation = share.then(|| Allocation { cpus: 1.5, ..Allocation::default() });
                self.commit(Change { instances: vec![row], ..Change::default() }).await
            }
            Operation::Delete { run } => {
                let events = vec![event(Subject::Run, Some(run_id(run)), None)];
                self.commit(Change { delete: Some(run_id(run)), events, ..Change::default() }).await
            }
            Operation::Pool { pool, default } => {
                let created_at = at(self.now);
                let (name, project) = (POOLS[pool].to_owned(), project(self.now).to_owned());
                let pool = Pool { name, project, default, created_at, instances: 0, idle: 0 };
                self.commit(Change { pools: vec![pool], ..Change::default() }).await
            }
            Operation::DeletePool { pool } => {
                let delete_pool = Some((project(self.now).to_owned(), POOLS[pool].to_owned()));
                self.commit(Change { delete_pool, ..Change::default() }).await
            }
            Operation::Tell { run, instance, subject } => {
                let event = event(SUBJECTS[subject], run.map(run_id), instance.map(instance_id));
                self.commit(Change { events: vec![event], ..Change::default() }).await
            }
            Operation::Lease { queue, owner, limit, reach } => {
                let backends = if reach { vec!["cloud".to_owned()] } else { Vec::new() };
                let request = LeaseRequest {
                    queue: Queue::ALL[queue],
                    owner: OWNERS[owner],
                    backends: &backends,
                    now: at(self.now),
                    until: at(self.now + 300),
                    limit,
                };
                let mut leases = store.lease(&request).await.expect("leased");
                leases.sort_by_key(|lease| lease.id);
                self.leases.extend(leases.clone());
                format!("{leases:?}")
            }
            Operation::Release { lease, after } => {
                let Some(lease) = self.held(lease) else { return String::new() };
                let due = after.map(|after| at(self.now + after));
                store.release(&lease, due).await.expect("given back");
                String::new()
            }
            Operation::Wake { instance } => {
                let mut runs = store.wake(&[instance_id(instance)]).await.expect("woken");
                runs.sort();
                format!("{runs:?}")
            }
            Operation::WakeRow { queue, run } => {
                let id = [run_id(run).0, job_id(run).0, instance_id(run).0][queue];
                self.commit(Change { wakes: vec![(Queue::ALL[queue], id)], ..Change::default() }).await
            }
            Operation::Claim { owner, seconds } => {
                let (now, until) = (at(self.now), at(self.now + seconds));
                format!("{}", store.claim("sweep", OWNERS[owner], now, until).await.expect("asked"))
            }
            Operation::Leave { owner } => {
                store.leave(OWNERS[owner]).await.expect("left");
                String::new()
            }
            Operation::Wait { seconds } => {
                self.now += seconds;
                String::new()
            }
        }
    }

    /// When something is due; all that is so now is the same.
    async fn due(&self) -> Option<i64> {
        let due = self.store.next_due(&["cloud".to_owned()]).await.expect("read");
        due.map(|due| due.0.max(at(0).0))
    }

    /// Everything that can be read.
    async fn told(&self) -> Vec<String> {
        let store = &self.store;
        let mut told = vec![
            format!("{:?}", store.active_instances().await.expect("read")),
            format!("{:?}", store.newest().await.expect("read")),
        ];
        for project in PROJECTS {
            told.push(format!("{:?}", store.snapshot(project, at(0)).await.expect("read")));
            told.push(format!("{:?}", store.runs(project, false, None, 3).await.expect("read")));
            told.push(format!("{:?}", store.instances(project, None, 3).await.expect("read")));
            told.push(format!("{:?}", store.default_pool(project).await.expect("read")));
            for mut pool in store.pools(project).await.expect("read") {
                if pool.name == POOLS[0] {
                    pool.created_at = at(0);
                }
                told.push(format!("{pool:?}"));
            }
            for pool in POOLS {
                told.push(format!("{:?}", store.idle_instances(project, pool).await.expect("read")));
            }
        }
        for stored in store.events_after(0, 1000).await.expect("read") {
            told.push(format!("{stored:?}"));
        }
        for backend in BACKENDS {
            told.push(format!("{:?}", store.held(backend).await.expect("read")));
        }
        for n in 0..=RUNS {
            told.push(format!("{:?}", store.whole(run_id(n)).await.expect("read")));
            told.push(format!("{:?}", store.source(run_id(n)).await.expect("read")));
            told.push(format!("{:?}", store.detail(run_id(n)).await.expect("read")));
            told.push(format!("{:?}", store.whole_of_job(job_id(n)).await.expect("read")));
            told.push(format!("{:?}", store.instance(instance_id(n)).await.expect("read")));
            for project in PROJECTS {
                let named = store.newest_of_name(project, &format!("name-{n}")).await.expect("read");
                let runs = store.runs(project, n % 2 == 0, Some((at(1), run_id(n))), 2).await.expect("read");
                told.push(format!("{named:?} {runs:?}"));
            }
        }
        told
    }
}

async fn compare(operations: &[Operation]) -> Result<(), TestCaseError> {
    let mut all = Vec::new();
    for bed in [Bed::memory().await, Bed::sqlite().await, Bed::postgres().await].into_iter().flatten() {
        all.push(Subjected::new(bed).await);
    }
    for operation in operations {
        let mut outcomes = Vec::new();
        for subjected in &mut all {
            outcomes.push((subjected.operate(operation).await, subjected.due().await));
        }
        for other in &outcomes[1..] {
            prop_assert_eq!(&outcomes[0], other, "after {:?}", operation);
        }
    }
    let first = all[0].told().await;
    for other in &all[1..] {
        for (expected, found) in first.iter().zip(other.told().await) {
            prop_assert_eq!(expected, &found);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn operations_give_the_same_on_every_database(operations in prop::collection::vec(operation(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(compare(&operations))?;
    }
}
