//! One host: its connection, which is made again whenever it breaks, and what is known of it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use berth_shared::{
    api::{InstanceId, SshHost, SshHostFacts, SshHostGpu, SshHostStatus, SshLogin},
    catalog::GpuFacts,
    config::Arch,
    time::Timestamp,
};
use bollard::{BollardRequest, Docker};
use hyper_util::rt::TokioIo;
use tokio::sync::{Notify, broadcast, watch};

use super::{
    ConnectError, HostRecord, look,
    session::{Credentials, Pins, Route, Session, fingerprint},
};
use crate::{
    clock::Clock,
    provider::{
        ProviderError,
        container::{self, Containers, Engine},
        share::{Facts, Place, Runtime},
    },
};

/// The region of all hosts.
const REGION: &str = "remote";

/// How often a host that is there is looked at.
const LOOK: Duration = Duration::from_secs(15);

/// How long its answer to a short script may take.
const SCRIPT: Duration = Duration::from_secs(30);

/// Seconds between attempts to reach one that is away: soon at first, then now and then.
const PAUSES: [u64; 5] = [1, 2, 5, 10, 20];

/// Seconds that one call of the engine may take, as on this machine.
const CALL_SECONDS: u64 = 60;

/// What all hosts have in common.
pub(super) struct Common {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) gpus: Arc<GpuFacts>,
    /// How containers are made; each host has a folder of its own below `scratch`.
    pub(super) containers: container::Settings,
    pub(super) changes: broadcast::Sender<InstanceId>,
}

/// The connection that everything of a host shares.
pub(super) struct Line {
    now: Mutex<Result<Arc<Session>, String>>,
    /// Somebody found it broken.
    broken: Notify,
}

impl Line {
    fn new(why: String) -> Arc<Self> {
        Arc::new(Self { now: Mutex::new(Err(why)), broken: Notify::new() })
    }

    fn set(&self, now: Result<Arc<Session>, String>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// The session; in words, why there is none.
    fn session(&self) -> Result<Arc<Session>, String> {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        if now.is_closed() {
            self.broken.notify_one();
            return Err("the connection broke".to_owned());
        }
        Ok(now)
    }

    /// An engine's client whose every connection goes to this socket there.
    fn docker(self: &Arc<Self>, socket: String) -> Result<Docker, bollard::errors::Error> {
        let (line, socket): (_, Arc<str>) = (Arc::clone(self), socket.into());
        let transport = move |request: BollardRequest| {
            let (line, socket) = (Arc::clone(&line), Arc::clone(&socket));
            async move { line.request(&socket, request).await }
        };
        let place = Some("http://localhost");
        Docker::connect_with_custom_transport(transport, place, CALL_SECONDS, bollard::API_DEFAULT_VERSION)
    }

    async fn request(
        &self,
        socket: &str,
        request: BollardRequest,
    ) -> Result<hyper::Response<hyper::body::Incoming>, bollard::errors::Error> {
        let lost = |why: String| bollard::errors::Error::IOError { err: std::io::Error::other(why) };
        let stream = self.session().map_err(lost)?.socket(socket).await.map_err(lost)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // Some answers turn into a stream both ways.
        tokio::spawn(connection.with_upgrades());
        let (mut head, body) = request.into_parts();
        // To a server, not a proxy: the path alone.
        if let Some(path) = head.uri.path_and_query().cloned() {
            head.uri = path.into();
        }
        head.headers
            .entry(hyper::header::HOST)
            .or_insert(hyper::header::HeaderValue::from_static("localhost"));
        Ok(sender.send_request(hyper::Request::from_parts(head, body)).await?)
    }
}

/// The files of a host.
struct HostPaths(Arc<Line>);

impl std::fmt::Debug for HostPaths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostPaths")
    }
}

#[async_trait::async_trait]
impl container::Paths for HostPaths {
    async fn real(&self, path: &str) -> Result<Option<String>, String> {
        let ran = self.0.session()?.run(&look::real_path(path)?, SCRIPT).await?;
        look::path_told(&ran.out)
    }
}

/// How a host is.
#[derive(Clone, Debug)]
pub(super) enum State {
    Connecting,
    Ready(Box<Known>),
    Away(String),
}

/// What is known of a host that is there.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) engine: Engine,
    pub(super) seen: look::Seen,
}

/// Why a host will not do; says what to do.
#[derive(Debug, thiserror::Error)]
pub enum UnusableHost {
    /// It cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It has no engine.
    #[error("{0}")]
    NoEngine(String),
    /// Its engine, or its shell, does not answer as it should.
    #[error("{0}")]
    Silent(String),
}

impl From<ProviderError> for UnusableHost {
    fn from(error: ProviderError) -> Self {
        Self::Silent(error.to_string())
    }
}

/// A host that is connected, and what is known of it.
pub(super) struct Connected {
    session: Arc<Session>,
    line: Arc<Line>,
    known: Known,
    /// Keys of all hosts on the way.
    pub(super) host_keys: Pins,
}

/// Connects to a host for the first time and finds out what it has.
pub(super) async fn connect(
    name: &str,
    route: &Route,
    pins: &Pins,
    engine: Option<&str>,
    gpus: &GpuFacts,
) -> Result<Connected, UnusableHost> {
    let (session, host_keys) = Session::connect(route, pins).await?;
    let session = Arc::new(session);
    let line = Line::new(String::new());
    line.set(Ok(Arc::clone(&session)));
    let known = learn(name, route, &line, &session, engine, gpus).await?;
    Ok(Connected { session, line, known, host_keys })
}

async fn learn(
    name: &str,
    route: &Route,
    line: &Arc<Line>,
    session: &Session,
    engine: Option<&str>,
    gpus: &GpuFacts,
) -> Result<Known, UnusableHost> {
    let socket = match engine {
        Some(socket) => socket.to_owned(),
        None => find(route, session).await?,
    };
    let docker = line.docker(socket.clone()).map_err(|error| UnusableHost::Silent(error.to_string()))?;
    let engine = Engine::on(docker, format!("{name}:{socket}")).await?;
    let seen = see(name, session, &engine, gpus).await?;
    Ok(Known { engine, seen })
}

/// The socket of the engine there.
async fn find(route: &Route, session: &Session) -> Result<String, UnusableHost> {
    let silent =
        |why: String| UnusableHost::Silent(format!("no command can be run on {}: {why}", route.address));
    let found = look::sockets(&session.run(look::FIND, SCRIPT).await.map_err(silent)?.out);
    if let Some(socket) = found.open.into_iter().next() {
        return Ok(socket);
    }
    let user = &route.address.user;
    Err(UnusableHost::NoEngine(match found.closed.first() {
        Some(socket) => format!(
            "the container engine's socket `{socket}` on {} is not for `{user}`: add the account to the group that owns it, such as \
             `docker`",
            route.address.place()
        ),
        None => format!(
            "there is no container engine on {}: install Docker, or start Podman's service by `systemctl enable --now podman.socket`",
            route.address.place()
        ),
    }))
}

async fn see(
    name: &str,
    session: &Session,
    engine: &Engine,
    gpus: &GpuFacts,
) -> Result<look::Seen, UnusableHost> {
    let script = look::script(engine.facts().root.as_deref());
    let ran = session.run(&script, SCRIPT).await;
    let ran = ran.map_err(|why| UnusableHost::Silent(format!("no command can be run on `{name}`: {why}")))?;
    Ok(look::seen(&ran.out, gpus))
}

/// One host.
pub(super) struct Host {
    pub(super) record: HostRecord,
    credentials: Result<Credentials, String>,
    line: Arc<Line>,
    state: watch::Sender<(State, Timestamp)>,
    /// Made when the host is first reached; outlives its connections.
    containers: Mutex<Option<Containers>>,
    common: Arc<Common>,
}

impl Host {
    /// The host, which a task connects to from now on until this is dropped. To be called inside a runtime.
    pub(super) fn start(
        record: HostRecord,
        credentials: Result<Credentials, String>,
        connected: Option<Connected>,
        common: Arc<Common>,
    ) -> Arc<Self> {
        let line = connected.as_ref().map_or_else(
            || Line::new("it has not been reached yet".to_owned()),
            |there| Arc::clone(&there.line),
        );
        let now = common.clock.now();
        let host = Arc::new(Self {
            record,
            credentials,
            line,
            state: watch::Sender::new((State::Connecting, now)),
            containers: Mutex::default(),
            common,
        });
        if let Some(there) = &connected {
            host.ready(there.known.clone());
        }
        tokio::spawn(keep(Arc::downgrade(&host), connected.map(|there| there.session)));
        host
    }

    pub(super) fn name(&self) -> &str {
        &self.record.name
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().0.clone()
    }

    /// Its environments, once it has been reached; in words, why not.
    pub(super) fn containers(&self) -> Result<Containers, ProviderError> {
        let there = self.containers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        there.ok_or_else(|| self.away())
    }

    /// That it cannot be reached, as an error.
    pub(super) fn away(&self) -> ProviderError {
        let why = match self.state() {
            State::Away(why) => why,
            _ => "it has not been reached yet".to_owned(),
        };
        ProviderError::Temporary {
            message: format!("the SSH host `{}` is away: {why}", self.name()),
            source: None,
        }
    }

    /// What can be had of it, as [`crate::provider::share`] needs it; `None` = it is away.
    pub(super) fn facts(&self) -> Option<Facts> {
        let State::Ready(known) = self.state() else { return None };
        let engine = known.engine.facts();
        Some(Facts {
            place: Place {
                backend: super::BACKEND.to_owned(),
                region: REGION.to_owned(),
                instance_type: self.name().to_owned(),
                called: format!("`{}`", self.name()),
                host: Some(self.name().to_owned()),
            },
            arch: Arch::of_machine(&engine.arch),
            cpus: engine.cpus,
            memory_bytes: engine.memory_bytes,
            disk_free_bytes: known.seen.disk_free_bytes,
            gpus: known.seen.gpus.clone(),
            pythons: Vec::new(),
            bash: true,
            isolation: None,
            runtime: Runtime::Containers {
                engine: Box::new(engine.clone()),
                place: known.engine.place().to_owned(),
                default_image: self.common.containers.default_image.clone(),
                volume_roots: self.settings().roots(),
            },
        })
    }

    /// As people are told.
    pub(super) fn told(&self) -> SshHost {
        let (state, since) = self.state.borrow().clone();
        let (status, problem, facts) = match state {
            State::Connecting => (SshHostStatus::Connecting, None, None),
            State::Away(why) => (SshHostStatus::Away, Some(why), None),
            State::Ready(known) => (SshHostStatus::Ready, None, Some(facts(&known))),
        };
        let record = &self.record;
        let key = record.host_keys.get(&record.address.place());
        SshHost {
            name: record.name.clone(),
            address: record.address.to_string(),
            jumps: record.jumps.iter().map(ToString::to_string).collect(),
            login: if record.private_key.is_some() { SshLogin::Key } else { SshLogin::Agent },
            fingerprint: key.map(|key| fingerprint(key)).unwrap_or_default(),
            status,
            problem,
            since,
            facts,
            pool: record.pool.clone(),
            added_by: record.added_by.clone(),
            added_at: record.added_at,
        }
    }

    fn become_(&self, state: State) {
        let now = self.common.clock.now();
        self.state.send_if_modified(|(before, since)| {
            let same = matches!(
                (&*before, &state),
                (State::Connecting, State::Connecting)
                    | (State::Ready(_), State::Ready(_))
                    | (State::Away(_), State::Away(_))
            );
            *before = state;
            if !same {
                *since = now;
            }
            !same
        });
    }

    fn ready(&self, known: Known) {
        let mut containers = self.containers.lock().unwrap_or_else(PoisonError::into_inner);
        // An engine that was replaced meanwhile is another one.
        let other = containers.as_ref().is_none_or(|there| {
            there.engine().facts() != known.engine.facts() || there.engine().place() != known.engine.place()
        });
        if other {
            *containers =
                Some(Containers::new(known.engine.clone(), self.settings(), self.common.changes.clone()));
        }
        drop(containers);
        self.become_(State::Ready(Box::new(known)));
    }

    /// What containers there are made with.
    fn settings(&self) -> container::Settings {
        let common = self.common.containers.clone();
        container::Settings {
            scratch: common.scratch.join(self.name()),
            host: Some(self.name().to_owned()),
            paths: Arc::new(HostPaths(Arc::clone(&self.line))),
            ..common
        }
    }

    fn route(&self) -> Result<Route, String> {
        let credentials = self.credentials.clone()?;
        Ok(Route { address: self.record.address.clone(), jumps: self.record.jumps.clone(), credentials })
    }

    /// Connects anew.
    async fn reach(&self) -> Result<Arc<Session>, String> {
        let route = self.route()?;
        let connected = Session::connect(&route, &self.record.host_keys).await;
        let (session, _) = connected.map_err(|error| error.to_string())?;
        let session = Arc::new(session);
        self.line.set(Ok(Arc::clone(&session)));
        let engine = self.record.engine.as_deref();
        let learned = learn(self.name(), &route, &self.line, &session, engine, &self.common.gpus).await;
        match learned {
            Ok(known) => {
                self.ready(known);
                Ok(session)
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether it is still as it was.
    async fn look(&self, session: &Session) -> Result<(), String> {
        let State::Ready(known) = self.state() else { return Err("it is away".to_owned()) };
        let seen = see(self.name(), session, &known.engine, &self.common.gpus)
            .await
            .map_err(|error| error.to_string())?;
        known.engine.answers().await.map_err(|error| error.to_string())?;
        self.become_(State::Ready(Box::new(Known { seen, ..*known })));
        Ok(())
    }

    fn lost(&self, why: &str) {
        // Once, not with every attempt to reach it.
        if !matches!(self.state(), State::Away(before) if before == why) {
            tracing::warn!(host = self.name(), why, "an SSH host is away");
        }
        self.line.set(Err(format!("the SSH host `{}` is away: {why}", self.name())));
        self.become_(State::Away(why.to_owned()));
    }
}

fn facts(known: &Known) -> SshHostFacts {
    let engine = known.engine.facts();
    SshHostFacts {
        arch: engine.arch.clone(),
        cpus: engine.cpus,
        memory_bytes: engine.memory_bytes,
        disk_free_bytes: known.seen.disk_free_bytes,
        gpus: known
            .seen
            .gpus
            .iter()
            .map(|gpu| SshHostGpu { name: gpu.name.clone(), memory_gib: gpu.memory_gib })
            .collect(),
        engine: format!("{} {}", engine.kind, engine.version),
    }
}

/// Keeps a host connected for as long as it is one of ours.
async fn keep(host: std::sync::Weak<Host>, mut session: Option<Arc<Session>>) {
    let mut failures = 0;
    loop {
        let Some(there) = host.upgrade() else { return };
        let now = match session.take() {
            Some(session) => Ok(session),
            None => there.reach().await,
        };
        match now {
            Ok(now) => {
                failures = 0;
                let line = Arc::clone(&there.line);
                drop(there);
                let why = watch_over(&host, &line, &now).await;
                if let (Some(there), Some(why)) = (host.upgrade(), why) {
                    there.lost(&why);
                }
            }
            Err(why) => {
                there.lost(&why);
                drop(there);
                let pause = PAUSES[failures.min(PAUSES.len() - 1)];
                failures += 1;
                tokio::time::sleep(Duration::from_secs(pause)).await;
            }
        }
    }
}

/// Looks at a host now and again until it does not answer; gives the reason, or `None` when it is no host of ours any more.
async fn watch_over(host: &std::sync::Weak<Host>, line: &Line, session: &Session) -> Option<String> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = line.broken.notified() => {}
        }
        let there = host.upgrade()?;
        if session.is_closed() {
            return Some("the connection broke".to_owned());
        }
        if let Err(why) = there.look(session).await {
            return Some(why);
        }
    }
}
