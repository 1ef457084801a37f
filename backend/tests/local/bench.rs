//! A provider in a folder of its own, and waiting.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use berth::provider::{
    CreateRequest, Environment, InstanceObservation, JobObservation, JobSpec, Provider,
    container::VolumeRoot,
    local::{Containment, LocalProvider},
};
use berth_shared::{
    api::{Allocation, InstanceId, Isolation, JobId, JobReason, LogLine, LogSource, PlannedOffer},
    catalog::{Availability, GpuFacts, Offer, PriceBasis},
};
use uuid::Uuid;

/// Long enough for a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until there is an answer.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("waited in vain for: {what}"))
}

/// A fresh identifier.
pub(crate) fn uuid() -> Uuid {
    Uuid::from_u128(rand::random())
}

/// A data directory with a provider on it. Everything in it is ended and removed with it.
pub(crate) struct Bench {
    pub(crate) data_dir: PathBuf,
    pub(crate) provider: LocalProvider,
    volume_roots: Vec<VolumeRoot>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with_volumes_below(&[])
    }

    /// One that lets environments be shown what is below these folders of the machine.
    pub(crate) fn with_volumes_below(roots: &[&Path]) -> Self {
        let data_dir = std::env::temp_dir().join(format!("berth-local-{}", uuid()));
        std::fs::create_dir(&data_dir).expect("a data directory");
        let root = |path: &&Path| path.to_string_lossy().parse().expect("an absolute folder");
        let volume_roots: Vec<VolumeRoot> = roots.iter().map(root).collect();
        let provider = provider(&data_dir, &volume_roots);
        Self { data_dir, provider, volume_roots }
    }

    /// What a server that was killed and started again has.
    pub(crate) fn restart(&mut self) {
        self.provider = provider(&self.data_dir, &self.volume_roots);
    }

    /// An instance that is ready.
    pub(crate) async fn instance(&self, allocation: Allocation) -> (InstanceId, Isolation) {
        let id = InstanceId(uuid());
        self.provider.create(&request(id, allocation)).await.expect("created");
        (id, self.ready(id).await)
    }

    pub(crate) async fn ready(&self, id: InstanceId) -> Isolation {
        until("the instance to be ready", async || match self.provider.observe(id).await.expect("observed") {
            InstanceObservation::Ready { isolation, .. } => Some(isolation),
            InstanceObservation::Creating { .. } => None,
            other => panic!("{other:?}: {}", self.supervisor_log(id)),
        })
        .await
    }

    pub(crate) async fn environment(&self, id: InstanceId) -> Arc<dyn Environment> {
        self.provider.environment(id).await.expect("an environment")
    }

    /// What the provider lists.
    pub(crate) async fn listed(&self) -> Vec<InstanceId> {
        self.provider.list().await.expect("a list").into_iter().map(|listed| listed.id).collect()
    }

    /// An instance whose job was begun.
    pub(crate) async fn running(&self, job: &JobSpec) -> (InstanceId, Arc<dyn Environment>) {
        let (id, _) = self.instance(plenty()).await;
        let environment = self.environment(id).await;
        environment.start(job).await.expect("begun");
        wait_running(&*environment).await;
        (id, environment)
    }

    pub(crate) fn supervisor_log(&self, id: InstanceId) -> String {
        std::fs::read_to_string(self.dir(id).join("supervisor.log")).unwrap_or_default()
    }

    pub(crate) fn dir(&self, id: InstanceId) -> PathBuf {
        self.data_dir.join("local").join(id.to_string())
    }

    /// Removes the instance and looks that nothing of it is left.
    pub(crate) async fn remove(&self, id: InstanceId) {
        self.provider.terminate(id).await.expect("accepted");
        self.gone(id).await;
    }

    pub(crate) async fn gone(&self, id: InstanceId) {
        until("the instance to be gone", async || {
            let seen = self.provider.observe(id).await.expect("observed");
            matches!(seen, InstanceObservation::Gone { message: None, .. }).then_some(())
        })
        .await;
        assert!(!self.dir(id).exists(), "its folder is left");
        assert_eq!(tagged(id), Vec::<i32>::new(), "its processes are left");
        assert_eq!(cgroups(id), Vec::<PathBuf>::new(), "its control groups are left");
        assert_eq!(self.provider.list().await.expect("a list"), []);
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // A test that failed must not leave processes behind either.
        for entry in std::fs::read_dir(self.data_dir.join("local")).into_iter().flatten().flatten() {
            if let Ok(id) = entry.file_name().to_string_lossy().parse::<InstanceId>() {
                if let Some(pid) = supervisor(&entry.path()) {
                    kill(pid);
                }
                tagged(id).into_iter().for_each(kill);
            }
        }
        let _ = std::fs::remove_dir_all(&self.data_dir);
    }
}

fn provider(data_dir: &Path, volume_roots: &[VolumeRoot]) -> LocalProvider {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_berth"));
    let containment = Containment::Processes(String::new(), volume_roots.to_vec());
    LocalProvider::new(data_dir.to_owned(), program, Arc::new(GpuFacts::default()), containment)
        .expect("a provider")
}

pub(crate) fn request(id: InstanceId, allocation: Allocation) -> CreateRequest {
    let offer = Offer {
        backend: "local".into(),
        region: "local".into(),
        instance_type: "this-machine".into(),
        arch: None,
        cpus: 2.0,
        memory_gib: 4.0,
        gpu: None,
        disk_gib: None,
        spot: false,
        price: 0.0,
        basis: PriceBasis::Own,
        as_of: None,
        availability: Availability::Available,
    };
    let planned = PlannedOffer {
        offer,
        allocation: Some(allocation),
        notes: Vec::new(),
        observed_at: None,
        difference: None,
    };
    CreateRequest { id, name: "sly-fox-1".into(), planned }
}

pub(crate) fn plenty() -> Allocation {
    Allocation { cpus: 2.0, memory_bytes: 2 << 30, ..Allocation::default() }
}

pub(crate) fn job(setup: &[&str], init: &[&str]) -> JobSpec {
    let all = |commands: &[&str]| commands.iter().map(|&command| command.to_owned()).collect();
    JobSpec {
        turn: 1,
        id: JobId(uuid()),
        run_name: "sly-fox-1".into(),
        home_dir: "/root".into(),
        working_dir: None,
        shell: None,
        python: None,
        env: BTreeMap::new(),
        setup: all(setup),
        init: all(init),
        shm_bytes: None,
        container: Default::default(),
        code: None,
        git: None,
        welcome: Vec::new(),
    }
}

/// Waits until setup and init are done.
pub(crate) async fn wait_running(environment: &dyn Environment) {
    until("the job to run", async || match environment.observe().await.expect("observed") {
        JobObservation::Running { progress: None, .. } => Some(()),
        JobObservation::Ended { reason, message, .. } => panic!("{reason}: {message:?}"),
        _ => None,
    })
    .await;
}

/// Waits until the job is over.
pub(crate) async fn wait_ended(environment: &dyn Environment) -> (JobReason, Option<String>) {
    until("the job to end", async || match environment.observe().await.expect("observed") {
        JobObservation::Ended { reason, message, .. } => Some((reason, message)),
        _ => None,
    })
    .await
}

/// The whole log.
pub(crate) async fn log(environment: &dyn Environment) -> Vec<LogLine> {
    let (mut after, mut lines) = (0, Vec::new());
    loop {
        let chunk = environment.logs(after).await.expect("a piece of log");
        if chunk.lines.is_empty() {
            return lines;
        }
        after = chunk.next_offset;
        lines.extend(chunk.lines);
    }
}

/// The log as people read it: `source text`.
pub(crate) async fn told(environment: &dyn Environment) -> String {
    let line = |line: &LogLine| {
        let source = match line.source {
            LogSource::Stdout => "out",
            LogSource::Stderr => "err",
            LogSource::System => "sys",
        };
        format!("{source} {}\n", line.text)
    };
    log(environment).await.iter().map(line).collect()
}

/// Processes of an instance, found by their variables.
pub(crate) fn tagged(id: InstanceId) -> Vec<i32> {
    berth::supervisor::process::tagged(&id.to_string()).into_iter().collect()
}

/// Control groups of an instance.
fn cgroups(id: InstanceId) -> Vec<PathBuf> {
    let name = format!("berth-{id}");
    let mut found = Vec::new();
    let mut next = vec![(PathBuf::from("/sys/fs/cgroup"), 0)];
    while let Some((folder, depth)) = next.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name() == *name {
                found.push(entry.path());
            } else if depth < 5 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                next.push((entry.path(), depth + 1));
            }
        }
    }
    found
}

/// Number of the supervisor of the instance in a folder.
pub(crate) fn supervisor(dir: &Path) -> Option<i32> {
    let record: berth::supervisor::Record =
        berth::supervisor::read_json(&dir.join("supervisor.json")).ok()??;
    record.supervisor.is_alive().then_some(record.supervisor.pid)
}

/// SIGKILL.
pub(crate) fn kill(pid: i32) {
    berth::supervisor::process::signal([pid], nix::sys::signal::Signal::SIGKILL);
}
