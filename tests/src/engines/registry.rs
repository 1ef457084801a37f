//! A private registry on loopback.

use std::{fs, net::TcpListener, process::Command};

use super::{Daemon, Engine, installed, output};

/// A registry with a password, until this is dropped.
pub struct Registry {
    /// `127.0.0.1:PORT`
    pub address: String,
    daemon: Daemon,
    _dir: tempfile::TempDir,
}

impl Registry {
    /// The account that it knows.
    pub const USERNAME: &'static str = "ada";
    /// Its password.
    pub const PASSWORD: &'static str = "pa ss:wörd$1";

    /// Starts it where this engine reaches it; an error with the reason where it cannot.
    ///
    /// # Errors
    /// When a program is missing, or does not start.
    pub fn start(engine: &Engine) -> Result<Self, String> {
        for program in ["docker-registry", "htpasswd"] {
            installed(program)?;
        }
        let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        let users =
            output(Command::new("htpasswd").args(["-Bbn", "-C", "4", Self::USERNAME, Self::PASSWORD]))?;
        fs::write(dir.path().join("users"), users.stdout).map_err(|error| error.to_string())?;
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| error.to_string())?
            .port();
        let address = format!("127.0.0.1:{port}");
        let config = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage:\n  filesystem: {{rootdirectory: {data}}}\nhttp: {{addr: \"{address}\"}}\n\
             auth:\n  htpasswd: {{realm: test, path: {users}}}\n",
            data = dir.path().join("data").display(),
            users = dir.path().join("users").display(),
        );
        let place = dir.path().join("config.yml");
        fs::write(&place, config).map_err(|error| error.to_string())?;
        let log = dir.path().join("log");
        let mut daemon = Daemon::spawn(engine.beside("docker-registry").arg("serve").arg(&place), &log)?;
        let wanted = format!(":{port:04X} 00000000:0000 0A ");
        let listening = || {
            // The sockets of its own network, in whichever that is.
            let sockets = engine.beside("cat").arg("/proc/self/net/tcp").output();
            sockets.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&wanted))
        };
        daemon.wait(&log, listening)?;
        Ok(Self { address, daemon, _dir: dir })
    }

    /// Lets it answer nobody until what is given is dropped: a pull lasts as long.
    ///
    /// # Panics
    /// When it is gone.
    #[must_use]
    pub fn held(&self) -> Held {
        let pid = nix::unistd::Pid::from_raw(self.daemon.0.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).expect("the registry runs");
        Held(pid)
    }

    /// Puts an image of the engine's in; gives its name there.
    ///
    /// # Panics
    /// When it cannot.
    #[must_use]
    pub fn keep(&self, engine: &Engine, image: &str, name: &str) -> String {
        let there = format!("{}/{name}", self.address);
        let _ = engine.ask(&["tag", image, &there]);
        let log_in = ["login", "--username", Self::USERNAME, "--password", Self::PASSWORD, &self.address];
        let config = self._dir.path().join(format!("login-{}", engine.name));
        let client = |arguments: &[&str]| {
            let mut command = engine.client(arguments);
            command.env("DOCKER_CONFIG", &config).env("REGISTRY_AUTH_FILE", config.join("auth.json"));
            output(&mut command).unwrap_or_else(|why| panic!("{why}"));
        };
        fs::create_dir_all(&config).expect("a folder");
        client(&log_in);
        client(&["push", "--quiet", &there]);
        // It has to be pulled again.
        client(&["rmi", &there]);
        there
    }
}

impl Registry {
    /// Puts a list beside an image that is in, `NAME:TAG`, by which there is one for this architecture alone; gives its name, or `None`
    /// where there is no `curl` to do it with.
    ///
    /// # Panics
    /// When the registry refuses.
    #[must_use]
    pub fn list_for(&self, engine: &Engine, name: &str, arch: &str) -> Option<String> {
        installed("curl").ok()?;
        let (path, tag) = name.split_once(':').expect("a tag");
        let at = format!("http://{}/v2/{path}/manifests", self.address);
        let account = format!("{}:{}", Self::USERNAME, Self::PASSWORD);
        let curl = |arguments: &[&str]| {
            let mut command = engine.beside("curl");
            command.args(["--silent", "--show-error", "--fail", "--user", &account]).args(arguments);
            let output = output(&mut command).unwrap_or_else(|why| panic!("{why}"));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let accept = "Accept: application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";
        let told = curl(&["--include", "--header", accept, &format!("{at}/{tag}")]);
        let (head, body) = told.split_once("\r\n\r\n").expect("headers and a body");
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
            line.and_then(|line| line.split_once(": ")).map_or("", |(_, value)| value.trim()).to_owned()
        };
        let list = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json",
            "manifests": [{
                "mediaType": header("content-type"),
                "size": body.len(),
                "digest": header("docker-content-digest"),
                "platform": { "architecture": arch, "os": "linux" },
            }],
        });
        let kind = "Content-Type: application/vnd.docker.distribution.manifest.list.v2+json";
        let _ = curl(&[
            "--request",
            "PUT",
            "--header",
            kind,
            "--data-binary",
            &list.to_string(),
            &format!("{at}/{tag}-list"),
        ]);
        Some(format!("{}/{path}:{tag}-list", self.address))
    }
}

/// A registry that answers nobody.
pub struct Held(nix::unistd::Pid);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = nix::sys::signal::kill(self.0, nix::sys::signal::Signal::SIGCONT);
    }
}
