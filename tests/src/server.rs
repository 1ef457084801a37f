//! `berth serve` as a child, and a person who uses it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use berth_shared::api::{
    Invitation, LinkLogin, LoginRequest, Run, RunDetail, RunStatus, StopRequest, SubmitRequest,
};
use tempfile::TempDir;

use crate::{ports::Reserved, processes};

/// How long anything may take; generous, since a slow machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a free port of 127.0.0.1 with a data directory of its own.
pub struct Server {
    data_dir: DataDir,
    options: Vec<String>,
    child: Child,
    address: String,
    session: String,
    agent: ureq::Agent,
    /// Its port, where that had to be known beforehand.
    _port: Option<Reserved>,
}

/// Somebody else who has logged in.
pub struct Guest {
    address: String,
    session: String,
    agent: ureq::Agent,
}

impl Guest {
    /// Adds an SSH key of theirs.
    ///
    /// # Panics
    /// When the server does not do it.
    pub fn add_key(&self, public_key: &str) {
        let request = self.agent.post(format!("{}/api/v1/keys", self.address));
        let request = request.header("cookie", &self.session).header("origin", &self.address);
        let (status, answer) = told(request.send_json(serde_json::json!({ "public_key": public_key })));
        assert_eq!(status, 201, "{answer}");
    }

    /// Changes what somebody may do.
    ///
    /// # Panics
    /// When the server does not do it.
    pub fn set_role(&self, name: &str, role: &str) {
        let request = self.agent.patch(format!("{}/api/v1/people/{name}", self.address));
        let request = request.header("cookie", &self.session).header("origin", &self.address);
        let (status, answer) = told(request.send_json(serde_json::json!({ "role": role })));
        assert_eq!(status, 200, "{answer}");
    }

    /// Removes somebody.
    ///
    /// # Panics
    /// When the server does not do it.
    pub fn remove(&self, name: &str) {
        let request = self.agent.delete(format!("{}/api/v1/people/{name}", self.address));
        let request = request.header("cookie", &self.session).header("origin", &self.address);
        let (status, answer) = told(request.call());
        assert_eq!(status, 204, "{answer}");
    }
}

/// Where its data is.
enum DataDir {
    /// Removed with the server.
    Own(TempDir),
    /// Somebody else's.
    Given(PathBuf),
}

impl DataDir {
    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Given(path) => path,
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::start()
    }
}

impl Server {
    /// Starts a server and logs in.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with options for `berth serve` besides its own, which each [`Server::restart`] gives again.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_with(options: &[&str]) -> Self {
        Self::start_in(&std::env::temp_dir(), options)
    }

    /// The same with its data directory in this folder.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_in(folder: &Path, options: &[&str]) -> Self {
        let options: Vec<String> = options.iter().map(|option| (*option).to_string()).collect();
        let data_dir =
            tempfile::Builder::new().prefix("berth-test-").tempdir_in(folder).expect("a temporary folder");
        Self::begin(DataDir::Own(data_dir), options)
    }

    /// The same with these variables, until its first [`Server::restart`].
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_knowing(variables: &[(&str, &str)], options: &[&str]) -> Self {
        let options: Vec<String> = options.iter().map(|option| (*option).to_string()).collect();
        let data_dir = tempfile::Builder::new().prefix("berth-test-").tempdir().expect("a temporary folder");
        let mut command = command(data_dir.path(), "127.0.0.1:0", &options);
        command.envs(variables.iter().copied());
        let started = started(command, data_dir.path());
        Self::known(DataDir::Own(data_dir), options, started, None)
    }

    /// The same as if a proxy stood before it, through which people reach it at `public`. It is spoken to as that proxy does:
    /// [`Server::address`] is its own.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_behind(public: &str, options: &[&str]) -> Self {
        let port = Reserved::any();
        let told = [&["--public-url", public], options].concat();
        let options: Vec<String> = told.iter().map(|option| (*option).to_string()).collect();
        let data_dir = tempfile::Builder::new().prefix("berth-test-").tempdir().expect("a temporary folder");
        let listen = format!("127.0.0.1:{}", port.port());
        let (child, link) = spawn(data_dir.path(), &listen, &options);
        let link = link.replacen(public, &format!("http://{listen}"), 1);
        Self::known(DataDir::Own(data_dir), options, (child, link), Some(port))
    }

    /// The same on a data directory that stays, and on which there may have been one before.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_on(data_dir: &Path, options: &[&str]) -> Self {
        let options: Vec<String> = options.iter().map(|option| (*option).to_string()).collect();
        Self::begin(DataDir::Given(data_dir.to_owned()), options)
    }

    fn begin(data_dir: DataDir, options: Vec<String>) -> Self {
        let started = spawn(data_dir.path(), "127.0.0.1:0", &options);
        Self::known(data_dir, options, started, None)
    }

    fn known(
        data_dir: DataDir,
        options: Vec<String>,
        (child, link): (Child, String),
        port: Option<Reserved>,
    ) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let agent = config.build().new_agent();
        let (address, session) = log_in(&agent, &link);
        Self { data_dir, options, child, address, session, agent, _port: port }
    }

    /// Its process, until the next [`Server::restart`].
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// SIGKILL.
    ///
    /// # Panics
    /// When it is not there to be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server is gone");
    }

    /// A new server on the same data and address, after [`Server::kill`]. The session stays.
    pub fn restart(&mut self) {
        let listen = self.address.trim_start_matches("http://").to_string();
        (self.child, _) = spawn(self.data_dir.path(), &listen, &self.options);
    }

    /// Where it is, as `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The cookie of who has logged in.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// What starts it again on the same data and address, for whoever watches over it; see [`Server::kill`].
    #[must_use]
    pub fn command(&self) -> Command {
        command(self.data_dir.path(), self.address.trim_start_matches("http://"), &self.options)
    }

    fn request(
        &self,
        name: &str,
        configuration: &str,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let request = SubmitRequest {
            configuration: configuration.into(),
            name: Some(name.into()),
            variables: Default::default(),
            agreed_price: None,
            agreed_catalog: None,
            code: None,
            no_code: false,
        };
        self.post("/runs").send_json(&request)
    }

    /// A closure that submits from another thread.
    pub fn submitter(&self, name: &str, configuration: &str) -> impl FnOnce() + Send + 'static {
        let (agent, address, session) = (self.agent.clone(), self.address.clone(), self.session.clone());
        let body = serde_json::json!({ "name": name, "configuration": configuration });
        move || {
            // The server may be killed before it answers: that is the point.
            let _ = agent
                .post(format!("{address}/api/v1/runs"))
                .header("cookie", &session)
                .header("origin", &address)
                .send_json(&body);
        }
    }

    /// Submits `configuration`.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn submit(&self, name: &str, configuration: &str) -> Run {
        let mut answer = self.request(name, configuration).expect("the server answers");
        let text = answer.body_mut().read_to_string().expect("the answer has a body");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("the run is accepted, not: {text}"))
    }

    /// Asks for the end of a run.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn stop(&self, name: &str, abort: bool) {
        let answer = self
            .post(&format!("/runs/{name}/stop"))
            .send_json(StopRequest { abort })
            .expect("the server answers");
        assert!(answer.status().is_success(), "a stop is accepted, not {}", answer.status());
    }

    /// The run, if there is one.
    ///
    /// # Panics
    /// When the server does not answer, or not with a run.
    #[must_use]
    pub fn run(&self, name: &str) -> Option<RunDetail> {
        let mut answer = self
            .agent
            .get(format!("{}/api/v1/runs/{name}", self.address))
            .header("cookie", &self.session)
            .call()
            .expect("the server answers");
        let found = answer.status().as_u16() != 404;
        found.then(|| answer.body_mut().read_json().expect("the answer is a run"))
    }

    /// Waits until the run fits `wanted`, and gives it.
    ///
    /// # Panics
    /// When it does not in time.
    pub fn wait_until(&self, name: &str, wanted: impl Fn(&Run) -> bool) -> RunDetail {
        let mut last = None;
        until(&format!("{name} is as wanted"), || {
            last = self.run(name);
            last.clone().filter(|detail| wanted(&detail.run))
        })
        .unwrap_or_else(|| panic!("{name} does not come to be as wanted: {last:#?}"))
    }

    /// Waits until the run has `status`, and gives it.
    pub fn wait_for(&self, name: &str, status: RunStatus) -> RunDetail {
        self.wait_until(name, |run| run.status == status)
    }

    /// What the API answers at a path below `/api/v1`, with its status.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn get(&self, at: &str) -> (u16, String) {
        let address = format!("{}/api/v1{at}", self.address);
        told(self.agent.get(address).header("cookie", &self.session).call())
    }

    /// Sends JSON to a path of the API; the answer, with its status.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn send(&self, at: &str, body: &serde_json::Value) -> (u16, String) {
        told(self.post(at).send_json(body))
    }

    /// Puts JSON at a path of the API; the answer, with its status.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn put(&self, at: &str, body: &serde_json::Value) -> (u16, String) {
        let request = self.agent.put(format!("{}/api/v1{at}", self.address));
        told(request.header("cookie", &self.session).header("origin", &self.address).send_json(body))
    }

    /// Has something removed; the answer, with its status.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn delete(&self, at: &str) -> (u16, String) {
        let request = self.agent.delete(format!("{}/api/v1{at}", self.address));
        told(request.header("cookie", &self.session).header("origin", &self.address).call())
    }

    /// Invites somebody, who comes in at once.
    ///
    /// # Panics
    /// When the server does not do it.
    #[must_use]
    pub fn invite(&self, name: &str, role: &str) -> Guest {
        let (status, invited) = self.send("/people", &serde_json::json!({ "name": name, "role": role }));
        assert_eq!(status, 201, "{invited}");
        let invited: Invitation = serde_json::from_str(&invited).expect("an invitation");
        let (address, session) =
            log_in(&self.agent, &format!("{}/login?token={}", self.address, invited.token));
        Guest { address, session, agent: self.agent.clone() }
    }

    /// Folders of instances that are there.
    #[must_use]
    pub fn instance_folders(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.data_dir().join("local"))
            .map(|dir| dir.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
            .unwrap_or_default()
    }

    /// The text of a run's log.
    ///
    /// # Panics
    /// When the server does not answer with one.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        let address = format!("{}/api/v1/runs/{name}/logs", self.address);
        let mut answer = self.agent.get(address).header("cookie", &self.session).call().expect("it answers");
        assert!(answer.status().is_success(), "a log is told, not {}", answer.status());
        answer.body_mut().read_to_string().expect("the answer has a body")
    }

    /// Starts `berth serve` that is expected to fail, and gives what it says.
    ///
    /// # Panics
    /// When it does not fail.
    #[must_use]
    pub fn refused(&self, data_dir: &Path, arguments: &[&str]) -> String {
        let mut berth = Command::new(binary());
        berth.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data_dir).args(arguments);
        let output = berth.output().expect("it can be started");
        assert!(!output.status.success(), "it is refused");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Stops it as an administrator would.
    ///
    /// # Panics
    /// When it cannot be stopped.
    pub fn terminate(&mut self) {
        let kill = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        self.child.wait().expect("the server is gone");
    }

    fn post(&self, at: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        self.agent
            .post(format!("{}/api/v1{at}", self.address))
            .header("cookie", &self.session)
            .header("origin", &self.address)
    }
}

fn told(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> (u16, String) {
    let mut answer = answer.expect("the server answers");
    (answer.status().as_u16(), answer.body_mut().read_to_string().expect("the answer has a body"))
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Environments outlive their server on purpose; a test that failed leaves none behind.
        for pid in processes::with_marker(&self.data_dir().to_string_lossy()) {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    }
}

/// Tries until `probe` gives something; `None` when it never does.
pub fn until<T>(_what: &str, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    #[expect(clippy::disallowed_methods, reason = "a deadline for a real process")]
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe() {
            return Some(found);
        }
        #[expect(clippy::disallowed_methods, reason = "a deadline for a real process")]
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// `berth serve`, with its log beside its data.
fn command(data_dir: &Path, listen: &str, options: &[String]) -> Command {
    let log = std::fs::File::options().create(true).append(true).open(data_dir.with_extension("log"));
    let mut command = Command::new(binary());
    command.args(["serve", "--listen", listen, "--data-dir"]).arg(data_dir).args(options);
    // An engine of the machine's own is none of a test's business.
    command.env("BERTH_ENGINE", "none").stderr(log.expect("a log"));
    command
}

fn spawn(data_dir: &Path, listen: &str, options: &[String]) -> (Child, String) {
    started(command(data_dir, listen, options), data_dir)
}

/// Starts it; gives the address to open as well.
fn started(mut command: Command, data_dir: &Path) -> (Child, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} cannot be started: {error}", binary().display()));
    let mut lines = BufReader::new(child.stdout.take().expect("its output is a pipe")).lines();
    let link = lines.by_ref().map_while(Result::ok).find_map(|line| {
        line.split_whitespace().find(|word| word.contains("/login?token=")).map(str::to_string)
    });
    // What follows must be read, or a full pipe would hold the server up.
    thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    (
        child,
        link.unwrap_or_else(|| {
            panic!("`berth serve` prints a link; see {}", data_dir.with_extension("log").display())
        }),
    )
}

fn log_in(agent: &ureq::Agent, link: &str) -> (String, String) {
    let (address, token) = link.split_once("/login?token=").expect("the link carries a token");
    let answer = agent
        .post(format!("{address}/api/v1/login"))
        .header("origin", address)
        .send_json(LoginRequest::Link(LinkLogin { token: token.into() }))
        .expect("the server answers");
    let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok());
    let session = cookie.and_then(|value| value.split(';').next()).expect("the login gives a session");
    (address.into(), session.into())
}

/// The `berth` that was built beside this test; `BERTH` names another.
///
/// # Panics
/// When neither is there.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("BERTH") {
        return path.into();
    }
    let test = std::env::current_exe().expect("this test has a path");
    let path = test.parent().and_then(Path::parent).map(|dir| dir.join("berth")).unwrap_or_default();
    assert!(path.is_file(), "{} is missing: build it with `cargo build --package berth`", path.display());
    path
}
