//! `berth serve`

mod args;
mod error;
mod listen;
mod machine;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use berth_shared::{api::CatalogOrigin, catalog::CatalogError, time::Timestamp};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::timeout,
};

use super::{
    data_dir::Running,
    demo::{self, DemoDir},
    login_link::login_link,
    random,
};
use crate::{
    access::{
        door::Door,
        ports::Addresses,
        ssh::{self, ListenOn},
    },
    audit::{Audit, Draft},
    auth::{Auth, oidc::Oidc},
    catalog::{self, Catalogues, follow::follow},
    clock::{Clock, SystemClock},
    control::Control,
    failpoint,
    http::{self, Names, Patience, Scheme, TrustedProxies},
    live::Sockets,
    orchestrator::{self, Orchestrator},
    provider::remote::{self, Hosts, HostsParts, RemoteProvider},
    sealed::{Sealer, SealingKeyError},
    secrets::Secrets,
    store::{self, LocalHold},
    webhooks::{self, Egress, Place, Webhooks},
};

pub use args::Args;
use error::ServeError;
use listen::{Gateway, entrance, gateway, listen, local_url};
use machine::{container_settings, providers};

/// How long open requests and sockets get to end.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the server until it is told to stop.
pub fn run(args: &Args) -> ExitCode {
    log_to_stderr();
    // Programs of the same user do not look into it: sandboxes that see its process are such.
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        tracing::warn!(%error, "other processes of this user may look into the server's");
    }
    super::to_the_end(serve(args), ServeError::Runtime)
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
