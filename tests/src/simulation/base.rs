//! The database that processes share: in memory, or SQLite on a real clock beside the simulated one.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock},
};

use async_trait::async_trait;
use berth::{
    clock::Clock as _,
    store::{
        self, Beat, Change, CodeStore, CommitError, InstanceRow, JobRow, Lease, LeaseRequest, LimitBooks,
        Link, MemoryDatabase, Reach, Signals, Snapshot, Source, Storage, StoreError, StoredEvent, Stretch,
        Use, Whole,
    },
};
use berth_shared::{
    api::{
        Allocation, EventSeq, Instance, InstanceId, JobId, Orphan, Pool, ProjectSettings, Run, RunDetail,
        RunId,
    },
    time::Timestamp,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{Database, clock::TrueClock, watch::Watch, world::lock};

/// The database of a schedule.
pub(super) enum Base {
    Memory(MemoryDatabase),
    Sqlite { storage: Arc<dyn Storage>, watch: Arc<Mutex<Watch>>, clock: TrueClock, _folder: TempDir },
}

impl Base {
    pub(super) async fn new(
        database: Database,
        installation: Uuid,
        watch: Arc<Mutex<Watch>>,
        clock: TrueClock,
    ) -> Result<Self, String> {
        match database {
            Database::Memory => {
                let memory = MemoryDatabase::new(installation);
                memory.set_clock(Arc::new(clock.clone()));
                memory.after_commit(move |change, seq| lock(&watch).committed(change, seq, clock.now()));
                Ok(Self::Memory(memory))
            }
            Database::Sqlite => {
                // In memory where that can be had: what is tested is not the disk.
                let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
                let folder = folder.map_err(|e| e.to_string())?;
                let path = folder.path().to_owned();
                let open = move || runtime().block_on(store::open(&path)).map(|store| store.storage());
                let opened = tokio::task::spawn_blocking(open).await.map_err(|e| e.to_string())?;
                let storage = opened.map_err(|e| e.to_string())?;
                Ok(Self::Sqlite { storage, watch, clock, _folder: folder })
            }
        }
    }

    /// The database as one more process reaches it.
    pub(super) fn handle(&self) -> (Arc<dyn Storage>, Link) {
        match self {
            Self::Memory(memory) => {
                let handle = memory.handle();
                let link = handle.link().clone();
                (Arc::new(handle), link)
            }
            Self::Sqlite { storage, watch, clock, .. } => {
                let link = Link::default();
                let on = Reached {
                    storage: Arc::clone(storage),
                    link: link.clone(),
                    watch: Arc::clone(watch),
                    clock: clock.clone(),
                };
                (Arc::new(on), link)
            }
        }
    }
}

/// A runtime whose clock goes on: SQLite's threads know nothing of ours.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime")
    })
}

/// Waits for work on the real clock, while the simulated one stands still: it does so while blocking work is under way.
async fn real<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    tokio::task::spawn_blocking(|| runtime().block_on(work))
        .await
        .expect("work on the database does not panic")
}

/// SQLite as one process reaches it.
struct Reached {
    storage: Arc<dyn Storage>,
    link: Link,
    watch: Arc<Mutex<Watch>>,
    clock: TrueClock,
}

type Work<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl Reached {
    async fn call<T, E>(&self, work: impl FnOnce(Arc<dyn Storage>) -> Work<T, E>) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let lost = self.link.get() == Reach::AnswersLost;
        if !lost {
            self.link.call(|| Ok::<(), StoreError>(())).await?;
        }
        let answer = real(work(Arc::clone(&self.storage))).await;
        if lost {
            self.link.call(|| Ok::<(), StoreError>(())).await?;
        }
        answer
    }
}

#[async_trait]
impl Storage for Reached {
    fn signals(&self) -> &Signals {
        self.storage.signals()
    }

    fn installation(&self) -> Uuid {
        self.storage.installation()
    }

    fn code(&self) -> &dyn CodeStore {
        self
    }

    async fn commit(&self, change: &Change) -> Result<EventSeq, CommitError> {
        let (change, watch, now) = (change.clone(), Arc::clone(&self.watch), self.clock.now());
        self.call(move |storage| {
            Box::pin(async move {
                // One after the other, so that they are watched in their order.
                static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
                let _turn = TURN.lock().await;
                let seq = storage.commit(&change).await?;
                lock(&watch).committed(&change, seq, now);
                Ok(seq)
            })
        })
        .await
    }

    async fn lease(&self, request: &LeaseRequest<'_>) -> Result<Vec<Lease>, StoreError> {
        let LeaseRequest { queue, owner, backends, now, until, limit } = *request;
        let (owner, backends) = (owner.to_owned(), backends.to_vec());
        self.call(move |storage| {
            Box::pin(async move {
                let request = LeaseRequest { queue, owner: &owner, backends: &backends, now, until, limit };
                storage.lease(&request).await
            })
        })
        .await
    }

    async fn release(&self, lease: &Lease, next_due: Option<Timestamp>) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.call(move |storage| Box::pin(async move { storage.release(&lease, next_due).await })).await
    }

    async fn release_all(&self, leases: &[(Lease, Option<Timestamp>)]) -> Result<(), StoreError> {
        let leases = leases.to_vec();
        self.call(move |storage| Box::pin(async move { storage.release_all(&leases).await })).await
    }

    async fn disown(&self, owner: &str, known: &[Uuid]) -> Result<(), StoreError> {
        let (owner, known) = (owner.to_owned(), known.to_vec());
        self.call(move |storage| Box::pin(async move { storage.disown(&owner, &known).await })).await
    }

    async fn next_due(&self, backends: &[String]) -> Result<Option<Timestamp>, StoreError> {
        let backends = backends.to_vec();
        self.call(move |storage| Box::pin(async move { storage.next_due(&backends).await })).await
    }

    async fn wake(&self, instances: &[InstanceId]) -> Result<Vec<RunId>, StoreError> {
        let instances = instances.to_vec();
        self.call(move |storage| Box::pin(async move { storage.wake(&instances).await })).await
    }

    async fn join(&self, owner: &str, now: Timestamp) -> Result<Beat, StoreError> {
        let owner = owner.to_owned();
        self.call(move |storage| Box::pin(async move { storage.join(&owner, now).await })).await
    }

    async fn beat(&self, owner: &str, now: Timestamp) -> Result<Beat, StoreError> {
        let owner = owner.to_owned();
        self.call(move |storage| Box::pin(async move { storage.beat(&owner, now).await })).await
    }

    async fn leave(&self, owner: &str) -> Result<(), StoreError> {
        let owner = owner.to_owned();
        self.call(move |storage| Box::pin(async move { storage.leave(&owner).await })).await
    }

    async fn claim(
        &self,
        task: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let (task, owner) = (task.to_owned(), owner.to_owned());
        self.call(move |storage| Box::pin(async move { storage.claim(&task, &owner, now, until).await }))
            .await
    }

    async fn whole(&self, run: RunId) -> Result<Option<Whole>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.whole(run).await })).await
    }

    async fn whole_of_job(&self, job: JobId) -> Result<Option<Whole>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.whole_of_job(job).await })).await
    }

    async fn instance(&self, id: InstanceId) -> Result<Option<(InstanceRow, Option<JobRow>)>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.instance(id).await })).await
    }

    async fn touch(&self, run: RunId, at: Timestamp) -> Result<(), StoreError> {
        self.call(move |storage| Box::pin(async move { storage.touch(run, at).await })).await
    }

    async fn active_at(&self, run: RunId) -> Result<Option<Timestamp>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.active_at(run).await })).await
    }

    async fn inactive_runs(&self, before: Timestamp) -> Result<Vec<Run>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.inactive_runs(before).await })).await
    }

    async fn in_front(&self, project: &str, above: i64, limit: u32) -> Result<Vec<Run>, StoreError> {
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.in_front(&project, above, limit).await }))
            .await
    }

    async fn source(&self, run: RunId) -> Result<Option<Source>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.source(run).await })).await
    }

    async fn newest_of_name(&self, project: &str, name: &str) -> Result<Option<RunId>, StoreError> {
        let name = name.to_owned();
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.newest_of_name(&project, &name).await })).await
    }

    async fn runs(
        &self,
        project: &str,
        active: bool,
        before: Option<(Timestamp, RunId)>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.runs(&project, active, before, limit).await }))
            .await
    }

    async fn instances(
        &self,
        project: &str,
        after: Option<(Timestamp, InstanceId)>,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError> {
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.instances(&project, after, limit).await }))
            .await
    }

    async fn default_pool(&self, project: &str) -> Result<Option<String>, StoreError> {
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.default_pool(&project).await })).await
    }

    async fn active_instances(&self) -> Result<Vec<InstanceRow>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.active_instances().await })).await
    }

    async fn idle_instances(&self, project: &str, pool: &str) -> Result<Vec<InstanceRow>, StoreError> {
        let pool = pool.to_owned();
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.idle_instances(&project, &pool).await })).await
    }

    async fn pool_instances(
        &self,
        project: &str,
        pool: &str,
        limit: u32,
    ) -> Result<Vec<Instance>, StoreError> {
        let pool = pool.to_owned();
        let project = project.to_owned();
        self.call(move |storage| {
            Box::pin(async move { storage.pool_instances(&project, &pool, limit).await })
        })
        .await
    }

    async fn held(&self, backend: &str) -> Result<Vec<Allocation>, StoreError> {
        let backend = backend.to_owned();
        self.call(move |storage| Box::pin(async move { storage.held(&backend).await })).await
    }

    async fn pools(&self, project: &str) -> Result<Vec<Pool>, StoreError> {
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.pools(&project).await })).await
    }

    async fn orphans(&self) -> Result<Vec<Orphan>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.orphans().await })).await
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.forget_events(before, limit).await })).await
    }

    async fn detail(&self, run: RunId) -> Result<Option<RunDetail>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.detail(run).await })).await
    }

    async fn events_after(&self, seq: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.events_after(seq, limit).await })).await
    }

    async fn snapshot(&self, project: &str, now: Timestamp) -> Result<Snapshot, StoreError> {
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.snapshot(&project, now).await })).await
    }

    async fn settings(&self, project: &str) -> Result<ProjectSettings, StoreError> {
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.settings(&project).await })).await
    }

    async fn limits(&self) -> Result<LimitBooks, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.limits().await })).await
    }

    async fn used(&self, project: &str, now: Timestamp) -> Result<Use, StoreError> {
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.used(&project, now).await })).await
    }

    async fn stretches(
        &self,
        project: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Stretch>, StoreError> {
        let project = project.to_owned();
        self.call(move |storage| Box::pin(async move { storage.stretches(&project, from, until).await }))
            .await
    }

    async fn settle(&self, limit: u32) -> Result<u64, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.settle(limit).await })).await
    }

    async fn newest(&self) -> Result<EventSeq, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.newest().await })).await
    }
}

#[async_trait]
impl CodeStore for Reached {
    async fn begin(&self, upload: Uuid, owner: &str, sha256: &str, now: Timestamp) -> Result<(), StoreError> {
        let (owner, sha256) = (owner.to_owned(), sha256.to_owned());
        self.call(move |storage| {
            Box::pin(async move { storage.code().begin(upload, &owner, &sha256, now).await })
        })
        .await
    }

    async fn append(&self, upload: Uuid, number: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let bytes = bytes.to_vec();
        self.call(move |storage| Box::pin(async move { storage.code().append(upload, number, &bytes).await }))
            .await
    }

    async fn complete(&self, upload: Uuid, size: u64, now: Timestamp) -> Result<(), StoreError> {
        self.call(move |storage| Box::pin(async move { storage.code().complete(upload, size, now).await }))
            .await
    }

    async fn abandon(&self, upload: Uuid) -> Result<(), StoreError> {
        self.call(move |storage| Box::pin(async move { storage.code().abandon(upload).await })).await
    }

    async fn needed(&self, owner: &str, sha256: &str, now: Timestamp) -> Result<Option<u64>, StoreError> {
        let (owner, sha256) = (owner.to_owned(), sha256.to_owned());
        self.call(move |storage| Box::pin(async move { storage.code().needed(&owner, &sha256, now).await }))
            .await
    }

    async fn piece(&self, owner: &str, sha256: &str, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let (owner, sha256) = (owner.to_owned(), sha256.to_owned());
        self.call(move |storage| Box::pin(async move { storage.code().piece(&owner, &sha256, number).await }))
            .await
    }

    async fn forget(&self, unused: Timestamp, begun: Timestamp) -> Result<u64, StoreError> {
        self.call(move |storage| Box::pin(async move { storage.code().forget(unused, begun).await })).await
    }
}
