//! SSH hosts of a test's own: each a network namespace with an address, OpenSSH's server and an engine, and a cable that can be pulled.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use berth::{
    clock::SystemClock,
    provider::{
        container,
        remote::{AddHostError, BookError, HostBook, HostRecord, Hosts, HostsParts, RemoteProvider},
    },
    sealed::Sealer,
};
use berth_shared::{
    api::{AddSshHost, SshHost},
    catalog::GpuFacts,
};

use crate::engines::{Daemon, Engine, installed, must_be_root, output, within};

/// A list of hosts in memory.
#[derive(Debug, Default)]
pub struct Book(Mutex<Vec<HostRecord>>);

#[async_trait]
impl HostBook for Book {
    async fn all(&self) -> Result<Vec<HostRecord>, BookError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn add(&self, host: &HostRecord) -> Result<(), BookError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.iter().any(|there| there.name == host.name) {
            return Err(BookError::Taken);
        }
        all.push(host.clone());
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<bool, BookError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.len();
        all.retain(|host| host.name != name);
        Ok(all.len() < before)
    }
}

/// The hosts of this book, as a server has them. To be called inside a runtime.
///
/// # Panics
/// When the book cannot be read.
pub async fn known(book: Arc<Book>, containers: container::Settings) -> Hosts {
    with_agent(book, containers, None).await
}

/// The same with an SSH agent at this socket.
///
/// # Panics
/// When the book cannot be read.
pub async fn with_agent(book: Arc<Book>, containers: container::Settings, agent: Option<PathBuf>) -> Hosts {
    use rand::SeedableRng;
    let parts = HostsParts {
        book,
        sealer: Sealer::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "a test").expect("a key"),
        agent,
        containers,
        gpus: Arc::new(GpuFacts::default()),
        clock: Arc::new(SystemClock),
        rng: rand::rngs::StdRng::from_seed(rand::random()),
        left: false,
    };
    Hosts::start(parts).await.expect("a list of hosts")
}

/// Adds a host; again when a machine that is busy with other tests did not answer in time.
///
/// # Errors
/// Why it is refused.
pub async fn added(hosts: &Hosts, asked: AddSshHost) -> Result<SshHost, AddHostError> {
    let mut tries = 0;
    loop {
        match hosts.add("ada", asked.clone()).await {
            Err(error) if error.to_string().contains("no answer in time") && tries < 5 => tries += 1,
            outcome => return outcome,
        }
    }
}

/// A provider of these hosts. To be called inside a runtime.
///
/// # Panics
/// When one cannot be added.
pub async fn provider(hosts: &[AddSshHost], containers: container::Settings) -> RemoteProvider {
    let known = known(Arc::default(), containers).await;
    for host in hosts {
        added(&known, host.clone()).await.unwrap_or_else(|error| panic!("{}: {error}", host.address));
    }
    RemoteProvider::new(known)
}

/// A host until this is dropped.
pub struct Host {
    /// `h1`
    pub name: String,
    /// Its IP address; it listens on port 22.
    pub address: String,
    /// Its engine.
    pub engine: Arc<Engine>,
    sshd: Option<Daemon>,
    dir: tempfile::TempDir,
    network: Network,
}

/// A network namespace and its cable.
struct Network {
    namespace: String,
    cable: String,
}

impl Host {
    /// The account to come in as.
    pub const USER: &'static str = "root";

    /// Starts a host with Podman.
    ///
    /// # Errors
    /// With the reason, where it cannot run.
    pub fn start(name: &str) -> Result<Self, String> {
        Self::start_with(name, "podman")
    }

    /// Starts a host with this engine.
    ///
    /// # Errors
    /// With the reason, where it cannot run.
    pub fn start_with(name: &str, engine: &str) -> Result<Self, String> {
        must_be_root()?;
        for program in ["sshd", "ssh-keygen", "ip", "nsenter", "unshare"] {
            installed(program)?;
        }
        let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (network, address) = Network::new()?;
        let engine = Arc::new(Engine::start_in(&network.place(), engine)?);
        let mut host = Self { name: name.to_owned(), address, engine, sshd: None, dir, network };
        fs::create_dir_all("/run/sshd").map_err(|error| error.to_string())?;
        fs::create_dir_all(host.dir.path().join("bin")).map_err(|error| error.to_string())?;
        host.make_key("host_key")?;
        host.make_key("client_key")?;
        let public =
            fs::read_to_string(host.dir.path().join("client_key.pub")).map_err(|error| error.to_string())?;
        fs::write(host.dir.path().join("authorized_keys"), public).map_err(|error| error.to_string())?;
        host.serve()?;
        Ok(host)
    }

    /// `root@10.…:22`
    #[must_use]
    pub fn login(&self) -> String {
        format!("{}@{}:22", Self::USER, self.address)
    }

    /// To be added by its key.
    ///
    /// # Panics
    /// When the key cannot be read.
    #[must_use]
    pub fn request(&self) -> AddSshHost {
        AddSshHost {
            address: self.login(),
            name: Some(self.name.clone()),
            private_key: Some(fs::read_to_string(self.client_key()).expect("a key")),
            ..AddSshHost::default()
        }
    }

    /// The same with a jump: it is reached through itself, by an address that it alone has.
    ///
    /// # Panics
    /// When the key cannot be read.
    #[must_use]
    pub fn request_through_itself(&self) -> AddSshHost {
        let address = format!("{}@127.0.0.1:22", Self::USER);
        AddSshHost { address, jumps: vec![self.login()], ..self.request() }
    }

    /// The file of a private key that it takes.
    #[must_use]
    pub fn client_key(&self) -> PathBuf {
        self.dir.path().join("client_key")
    }

    /// A program that its shell finds, by this script.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn put_program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.dir.path().join("bin").join(name);
        fs::write(&path, script).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    }

    /// Takes its cable away, or puts it back.
    ///
    /// # Panics
    /// When that cannot be done.
    pub fn cable(&self, plugged: bool) {
        let state = if plugged { "up" } else { "down" };
        output(Command::new("ip").args(["link", "set", &self.network.cable, state])).expect("the cable");
    }

    /// Sets it up anew: it shows another key from now on.
    ///
    /// # Panics
    /// When it does not start.
    pub fn renew_key(&mut self) {
        self.stop();
        for file in ["host_key", "host_key.pub"] {
            fs::remove_file(self.dir.path().join(file)).expect("removed");
        }
        self.make_key("host_key").expect("a key");
        self.serve().expect("it starts");
    }

    /// Stops its SSH server and every connection to it.
    pub fn stop(&mut self) {
        if let Some(mut sshd) = self.sshd.take() {
            // What is in front would wait for those behind.
            let _ = sshd.0.kill();
        }
    }

    /// Starts its SSH server.
    ///
    /// # Errors
    /// When it does not start.
    pub fn serve(&mut self) -> Result<(), String> {
        let place = |name: &str| self.dir.path().join(name);
        let config = format!(
            "ListenAddress {address}\nListenAddress 127.0.0.1\nHostKey {key}\nAuthorizedKeysFile {known}\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nPermitRootLogin yes\nMaxSessions 100\n\
             SetEnv CONTAINER_HOST=unix://{socket} DOCKER_HOST= PATH={bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n",
            address = self.address,
            key = place("host_key").display(),
            known = place("authorized_keys").display(),
            socket = self.engine.socket.display(),
            bin = place("bin").display(),
        );
        fs::write(place("sshd_config"), config).map_err(|error| error.to_string())?;
        let script = format!("hostname {}; exec /usr/sbin/sshd -D -e -f \"$0\"", self.name);
        let mut command = within(Some(&self.network.place()), "unshare");
        // All that it started ends with it, as when a machine is switched off.
        command.args([
            "--mount",
            "--uts",
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            &script,
        ]);
        command.arg(place("sshd_config"));
        let log = place("sshd.log");
        let mut daemon = Daemon::spawn(&mut command, &log)?;
        let address = format!("{}:22", self.address);
        daemon.wait(&log, || std::net::TcpStream::connect(&address).is_ok())?;
        self.sshd = Some(daemon);
        Ok(())
    }

    fn make_key(&self, name: &str) -> Result<(), String> {
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(self.dir.path().join(name));
        output(&mut command).map(drop)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Network {
    /// A namespace with an address of its own at the end of a cable; gives the address.
    fn new() -> Result<(Self, String), String> {
        let tag = format!("{:06x}", rand::random::<u32>() & 0x00ff_ffff);
        let network = Self { namespace: format!("berth-{tag}"), cable: format!("bh{tag}") };
        // Of the addresses for private use; two that meet by chance are as unlikely as one in a million.
        let (a, b, c) =
            (200 + rand::random::<u8>() % 50, rand::random::<u8>(), (rand::random::<u8>() % 63) * 4);
        let (near, far) = (format!("10.{a}.{b}.{}", c + 1), format!("10.{a}.{b}.{}", c + 2));
        let ip = |arguments: &str| output(Command::new("ip").args(arguments.split(' '))).map(drop);
        let Self { namespace, cable } = &network;
        ip(&format!("netns add {namespace}"))?;
        ip(&format!("link add {cable} type veth peer name eth0 netns {namespace}"))?;
        ip(&format!("addr add {near}/30 dev {cable}"))?;
        ip(&format!("link set {cable} up"))?;
        for arguments in [
            "link set lo up".to_owned(),
            format!("addr add {far}/30 dev eth0"),
            "link set eth0 up".to_owned(),
        ] {
            ip(&format!("-n {namespace} {arguments}"))?;
        }
        Ok((network, far))
    }

    fn place(&self) -> PathBuf {
        Path::new("/var/run/netns").join(&self.namespace)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The cable goes with its namespace; first by itself, should something hold that.
        let _ = output(Command::new("ip").args(["link", "del", &self.cable]));
        let _ = output(Command::new("ip").args(["netns", "del", &self.namespace]));
    }
}
