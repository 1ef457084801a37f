//! `berth serve`

use std::{
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use berth_shared::{
    api::{CatalogOrigin, SshGateway},
    catalog::CatalogError,
    time::Timestamp,
};
use ipnet::IpNet;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use russh::keys::PrivateKey;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::timeout,
};
use uuid::Uuid;

use super::{
    data_dir::{DataDir, NoDataDir, Running},
    database::DatabaseUrl,
    demo::{self, DemoDir, UnsuitableDir},
    login_link::login_link,
    oidc::{OidcArgs, OidcArgsError},
    random,
    tls::TlsArgs,
};
use crate::{
    access::{
        door::Door,
        ports::{Addresses, PreviewDomain},
        ssh::{
            self, ListenOn,
            host_key::{self, HostKeyError},
        },
    },
    audit::{Audit, Draft},
    auth::{Auth, oidc::Oidc},
    catalog::{self, Catalogues, follow::follow},
    clock::{Clock, SystemClock},
    control::Control,
    failpoint,
    http::{self, Names, Patience, ProxyNetwork, PublicUrl, Scheme, TlsError, TrustedProxies},
    live::Sockets,
    orchestrator::{self, Entrance, Orchestrator},
    provider::{
        Provider, ProviderError,
        container::{self, Engine, EngineSetting, VolumeRoot},
        local::{Containment, LocalProvider},
        remote::{self, BookError, Hosts, HostsParts, RemoteProvider},
        simulated::{RemoteCloud, RemoteError, SimulatedProvider},
    },
    sealed::{Sealer, SealingKeyError},
    secrets::Secrets,
    store::{self, LocalHold},
    webhooks::{self, Egress, Place, Webhooks},
};

/// The port that is tried first.
const DEFAULT_PORT: u16 = 8080;

/// How many ports are tried from there on.
const PORTS_TRIED: u16 = 100;

/// How long open requests and sockets get to end.
const GRACE: Duration = Duration::from_secs(5);

/// Arguments of `berth serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address and port to listen on; 127.0.0.1:8080, or the next free port, when absent.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,

    #[command(flatten)]
    data_dir: DataDir,

    #[command(flatten)]
    database: DatabaseUrl,

    /// Gives out shares of this machine. Always so with SQLite; with a database that servers share, one of them may.
    #[arg(long)]
    local: bool,

    /// Container engine for environments on this machine: `auto` looks for Docker and Podman, `none` runs them as processes,
    /// a path is an engine's socket.
    #[arg(long, value_name = "auto|none|SOCKET", default_value = "auto", env = "BERTH_ENGINE")]
    engine: EngineSetting,

    /// Image of environments that name none; `{version}` stands for the Python that is asked for.
    #[arg(long, value_name = "IMAGE", default_value = container::DEFAULT_IMAGE, env = "BERTH_DEFAULT_IMAGE")]
    default_image: String,

    /// A folder below which `volumes` of configurations may mount something: `/data` of this machine, `HOST:/data` of that SSH host,
    /// `*:/data` of all of them. May be given several times; without one no folder of a machine is mounted.
    #[arg(long, value_name = "[HOST:]PATH", env = "BERTH_VOLUME_ROOT", value_delimiter = ',')]
    volume_root: Vec<VolumeRoot>,

    /// Where people reach the server, when that is not where it listens, such as when a proxy stands before it: `https://berth.example`.
    #[arg(long, value_name = "URL")]
    public_url: Option<PublicUrl>,

    #[command(flatten)]
    tls: TlsArgs,

    #[command(flatten)]
    oidc: OidcArgs,

    /// A proxy, or a network of them, whose `X-Forwarded-For`, `-Proto` and `-Host` are believed: `10.0.0.0/8`. May be given several times;
    /// what others say there is not looked at.
    #[arg(long, value_name = "CIDR", env = "BERTH_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<ProxyNetwork>,

    /// Domain below which ports of environments are shown in browsers, each at a host of its own; every name below it has to lead
    /// here. Without one they are shown to browsers on this machine alone, below `localhost`.
    #[arg(long, value_name = "DOMAIN", env = "BERTH_PREVIEW_DOMAIN")]
    preview_domain: Option<PreviewDomain>,

    /// Lets environments on this machine reach the server, its SSH gateway and previews at the machine's addresses. Without it,
    /// what comes from the networks of their containers is closed at once.
    #[arg(long, env = "BERTH_ALLOW_ENVIRONMENTS")]
    allow_environments: bool,

    /// Takes SSH connections to environments at this port of 127.0.0.1, or at an address and port.
    #[arg(long, value_name = "PORT|ADDR:PORT", env = "BERTH_SSH_LISTEN")]
    ssh_listen: Option<ListenOn>,

    /// Private key by which SSH clients know the server, for servers that stand for each other; else one of its own in the data
    /// directory.
    #[arg(long, value_name = "FILE", env = "BERTH_SSH_HOST_KEY", requires = "ssh_listen")]
    ssh_host_key: Option<PathBuf>,

    /// File with the key by which secrets are sealed in the database, for servers that share one; else one of its own in the data
    /// directory. `BERTH_SEALING_KEY` may hold the key itself.
    #[arg(long, value_name = "FILE", env = "BERTH_SEALING_KEY_FILE")]
    sealing_key_file: Option<PathBuf>,

    /// A network, or one address, that webhooks may lead to although it is not on the internet: `10.0.0.0/8`. May be given several times.
    #[arg(long, value_name = "NETWORK", env = "BERTH_WEBHOOK_ALLOW", value_delimiter = ',', value_parser = network)]
    webhook_allow: Vec<IpNet>,

    /// The largest code that one launch may bring, compressed: `64MiB`, `1GiB`.
    #[arg(long, value_name = "SIZE", default_value = "64MiB", env = "BERTH_CODE_LIMIT")]
    code_limit: CodeLimit,

    /// How many requests each person, each API token, and each address from which nobody is signed in, may make in a minute, and at once.
    #[arg(long, value_name = "N", default_value_t = 6000, value_parser = clap::value_parser!(u32).range(1..))]
    requests_per_minute: u32,

    /// How many runs one person may submit in a minute, and at once.
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    submissions_per_minute: u32,

    /// Shows Berth around: simulated clouds, nothing real, and a data directory that goes with it unless one is given.
    #[arg(long)]
    demo: bool,

    /// Uses the simulated clouds of `berth simulated-cloud` as well, for tests.
    #[arg(long, value_name = "URL", hide = true, conflicts_with = "demo")]
    simulated_clouds: Option<String>,
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())).ok();
    let network = text.parse::<IpNet>().ok().or_else(one);
    network.ok_or_else(|| "expected an address or a network, such as `10.1.2.3` or `10.0.0.0/8`".to_owned())
}

/// A size in bytes: a number with `KiB`, `MiB` or `GiB`, or with none of them.
#[derive(Clone, Copy, Debug)]
struct CodeLimit(u64);

impl std::str::FromStr for CodeLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];
        let given = units.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?.trim(), *bytes)));
        let bytes = given.and_then(|(number, unit)| number.parse::<u64>().ok()?.checked_mul(unit));
        bytes.map(Self).ok_or_else(|| "expected a size such as `64MiB`".to_owned())
    }
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    NoDataDir(#[from] NoDataDir),
    #[error(transparent)]
    Unsuitable(#[from] UnsuitableDir),
    #[error(transparent)]
    Simulated(#[from] RemoteError),
    #[error(transparent)]
    Open(#[from] store::OpenError),
    #[error(
        "cannot listen on {address}: the port is in use; stop what listens there, or give another with \
         `--listen ADDR:PORT`"
    )]
    PortInUse { address: SocketAddr },
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(
        "`--public-url {0}` says that people come without TLS, and `--tls-cert` that they come with it; give an address that begins with \
         `https://`"
    )]
    PublicUrlWithoutTls(PublicUrl),
    #[error(transparent)]
    Oidc(#[from] OidcArgsError),
    #[error(transparent)]
    HostKey(#[from] HostKeyError),
    #[error(transparent)]
    SealingKey(#[from] SealingKeyError),
    #[error("cannot use the SSH hosts")]
    Hosts(#[from] BookError),
    #[error("cannot draw random numbers")]
    Random(#[from] rand::rngs::SysError),
    #[error("cannot prepare the accounts")]
    Accounts(#[from] store::StoreError),
    #[error("the catalogue inside this program cannot be used")]
    Catalog(#[from] CatalogError),
    #[error("cannot use this machine for environments")]
    Local(#[source] io::Error),
    #[error(
        "`--volume-root {}` cannot be: by it every run would reach the data directory `{}`, where everybody's secrets are; name folders \
         beside it", root.path, directory.display()
    )]
    VolumeRoot { root: VolumeRoot, directory: PathBuf },
    #[error("cannot use the container engine")]
    Engine(#[source] ProviderError),
    #[error("cannot prepare to send notifications")]
    Webhooks(#[source] reqwest::Error),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot write to the data directory")]
    Announce(#[source] io::Error),
    #[error("the server stopped")]
    Serve(#[source] io::Error),
}

/// Runs the server until it is told to stop.
pub fn run(args: &Args) -> ExitCode {
    log_to_stderr();
    // Programs of the same user do not look into it: sandboxes that see its process are such.
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        tracing::warn!(%error, "other processes of this user may look into the server's");
    }
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)
        .and_then(|runtime| runtime.block_on(serve(args)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            super::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn log_to_stderr() {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::try_from_env("BERTH_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    // Somebody else's subscriber is as good.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        // A line that cannot be written is lost. To say so on standard error, which is what cannot be written to, would end
        // whatever wrote it: a loop of the orchestrator, with a log on a disk that is full.
        .log_internal_errors(false)
        .try_init();
}

async fn serve(args: &Args) -> Result<(), ServeError> {
    // Signals first: one that comes while the server starts is not lost.
    let mut signals = Signals::new().map_err(ServeError::Runtime)?;
    let mut rng = random()?;
    let demo = if args.demo { Some(DemoDir::make(args.data_dir.given(), &mut rng)?) } else { None };
    let directory = match &demo {
        Some(demo) => demo.path().to_owned(),
        None => args.data_dir.resolve()?,
    };
    match &demo {
        Some(_) => tracing::info!(directory = %directory.display(), "the data of this demo"),
        None => demo::must_be_real(&directory)?,
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tls = args.tls.open(Arc::clone(&clock))?;
    let oidc = args.oidc.open()?;
    let scheme = if tls.is_some() { Scheme::Https } else { Scheme::Http };
    if let Some(public) =
        args.public_url.as_ref().filter(|public| tls.is_some() && public.scheme() != "https")
    {
        return Err(ServeError::PublicUrlWithoutTls(public.clone()));
    }
    let database = args.database.address()?;
    failpoint::reach(&["open", "before"]);
    let store = store::open_at(&directory, &database).await?;
    failpoint::reach(&["open", "after"]);
    let mut local_hold = match demo.is_none() && (args.local || !store.is_shared()) {
        true => Some(store::hold_local(&database).await?),
        false => None,
    };
    let listener = listen(args.listen).await?;
    let address = listener.local_addr().map_err(ServeError::Serve)?;
    let ssh = match args.ssh_listen {
        Some(ListenOn(address)) => Some(gateway(args, address, &directory, &mut rng).await?),
        None => None,
    };
    let url = args.public_url.as_ref().map_or_else(|| local_url(address, scheme), ToString::to_string);

    let auth = Auth::new(store.accounts(), Arc::clone(&clock), StdRng::from_rng(&mut rng));
    if let Some(oidc) = oidc.clone() {
        tokio::spawn(look_at(oidc, clock.now()));
    }
    let auth = auth.with_oidc(oidc);
    failpoint::reach(&["accounts", "before"]);
    auth.begin().await?;
    let audit = Audit::new(store.audit(), Arc::clone(&clock));
    let admin = auth.first_admin().await?;
    let token = auth.login_token(&admin).await?;
    audit.record(started(admin, clock.now())).await;
    failpoint::reach(&["accounts", "after"]);

    let catalog_stamp = catalog::file::stamp(&directory);
    let catalogues = catalogues(&directory)?;
    let storage = store.storage();
    let sealer = sealer(args, &directory, &mut rng)?;
    let secrets = Secrets::new(Arc::new(store.secrets()), sealer.clone());
    let (providers, hosts) = match &demo {
        Some(_) => {
            (demo::providers(&catalogues.current(), storage.installation(), &clock, rng.random()), None)
        }
        None => {
            let local = local_hold.is_some();
            let mut all = providers(args, local, &directory, &catalogues, storage.installation()).await?;
            let hosts = Hosts::start(HostsParts {
                book: Arc::new(store.hosts()),
                sealer: sealer.clone(),
                agent: std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from),
                containers: container_settings(args, directory.join("hosts"), storage.installation()),
                gpus: Arc::clone(catalogues.current().gpus()),
                clock: Arc::clone(&clock),
                rng: StdRng::from_rng(&mut rng),
                left: !storage.held(remote::BACKEND).await?.is_empty(),
            });
            let hosts = hosts.await?;
            all.push(Arc::new(RemoteProvider::new(hosts.clone())));
            (all, Some(hosts))
        }
    };
    let webhooks = Webhooks::new(
        store.webhooks(),
        sealer,
        Egress::new(args.webhook_allow.clone()),
        Place::new(storage.installation(), &url),
    );
    let orchestrator = Orchestrator::start(orchestrator::Parts {
        storage: Arc::clone(&storage),
        providers,
        clock: Arc::clone(&clock),
        random: StdRng::from_rng(&mut rng),
        archive: store.log_archive(),
        catalogues: catalogues.clone(),
        secrets: secrets.clone(),
        entrance: ssh.as_ref().map(|gateway| entrance(&gateway.told, args.public_url.as_ref())),
    });
    let following = tokio::spawn(follow(catalogues.clone(), directory.clone(), catalog_stamp));
    let stop = watch::Sender::new(false);
    let telling = webhooks::start(webhooks::Parts {
        storage,
        webhooks: webhooks.clone(),
        clock: Arc::clone(&clock),
        random: StdRng::from_rng(&mut rng),
        stopping: stop.subscribe(),
    });
    let telling = tokio::spawn(telling.map_err(ServeError::Webhooks)?);
    let sockets = Sockets::default();
    let control: Arc<dyn Control> = Arc::new(orchestrator.service());
    let told = ssh.as_ref().map(|gateway| gateway.told.clone());
    if let Some(Gateway { listener, host_key, told }) = ssh {
        tracing::info!(host = told.host, port = told.port, "SSH connections are taken");
        let (control, accounts, audit) = (Arc::clone(&control), store.accounts(), audit.clone());
        let parts = ssh::Parts { control, accounts, audit, host_key, stopping: stop.subscribe() };
        tokio::spawn(ssh::serve(Door::new(listener, args.allow_environments), parts));
    }
    let router = http::router(http::Parts {
        control,
        auth,
        audit,
        names: Names::new(address, scheme, args.public_url.clone()),
        previews: Addresses::new(
            address,
            scheme,
            args.public_url.clone(),
            args.preview_domain.clone(),
            url.clone(),
        ),
        catalogues,
        clock,
        rng,
        stopping: stop.subscribe(),
        sockets: sockets.clone(),
        proxies: TrustedProxies::new(args.trusted_proxy.clone()),
        requests_per_minute: args.requests_per_minute,
        submissions_per_minute: args.submissions_per_minute,
        demo: demo.is_some(),
        ssh: told,
        hosts,
        secrets,
        webhooks,
        code_limit: args.code_limit.0,
    });

    failpoint::reach(&["ready", "before"]);
    Running { url: url.clone(), pid: std::process::id() }.write(&directory).map_err(ServeError::Announce)?;
    announce(demo.as_ref(), &login_link(&url, &token));
    failpoint::reach(&["ready", "after"]);

    let renewing = tls.clone().map(|tls| tokio::spawn(tls.follow(http::LOOK)));
    let door = Door::new(listener, args.allow_environments);
    let server = tokio::spawn(http::serve(door, tls, router, Patience::default(), stop.subscribe()));
    tokio::select! {
        signal = signals.recv() => {
            if demo.is_some() {
                tracing::info!(signal, "stopping, and with it the simulated clouds");
            } else {
                tracing::info!(signal, "stopping; environments live on and are found again by the next start");
            }
        }
        () = lost(&mut local_hold) => {
            tracing::error!("the database was away, and another server gives out shares of its machine now; stopping");
        }
    }
    stop.send_replace(true);
    let quiet = async { tokio::join!(server, sockets.none(), telling) };
    tokio::select! {
        _ = timeout(GRACE, quiet) => {}
        _ = signals.recv() => {}
    }
    following.abort();
    if let Some(renewing) = renewing {
        renewing.abort();
    }
    orchestrator.shutdown().await;
    Running::remove(&directory);
    drop(store);
    Ok(())
}

/// That the server started, and printed a link that lets an admin in.
fn started(admin: String, now: Timestamp) -> Draft {
    let detail =
        concat!("Berth ", env!("CARGO_PKG_VERSION"), "; printed a link by which the target signs in");
    Draft { detail: Some(detail.to_owned()), ..Draft::of_the_machine("server.start", Some(admin), now) }
}

/// Says early that a provider is away, or that its address is wrong. Whoever signs in has it asked again.
async fn look_at(oidc: Oidc, now: Timestamp) {
    match oidc.look(now).await {
        None => tracing::info!(provider = oidc.told().name, "single sign-on is ready"),
        Some(why) => tracing::warn!(provider = oidc.told().name, why, "single sign-on cannot be used yet"),
    }
}

/// Where SSH connections are taken, and as whom.
struct Gateway {
    listener: TcpListener,
    host_key: PrivateKey,
    told: SshGateway,
}

/// Where people reach the gateway: where it listens, or at the host of the page.
fn entrance(told: &SshGateway, public: Option<&PublicUrl>) -> Entrance {
    let host = told.host.clone().or_else(|| public.map(PublicUrl::host));
    Entrance { host: host.unwrap_or_else(|| "127.0.0.1".to_owned()), port: told.port }
}

async fn gateway(
    args: &Args,
    address: SocketAddr,
    directory: &Path,
    rng: &mut StdRng,
) -> Result<Gateway, ServeError> {
    let host_key = match &args.ssh_host_key {
        Some(file) => host_key::at(file)?,
        None => host_key::in_directory(directory, rng)?,
    };
    let listener = bind(address).await?;
    let told = ssh::told(listener.local_addr().map_err(ServeError::Serve)?, &host_key);
    let told = told.map_err(HostKeyError::Make)?;
    Ok(Gateway { listener, host_key, told })
}

/// Resolves when this machine may not be used any more.
async fn lost(hold: &mut Option<LocalHold>) {
    match hold {
        Some(hold) => hold.lost().await,
        None => std::future::pending().await,
    }
}

/// The catalogue of the data directory, or the one inside the program when that cannot be used.
fn catalogues(directory: &Path) -> Result<Catalogues, CatalogError> {
    let (published, complaint) = catalog::file::choose(directory)?;
    if let Some(complaint) = complaint {
        tracing::warn!(error = http::chain(&complaint), "the built-in catalogue is used instead");
    }
    if published.info().origin == CatalogOrigin::Imported {
        tracing::info!(
            version = published.version(),
            offers = published.info().offers,
            "the imported catalogue is in use"
        );
    }
    Ok(Catalogues::new(published.compress()))
}

/// This machine, and what tests add to it.
async fn providers(
    args: &Args,
    local: bool,
    directory: &Path,
    catalogues: &Catalogues,
    installation: Uuid,
) -> Result<Vec<Arc<dyn Provider>>, ServeError> {
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    if local {
        if let Some(root) = VolumeRoot::reaching(&args.volume_root, directory) {
            return Err(ServeError::VolumeRoot { root: root.clone(), directory: directory.to_owned() });
        }
        let gpus = Arc::clone(catalogues.current().gpus());
        let program = std::env::current_exe().map_err(ServeError::Local)?;
        let containment = containment(args, directory, installation).await?;
        let local = LocalProvider::new(directory.to_owned(), program, gpus, containment);
        let local = local.map_err(ServeError::Local)?;
        providers.push(Arc::new(local));
    }
    if let Some(address) = &args.simulated_clouds {
        for cloud in RemoteCloud::all(address).await? {
            let offers = cloud.offers().await?;
            let provider = SimulatedProvider::new(Arc::new(cloud), offers, installation.to_string());
            providers.push(Arc::new(provider));
        }
    }
    Ok(providers)
}

/// What environments on this machine run in: containers where there is an engine, processes where there is none.
async fn containment(args: &Args, directory: &Path, installation: Uuid) -> Result<Containment, ServeError> {
    let processes = |why: &str| Containment::Processes(why.to_owned(), args.volume_root.clone());
    let engine = match &args.engine {
        EngineSetting::None => return Ok(processes("containers are switched off on this server")),
        EngineSetting::Socket(socket) => Engine::at(socket).await.map_err(ServeError::Engine)?,
        EngineSetting::Auto => {
            let places = container::places(|name| std::env::var(name).ok());
            match Engine::first(&places).await {
                Some(engine) => engine,
                None => {
                    let why = "no container engine was found on this machine when the server started";
                    return Ok(processes(why));
                }
            }
        }
    };
    if !container::is_built_in() {
        let why = "this build of Berth has no program to put into containers";
        tracing::warn!(engine = engine.place(), "{why}; environments run as processes");
        return Ok(processes(why));
    }
    let facts = engine.facts();
    tracing::info!(engine = %facts.kind, version = facts.version, place = engine.place(), "environments run in containers");
    let settings = container_settings(args, directory.join("containers"), installation);
    Ok(Containment::Containers(engine, Box::new(settings)))
}

fn container_settings(args: &Args, scratch: PathBuf, installation: Uuid) -> container::Settings {
    container::Settings {
        installation: installation.to_string(),
        default_image: args.default_image.clone(),
        scratch,
        volume_roots: args.volume_root.clone(),
        host: None,
        paths: Arc::new(container::ServerPaths),
    }
}

/// By the key that is given, or one of the data directory's own.
fn sealer(args: &Args, directory: &Path, rng: &mut StdRng) -> Result<Sealer, SealingKeyError> {
    const VARIABLE: &str = "BERTH_SEALING_KEY";
    if let Some(file) = &args.sealing_key_file {
        return Sealer::at(file);
    }
    match std::env::var(VARIABLE) {
        Ok(key) => Sealer::new(&key, &format!("`{VARIABLE}`")),
        Err(_) => Sealer::in_directory(directory, rng.random()),
    }
}

/// The line that people and programs wait for; before it, where nothing is real, that it is not.
fn announce(demo: Option<&DemoDir>, link: &str) {
    let mut out = io::stdout().lock();
    let told = demo.map(|_| format!("{}\n", demo::TOLD)).unwrap_or_default();
    // A closed standard output is no reason not to serve.
    let _ = writeln!(out, "{told}Open {link}").and_then(|()| out.flush());
}

fn local_url(address: SocketAddr, scheme: Scheme) -> String {
    match address.ip().is_unspecified() {
        true => format!("{scheme}://127.0.0.1:{}", address.port()),
        false => format!("{scheme}://{address}"),
    }
}

/// Asks to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn recv(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// Binds the address that was asked for, or the first free port from the default on.
async fn listen(asked: Option<SocketAddr>) -> Result<TcpListener, ServeError> {
    if let Some(address) = asked {
        return bind(address).await;
    }
    let mut port = DEFAULT_PORT;
    loop {
        match bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Err(ServeError::PortInUse { .. }) if port < DEFAULT_PORT + PORTS_TRIED => port += 1,
            outcome => return outcome,
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { address },
        _ => ServeError::Listen { address, source },
    })
}
