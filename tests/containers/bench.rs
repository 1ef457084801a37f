//! A provider on an engine, and waiting.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use berth::{
    provider::{
        CreateRequest, Environment, ExecOutput, ExecSpec, InstanceObservation, JobObservation, JobSpec,
        Provider, ProviderError,
        container::{self, Engine as Client},
        local::{Containment, LocalProvider},
    },
    supervisor::spec::ContainerSpec,
};
use berth_shared::{
    api::{Allocation, InstanceId, Isolation, JobId, JobReason, LogSource, PlannedOffer},
    catalog::{Availability, GpuFacts, Offer, PriceBasis},
};
use berth_tests::{
    engines::{self, Registry},
    hosts::{self, Host},
    server,
};
use futures_util::{FutureExt, StreamExt, future::LocalBoxFuture};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// Something that holds.
pub(crate) type Case = for<'a> fn(&'a Bench) -> LocalBoxFuture<'a, ()>;

/// An engine with a provider on it.
pub(crate) struct Bench {
    engine: Option<Arc<engines::Engine>>,
    pub(crate) registry: Option<Registry>,
    pub(crate) provider: Arc<dyn Provider>,
    /// All hosts of the provider, and which of them has this engine; none when that is this machine's.
    hosts: Arc<Vec<Host>>,
    host: Option<usize>,
    dir: Arc<tempfile::TempDir>,
}

/// Tries everything, so many at a time; gives what went wrong, by name.
pub(crate) async fn all(bench: &Bench, cases: Vec<(&'static str, Case)>, at_once: usize) -> Vec<String> {
    let only = std::env::var("BERTH_TEST_CASE").unwrap_or_default();
    let outcomes = futures_util::stream::iter(cases.iter().filter(|(name, _)| name.contains(&only)))
        .map(|(name, case)| async move {
            let outcome = std::panic::AssertUnwindSafe(case(bench)).catch_unwind().await;
            outcome.err().map(|panic| {
                let told = panic.downcast_ref::<String>().cloned();
                let told = told.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
                format!("{name}: {}", told.unwrap_or_default())
            })
        })
        .buffer_unordered(at_once)
        .collect::<Vec<_>>()
        .await;
    outcomes.into_iter().flatten().collect()
}

/// Asks until there is an answer.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("waited in vain for: {what}"))
}

/// A port that nobody has at the moment.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

fn uuid() -> Uuid {
    Uuid::from_u128(rand::random())
}

impl Bench {
    /// On an engine of this machine.
    pub(crate) async fn new(engine: Arc<engines::Engine>) -> Self {
        let registry = registry(&engine);
        Self::with(Some(engine), registry).await
    }

    /// Without an engine: in the sandbox.
    pub(crate) async fn sandbox() -> Self {
        Self::with(None, None).await
    }

    /// On each of these SSH hosts, which are one provider.
    pub(crate) async fn on_hosts(hosts: Vec<Host>) -> Vec<Self> {
        let dir = Arc::new(tempfile::tempdir().expect("a folder"));
        let hosts = Arc::new(hosts);
        let provider = provider(None, &hosts, dir.path(), "here").await;
        let none =
            Self { engine: None, registry: None, provider, hosts: Arc::clone(&hosts), host: None, dir };
        let on = |(index, host): (usize, &Host)| Self { registry: registry(&host.engine), ..none.on(index) };
        hosts.iter().enumerate().map(on).collect()
    }

    /// The same on another host, without a registry.
    fn on(&self, index: usize) -> Self {
        Self {
            engine: Some(Arc::clone(&self.hosts[index].engine)),
            registry: None,
            provider: Arc::clone(&self.provider),
            hosts: Arc::clone(&self.hosts),
            host: Some(index),
            dir: Arc::clone(&self.dir),
        }
    }

    /// The same on the next host.
    pub(crate) fn next_door(&self) -> Self {
        let here = self.host.expect("this holds on hosts alone");
        self.on((here + 1) % self.hosts.len())
    }

    /// The same with a registry that runs elsewhere.
    pub(crate) async fn with(engine: Option<Arc<engines::Engine>>, registry: Option<Registry>) -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("a folder"));
        let provider = provider(engine.as_deref(), &[], dir.path(), "here").await;
        Self { engine, registry, provider, hosts: Arc::default(), host: None, dir }
    }

    /// A folder that environments may have mounted.
    pub(crate) fn shared(&self) -> PathBuf {
        shared(self.dir.path())
    }

    /// The host that this is on.
    pub(crate) fn host(&self) -> Option<&Host> {
        self.host.and_then(|index| self.hosts.get(index))
    }

    /// The engine, where there is one.
    pub(crate) fn engine(&self) -> &engines::Engine {
        self.engine.as_deref().expect("this holds on engines alone")
    }

    /// Those of these images that environments here can have; the sandbox has none, and is its own.
    pub(crate) fn images<'a>(&self, images: &[&'a str]) -> Vec<Option<&'a str>> {
        if self.engine.is_none() { vec![None] } else { images.iter().copied().map(Some).collect() }
    }

    /// What a server has that starts anew, or another one beside it.
    pub(crate) async fn another(&self, installation: &str) -> Arc<dyn Provider> {
        provider(self.engine.as_deref(), &self.hosts, self.dir.path(), installation).await
    }

    pub(crate) async fn instance(&self, allocation: Allocation) -> (InstanceId, Isolation) {
        let id = InstanceId(uuid());
        let allocation = Allocation { host: self.host().map(|host| host.name.clone()), ..allocation };
        let request = request(id, allocation);
        until("to be accepted", async || match self.provider.create(&request).await {
            // A host whose cable is back is ready again once it has been looked at.
            Err(ProviderError::NoCapacity(_)) if self.host.is_some() => None,
            created => Some(created),
        })
        .await
        .expect("created");
        let isolation =
            until("the instance", async || match self.provider.observe(id).await.expect("observed") {
                InstanceObservation::Ready { isolation, .. } => Some(isolation),
                InstanceObservation::Creating { .. } => None,
                other => panic!("{other:?}"),
            });
        (id, isolation.await)
    }

    pub(crate) async fn environment(&self, id: InstanceId) -> Arc<dyn Environment> {
        self.provider.environment(id).await.expect("an environment")
    }

    pub(crate) async fn begun(&self, job: &JobSpec) -> (InstanceId, Arc<dyn Environment>) {
        let (id, _) = self.instance(plenty()).await;
        let environment = self.environment(id).await;
        environment.start(job).await.expect("begun");
        (id, environment)
    }

    pub(crate) async fn running(&self, job: &JobSpec) -> (InstanceId, Arc<dyn Environment>) {
        let (id, environment) = self.begun(job).await;
        wait_running(&*environment).await;
        (id, environment)
    }

    /// Removes the instance and looks that nothing of it is left.
    pub(crate) async fn remove(&self, id: InstanceId) {
        until("the instance to be gone", async || {
            let gone = async {
                self.provider.terminate(id).await?;
                self.provider.observe(id).await
            };
            match gone.await {
                Err(ProviderError::Temporary { .. }) if self.host.is_some() => None,
                seen => matches!(seen.expect("observed"), InstanceObservation::Gone { .. }).then_some(()),
            }
        })
        .await;
        let Some(engine) = &self.engine else {
            let folder = self.dir.path().join("local").join(id.to_string());
            assert!(!folder.exists(), "{} is left", folder.display());
            return;
        };
        let name = format!("berth-{id}");
        for list in [&["ps", "--all", "--format", "{{.Names}}"][..], &["network", "ls"], &["volume", "ls"]] {
            let there = engine.ask(list);
            assert!(!there.contains(&name), "{name} is left: {there}");
        }
    }
}

fn registry(engine: &engines::Engine) -> Option<Registry> {
    match Registry::start(engine) {
        Ok(registry) => Some(registry),
        Err(why) => {
            assert!(std::env::var_os("BERTH_REQUIRE_ENGINES").is_none(), "a registry is required: {why}");
            eprintln!("skipped in part: no private registry can run here: {why}");
            None
        }
    }
}

/// A folder of the machine that environments may have mounted.
fn shared(dir: &std::path::Path) -> PathBuf {
    dir.join("shared")
}

async fn provider(
    engine: Option<&engines::Engine>,
    hosts: &[Host],
    dir: &std::path::Path,
    installation: &str,
) -> Arc<dyn Provider> {
    let settings = container::Settings {
        installation: installation.to_owned(),
        default_image: engines::BASH.to_owned(),
        scratch: dir.join("containers"),
        volume_roots: [String::new(), "*:".to_owned()]
            .map(|host| format!("{host}{}", shared(dir).display()).parse().expect("a folder"))
            .into(),
        host: None,
        paths: Arc::new(container::ServerPaths),
    };
    if let [direct @ .., last] = hosts {
        // One of them behind a jump.
        let asked = direct.iter().map(Host::request).chain([last.request_through_itself()]);
        return Arc::new(hosts::provider(&asked.collect::<Vec<_>>(), settings).await);
    }
    let (program, containment) = match engine {
        // Nothing is started on the machine itself.
        Some(engine) => {
            let client = Client::at(&engine.socket).await.expect("the engine answers");
            (PathBuf::from("/nonexistent"), Containment::Containers(client, Box::new(settings)))
        }
        None => (server::binary(), Containment::Processes("a test wants it so".to_owned(), Vec::new())),
    };
    let provider = LocalProvider::new(dir.to_owned(), program, Arc::new(GpuFacts::default()), containment);
    Arc::new(provider.expect("a provider"))
}

fn request(id: InstanceId, allocation: Allocation) -> CreateRequest {
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
    Allocation { cpus: 2.0, memory_bytes: 1 << 30, ..Allocation::default() }
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
        container: ContainerSpec::default(),
        code: None,
        git: None,
        welcome: Vec::new(),
    }
}

/// The same with another image.
pub(crate) fn with_image(image: &str, job: JobSpec) -> JobSpec {
    with_any(Some(image), job)
}

/// The same with another image; `None` = the one of jobs that name none.
pub(crate) fn with_any(image: Option<&str>, mut job: JobSpec) -> JobSpec {
    job.container.image = image.map(ToOwned::to_owned);
    job
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
pub(crate) async fn wait_ended(environment: &dyn Environment) -> (JobReason, String) {
    until("the job to end", async || match environment.observe().await.expect("observed") {
        JobObservation::Ended { reason, message, .. } => Some((reason, message.unwrap_or_default())),
        _ => None,
    })
    .await
}

/// The log as people read it: `source text`.
pub(crate) async fn told(environment: &dyn Environment) -> String {
    let (mut after, mut text) = (0, String::new());
    loop {
        let chunk = environment.logs(after).await.expect("a piece of log");
        if chunk.lines.is_empty() {
            return text;
        }
        after = chunk.next_offset;
        for line in chunk.lines {
            let source = match line.source {
                LogSource::Stdout => "out",
                LogSource::Stderr => "err",
                LogSource::System => "sys",
            };
            text.push_str(&format!("{source} {}\n", line.text));
        }
    }
}

/// The same once there is `wanted` in it: a job runs from before its `init` on, and its log comes by a way of its own.
pub(crate) async fn told_with(environment: &dyn Environment, wanted: &str) -> String {
    until(wanted, async || Some(told(environment).await).filter(|told| told.contains(wanted))).await
}

/// Runs a program to its end.
pub(crate) async fn run(environment: &dyn Environment, script: &str, input: &[u8]) -> (String, String, i32) {
    let argv = ["sh", "-c", script].map(ToOwned::to_owned).into();
    let mut exec = environment.exec(&ExecSpec { argv, ..ExecSpec::default() }).await.expect("started");
    exec.stdin.write_all(input).await.expect("written");
    drop(exec.stdin);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Some(output) = exec.output.recv().await {
        match output {
            ExecOutput::Stdout(bytes) => out.extend(bytes),
            ExecOutput::Stderr(bytes) => err.extend(bytes),
            ExecOutput::Exited(code) => {
                let text = |bytes| String::from_utf8(bytes).expect("text");
                return (text(out), text(err), code);
            }
        }
    }
    panic!("the program did not end");
}

/// What a script prints.
pub(crate) async fn says(environment: &dyn Environment, script: &str) -> String {
    let (out, err, code) = run(environment, script, b"").await;
    assert_eq!(code, 0, "{script}: {out}{err}");
    out.trim().to_owned()
}
