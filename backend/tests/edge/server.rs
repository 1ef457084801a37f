//! A server for one test.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use berth::{
    access::{door::Door, ports::Addresses},
    audit::Audit,
    auth::{ADMIN, Auth, NewApiToken, Secret},
    catalog::{Catalogues, Published},
    clock::Clock,
    http::{self, Names, Patience, Scheme, Tls, TrustedProxies},
    live::Sockets,
    secrets::Secrets,
    store,
    webhooks::{self, Egress, Place, Webhooks},
};
use berth_shared::{
    api::{Role, SshGateway},
    time::Timestamp,
};
use rand::{SeedableRng, rngs::StdRng};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    certificate::Certificate,
    client::{Request, Socket},
    fake::Fake,
};

/// A folder that goes away with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("berth-edge-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A clock that stands until it is set.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// What is to be different from a plain server.
pub(crate) struct Wanted {
    pub(crate) fake: Arc<Fake>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) patience: Patience,
    /// Proxies to trust.
    pub(crate) proxies: &'static [&'static str],
    pub(crate) requests_per_minute: u32,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            fake: Arc::default(),
            certificate: None,
            patience: Patience::default(),
            proxies: &[],
            requests_per_minute: 100_000,
        }
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) fake: Arc<Fake>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) catalogues: Catalogues,
    /// Makes tokens behind the server's back, as `berth login-link` does.
    pub(crate) auth: Auth,
    pub(crate) task: JoinHandle<()>,
    /// What it shows over TLS.
    pub(crate) certificate: Option<Certificate>,
    following: Option<JoinHandle<()>>,
    telling: JoinHandle<()>,
    pub(crate) store: store::Store,
    _folder: Folder,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        self.telling.abort();
        if let Some(following) = &self.following {
            following.abort();
        }
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Arc::new(Fake::default())).await
    }

    pub(crate) async fn with(fake: Arc<Fake>) -> Self {
        Self::wanted(Wanted { fake, ..Wanted::default() }).await
    }

    pub(crate) async fn wanted(wanted: Wanted) -> Self {
        let Wanted { fake, certificate, patience, proxies, requests_per_minute } = wanted;
        let folder = Folder::new();
        let store = store::open(&folder.0).await.expect("a database");
        let accounts = store.accounts();
        let clock = Arc::new(SetClock(AtomicI64::new(1_790_000_000_000)));
        let auth = |seed| Auth::new(accounts.clone(), clock.clone(), StdRng::seed_from_u64(seed));
        auth(1).begin().await.expect("accounts");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().unwrap();
        let stop = watch::Sender::new(false);
        let catalogues = Catalogues::new(Published::built_in().expect("a catalogue").compress());
        let files = certificate.as_ref().map(Certificate::files);
        let tls = files.map(|files| Tls::new(files, clock.clone()).expect("a certificate"));
        let scheme = if tls.is_some() { Scheme::Https } else { Scheme::Http };
        let proxies = proxies.iter().map(|proxy| proxy.parse().expect("a network")).collect();
        let secrets = Secrets::in_memory();
        let webhooks = Webhooks::new(
            store.webhooks(),
            secrets.sealer().clone(),
            Egress::new(vec!["127.0.0.0/8".parse().expect("a network")]),
            Place::new(store.storage().installation(), &format!("{scheme}://{address}")),
        );
        let telling = webhooks::start(webhooks::Parts {
            storage: store.storage(),
            webhooks: webhooks.clone(),
            clock: clock.clone(),
            random: StdRng::seed_from_u64(5),
            stopping: stop.subscribe(),
        });
        let telling = tokio::spawn(telling.expect("certificates"));
        let router = http::router(http::Parts {
            control: fake.clone(),
            auth: auth(2),
            audit: Audit::new(store.audit(), clock.clone()),
            names: Names::new(address, scheme, None),
            previews: Addresses::new(address, scheme, None, None, format!("{scheme}://{address}")),
            catalogues: catalogues.clone(),
            clock: clock.clone(),
            rng: StdRng::seed_from_u64(3),
            stopping: stop.subscribe(),
            sockets: Sockets::default(),
            proxies: TrustedProxies::new(proxies),
            requests_per_minute,
            submissions_per_minute: 5,
            ssh: Some(SshGateway { host: None, port: 2222, host_key: "ssh-ed25519 AAAA".to_owned() }),
            demo: false,
            hosts: None,
            secrets,
            webhooks,
            code_limit: 1 << 20,
        });
        let following = tls.clone().map(|tls| tokio::spawn(tls.follow(Duration::from_millis(20))));
        let door = Door::new(listener, true);
        let task = tokio::spawn(http::serve(door, tls, router, patience, stop.subscribe()));
        let auth = auth(4);
        Self {
            address,
            fake,
            clock,
            stop,
            catalogues,
            auth,
            task,
            certificate,
            following,
            telling,
            store,
            _folder: folder,
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        let request = Request::new(self.address, method, path);
        match &self.certificate {
            Some(certificate) => request.over(certificate),
            None => request,
        }
    }

    /// A fresh login token.
    pub(crate) async fn token(&self) -> String {
        self.auth.login_token(ADMIN).await.expect("a token").reveal().to_owned()
    }

    /// A fresh API token of the admin's, without limits.
    pub(crate) async fn api_token(&self, label: &str) -> Secret {
        let new = NewApiToken { user: ADMIN, label, role: None, expires_at: None };
        self.auth.create_api_token(new).await.expect("a token")
    }

    /// Signs in; the cookie's value.
    pub(crate) async fn sign_in(&self) -> String {
        let answer = self.login(&self.token().await).await;
        assert_eq!(answer.status, 200);
        answer.session()
    }

    /// Makes an account of this role and signs in; the cookie's value.
    pub(crate) async fn person(&self, name: &str, role: Role) -> String {
        let (_, token, _) = self.auth.invite(name, role).await.expect("invited");
        let answer = self.login(token.reveal()).await;
        assert_eq!(answer.status, 200);
        answer.session()
    }

    /// Signs in by name and password.
    pub(crate) async fn log_in_as(&self, name: &str, password: &str) -> crate::client::Answer {
        let body = serde_json::json!({ "name": name, "password": password }).to_string();
        self.request("POST", "/api/v1/login").json(&body).send().await
    }

    pub(crate) async fn login(&self, token: &str) -> crate::client::Answer {
        self.request("POST", "/api/v1/login").json(&format!(r#"{{"token":"{token}"}}"#)).send().await
    }

    /// Signs in and opens a WebSocket.
    pub(crate) async fn socket(&self, path: &str) -> Socket {
        let session = self.sign_in().await;
        self.socket_of(&session, path).await
    }

    /// The same for whoever has this session.
    pub(crate) async fn socket_of(&self, session: &str, path: &str) -> Socket {
        self.request("GET", path).session(session).connect().await.expect("a socket")
    }
}
