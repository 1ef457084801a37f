//! The API over HTTP: a file for each endpoint.
//!
//! Every request passes `project` (which one it is about) and `visitor` (from where it comes). What comes to the host of a preview goes another way then (`previews`). Every other one passes `edge` (number, log, headers,
//! problems), `guard` (host, origin) and `pace` (how often); all of the API but login and single sign-on, and `/metrics`, passes
//! `session::authenticate` (who it is), `audited` (what is written down about it) and `permissions` (whether they may) too.

mod audit;
mod audit_export;
mod audited;
mod catalog;
mod code;
mod code_put;
mod connections;
mod docs;
mod docs_examples;
mod docs_page;
mod edge;
mod events;
mod extract;
mod gate;
mod git;
mod guard;
mod health;
mod host_remove;
mod hosts;
mod instance_get;
mod instance_keep;
mod instance_remove;
mod instances;
mod key_remove;
mod keys;
mod limit;
mod limits;
mod limits_everybody;
mod limits_person;
mod limits_project;
mod login;
mod login_ways;
mod logout;
mod me;
mod me_oidc;
mod me_password;
mod me_sessions;
mod members;
mod metrics;
mod oidc;
mod oidc_back;
mod oidc_begin;
mod oidc_invitation;
mod orphans;
mod pace;
mod people;
mod permissions;
mod person;
mod plan;
mod pool_add;
mod pool_default;
mod pool_delete;
mod pools;
mod previews;
mod problem;
mod project;
mod projects;
mod run_delete;
mod run_get;
mod run_keep;
mod run_log_download;
mod run_log_index;
mod run_log_search;
mod run_logs;
mod run_port_open;
mod run_ports;
mod run_pull;
mod run_stop;
mod run_usage;
mod runs_create;
mod runs_list;
mod schema;
mod secrets;
mod session;
mod settings;
mod spend;
mod spend_csv;
mod ssh;
mod static_files;
mod stream;
mod terminal_attach;
mod terminals;
mod tls;
mod tokens_create;
mod tokens_list;
mod tokens_revoke;
mod visitor;
mod webhook;
mod webhooks;

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, middleware, routing::get};
use berth_shared::api::{DEFAULT_PROJECT, ServerInfo, SshGateway};
use rand::{Rng, rngs::StdRng};
use tokio::sync::watch;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub use connections::{Patience, serve};
pub use docs::{document, document_text};
pub use guard::{Names, PublicUrl};
pub use permissions::{ENDPOINTS, Endpoint, Of, endpoints_table};
pub use session::{COOKIE, SECURE_COOKIE};
pub use tls::{LOOK, Tls, TlsError, TlsFiles};
pub use visitor::{ProxyNetwork, Scheme, TrustedProxies};

pub(crate) use limit::Limit;
pub(crate) use problem::chain;
pub(crate) use tokens_create::EXPIRES_IN;

use crate::{
    access::ports::Addresses,
    audit::Audit,
    auth::Auth,
    catalog::{Catalogues, Published},
    clock::Clock,
    control::Control,
    live::{Hub, Sockets},
    provider::remote::Hosts,
    secrets::Secrets,
    webhooks::Webhooks,
};

/// What the edge is made of.
pub struct Parts {
    /// The rest of the server.
    pub control: Arc<dyn Control>,
    /// The doorkeeper.
    pub auth: Auth,
    /// Who did what.
    pub audit: Audit,
    /// The names it answers to.
    pub names: Names,
    /// The addresses of previews of ports.
    pub previews: Addresses,
    /// The offers that pages match against.
    pub catalogues: Catalogues,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// For identifiers.
    pub rng: StdRng,
    /// Turns true when the server is to stop; WebSockets are closed then.
    pub stopping: watch::Receiver<bool>,
    /// Counts the open WebSockets.
    pub sockets: Sockets,
    /// Whose word about where a request comes from is taken.
    pub proxies: TrustedProxies,
    /// How many requests of the API each person, each token and each stranger's address may make a minute.
    pub requests_per_minute: u32,
    /// How many submissions one person may make a minute.
    pub submissions_per_minute: u32,
    /// Whether nothing here is real; every page says so.
    pub demo: bool,
    /// Where SSH connections are taken, when they are.
    pub ssh: Option<SshGateway>,
    /// Machines of one's own; none where nothing is real.
    pub hosts: Option<Hosts>,
    /// What configurations name and nobody reads again.
    pub secrets: Secrets,
    /// Who is told of what happens.
    pub webhooks: Webhooks,
    /// The largest archive of code that one launch may bring, bytes.
    pub code_limit: u64,
}

/// What handlers share. What there is one of for each project is that of the first one, or of the one that [`App::of`] was told.
#[derive(Clone)]
pub(crate) struct App {
    inner: Arc<Inner>,
    project: Arc<str>,
    pub(crate) control: Arc<dyn Control>,
    secrets: Secrets,
    webhooks: Webhooks,
}

impl App {
    /// The same for another project.
    pub(crate) fn of(&self, project: &str) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            project: project.into(),
            control: Arc::clone(&self.control).of(project),
            secrets: self.secrets.of(project),
            webhooks: self.webhooks.of(project),
        }
    }
}

pub(crate) struct Inner {
    pub(crate) auth: Auth,
    pub(crate) audit: Audit,
    pub(crate) names: Names,
    pub(crate) previews: Addresses,
    pub(crate) catalogues: Catalogues,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hub: Hub,
    backends: Vec<String>,
    pub(crate) demo: bool,
    ssh: Option<SshGateway>,
    hosts: Option<Hosts>,
    code_limit: u64,
    pub(crate) metrics: metrics::Metrics,
    log_indexes: run_log_index::Indexes,
    proxies: TrustedProxies,
    pace: pace::Pace,
    submissions: limit::Limit<String>,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) sockets: Sockets,
    /// Those of [`Inner::sockets`] that follow the stream.
    pub(crate) streams: Sockets,
    request_ids: edge::RequestIds,
    rng: Mutex<StdRng>,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl Inner {
    /// The server as a page needs to know it, with this catalogue.
    pub(crate) fn info(&self, catalog: &Published) -> ServerInfo {
        ServerInfo {
            version: env!("CARGO_PKG_VERSION").into(),
            backends: self.backends.clone(),
            catalog_version: catalog.version().into(),
            catalog_url: catalog.info().url.clone(),
            demo: self.demo,
            ssh: self.ssh.clone(),
        }
    }

    /// A random identifier.
    pub(crate) fn new_id(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.random_bytes()).into_uuid()
    }

    fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}

/// Endpoints that need no session.
fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(login_ways::ways, login::login))
        .routes(routes!(oidc_begin::begin))
        .routes(routes!(oidc_invitation::accept))
        .routes(routes!(oidc_back::back))
}

/// Endpoints that need one.
fn closed() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(logout::logout))
        .routes(routes!(me::me))
        .routes(routes!(me_password::set))
        .routes(routes!(me_oidc::account, me_oidc::connect, me_oidc::disconnect))
        .routes(routes!(me_sessions::list))
        .routes(routes!(me_sessions::end))
        .routes(routes!(tokens_list::list, tokens_create::create))
        .routes(routes!(tokens_revoke::revoke))
        .routes(routes!(keys::list, keys::add))
        .routes(routes!(key_remove::remove))
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(settings::get, settings::change))
        .routes(routes!(members::list))
        .routes(routes!(members::set, members::remove))
        .routes(routes!(people::list, people::add))
        .routes(routes!(person::change, person::remove))
        .routes(routes!(person::link))
        .routes(routes!(ssh::gateway))
        .routes(routes!(code::ask))
        .routes(routes!(code_put::put))
        .routes(routes!(plan::plan))
        .routes(routes!(runs_list::list, runs_create::submit))
        .routes(routes!(run_get::get, run_delete::delete))
        .routes(routes!(run_stop::stop))
        .routes(routes!(run_logs::logs))
        .routes(routes!(run_log_index::index))
        .routes(routes!(run_usage::usage))
        .routes(routes!(run_pull::pull))
        .routes(routes!(run_ports::list))
        .routes(routes!(run_port_open::open))
        .routes(routes!(run_log_search::search))
        .routes(routes!(run_log_download::download))
        .routes(routes!(events::list))
        .routes(routes!(instances::list))
        .routes(routes!(instance_get::get))
        .routes(routes!(instance_remove::remove))
        .routes(routes!(run_keep::keep))
        .routes(routes!(instance_keep::keep))
        .routes(routes!(pools::list, pools::create))
        .routes(routes!(pool_default::set_default))
        .routes(routes!(pool_delete::delete))
        .routes(routes!(pool_add::add))
        .routes(routes!(hosts::list, hosts::add))
        .routes(routes!(host_remove::remove))
        .routes(routes!(secrets::list))
        .routes(routes!(secrets::set, secrets::remove))
        .routes(routes!(git::list))
        .routes(routes!(git::set, git::remove))
        .routes(routes!(audit::list))
        .routes(routes!(audit_export::export))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhook::remove))
        .routes(routes!(webhook::test))
        .routes(routes!(limits::overview))
        .routes(routes!(limits_project::set))
        .routes(routes!(limits_everybody::set))
        .routes(routes!(limits_person::set, limits_person::lift))
        .routes(routes!(spend::spend))
        .routes(routes!(spend_csv::spend))
        .routes(routes!(orphans::list))
        .routes(routes!(orphans::decide))
        .routes(routes!(terminals::list, terminals::open))
        .routes(routes!(terminal_attach::attach))
        .routes(routes!(stream::stream))
        .routes(routes!(catalog::meta))
}

/// All routes. Begins to follow the events; must be called inside a runtime.
pub fn router(parts: Parts) -> Router {
    let mut rng = parts.rng;
    let (control, secrets, webhooks) = (Arc::clone(&parts.control), parts.secrets, parts.webhooks);
    let inner = Arc::new(Inner {
        backends: parts.control.backends(),
        hub: Hub::start(parts.control, parts.stopping.clone()),
        auth: parts.auth,
        audit: parts.audit,
        names: parts.names,
        previews: parts.previews,
        catalogues: parts.catalogues,
        demo: parts.demo,
        ssh: parts.ssh,
        hosts: parts.hosts,
        code_limit: parts.code_limit,
        clock: parts.clock,
        metrics: metrics::Metrics::default(),
        log_indexes: run_log_index::Indexes::default(),
        proxies: parts.proxies,
        pace: pace::Pace::new(parts.requests_per_minute),
        submissions: limit::Limit::new(parts.submissions_per_minute),
        stopping: parts.stopping,
        sockets: parts.sockets,
        streams: Sockets::default(),
        request_ids: edge::RequestIds::new(rng.next_u32()),
        rng: Mutex::new(rng),
    });
    let app = App { inner, project: DEFAULT_PROJECT.into(), control, secrets, webhooks };
    let closed = Router::from(closed())
        .route("/metrics", get(metrics::metrics))
        .route("/api/v1/openapi.json", get(docs::openapi))
        .route("/api/docs", get(docs::page))
        .route_layer(middleware::from_fn_with_state(app.clone(), permissions::check))
        .route_layer(middleware::from_fn_with_state(app.clone(), audited::write))
        .route_layer(middleware::from_fn_with_state(app.clone(), pace::known))
        .route_layer(middleware::from_fn_with_state(app.clone(), session::authenticate));
    let routes = Router::from(open())
        .merge(closed)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route(schema::CONFIGURATION, get(schema::configuration))
        .route(schema::NEWER, get(schema::newer))
        .route(schema::PROFILES, get(schema::profiles))
        .fallback(static_files::serve)
        .layer(middleware::from_fn_with_state(app.clone(), pace::strangers))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .layer(middleware::from_fn_with_state(app.clone(), edge::around))
        .with_state(app.clone());
    // Routes are found by what is left of the address. A preview has its own as it came.
    let parted = Router::new().fallback_service(routes).layer(middleware::from_fn(project::part));
    Router::new()
        .fallback_service(parted)
        .layer(middleware::from_fn_with_state(app.clone(), previews::part))
        .layer(middleware::from_fn_with_state(app, visitor::tell))
}
