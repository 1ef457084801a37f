//! Real container engines of a test's own: Podman and dockerd, with small images made on the spot and a private registry.
//! Where one cannot run, the test is told why.

mod dockerd;
mod images;
mod podman;
mod registry;
mod slow;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

pub use images::{BASH, SH, USER, foreign, layer};
pub use registry::Registry;
pub use slow::Slow;

/// How long an engine may take to start on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// An engine that runs until this is dropped, and the images that tests need.
pub struct Engine {
    /// `podman` or `dockerd`.
    pub name: &'static str,
    /// Its socket.
    pub socket: PathBuf,
    /// `None` while it is stopped.
    daemon: Mutex<Option<Daemon>>,
    respawn: Box<dyn Fn() -> Result<Daemon, String> + Send + Sync>,
    /// The network that it is in, when that is not the machine's.
    network: Option<PathBuf>,
    client: Box<dyn Fn() -> Command + Send + Sync>,
    /// Keeps that network.
    _holder: Option<Daemon>,
    _disk: Option<Disk>,
    _dir: tempfile::TempDir,
}

/// A disk in memory, until this is dropped.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// Of this size at this place, bytes.
    fn mount(at: &Path, bytes: u64) -> Result<Self, String> {
        std::fs::create_dir_all(at).map_err(|error| error.to_string())?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]).arg(at);
        output(&mut mount).map(|_| Self(at.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // With what is mounted in it.
        let _ = output(Command::new("umount").args(["--recursive", "--lazy"]).arg(&self.0));
    }
}

impl Engine {
    /// All that can run here, and a line for each that cannot. `BERTH_REQUIRE_ENGINES=1` makes those a failure.
    ///
    /// # Panics
    /// When one is required and cannot run.
    #[must_use]
    pub fn start(name: &str) -> Option<Self> {
        required(name, start(name, None, None))
    }

    /// The same with no more room on disk than this, bytes.
    ///
    /// # Panics
    /// When one is required and cannot run.
    #[must_use]
    pub fn start_small(name: &str, bytes: u64) -> Option<Self> {
        required(name, start(name, None, Some(bytes)))
    }

    /// An engine of this name in this network namespace.
    ///
    /// # Errors
    /// When it cannot run.
    pub fn start_in(network: &Path, name: &str) -> Result<Self, String> {
        start(name, Some(network.to_owned()), None)
    }

    /// Another engine, Podman, in the same network: it reaches the same registries on loopback.
    ///
    /// # Errors
    /// When it cannot run.
    pub fn podman_beside(&self) -> Result<Self, String> {
        podman::start(self.network.clone(), None)
    }

    fn daemon(&self) -> MutexGuard<'_, Option<Daemon>> {
        self.daemon.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops it, as an administrator does.
    ///
    /// # Panics
    /// When it was stopped before.
    pub fn stop(&self) {
        let mut daemon = self.daemon().take().expect("it runs");
        let pid = nix::unistd::Pid::from_raw(daemon.0.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
        let _ = daemon.0.wait();
    }

    /// Starts it again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        *self.daemon() = Some((self.respawn)().unwrap_or_else(|why| panic!("{why}")));
    }

    /// Its own command line client.
    #[must_use]
    pub fn client(&self, arguments: &[&str]) -> Command {
        let mut command = (self.client)();
        command.args(arguments);
        command
    }

    /// A command in the network that the engine's containers reach: the machine's, or one that is the engine's alone.
    #[must_use]
    pub fn beside(&self, program: &str) -> Command {
        within(self.network.as_deref(), program)
    }

    /// What its client prints.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn ask(&self, arguments: &[&str]) -> String {
        let output = output(&mut self.client(arguments)).unwrap_or_else(|why| panic!("{why}"));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let Some(pid) = self.daemon().as_ref().map(|daemon| daemon.0.id()) else { return false };
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The state comes behind the name, which is in parentheses.
        stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    }

    /// Names of containers, networks and volumes that carry Berth's label.
    #[must_use]
    pub fn left(&self) -> Vec<String> {
        let filter = "label=dev.berth.instance";
        let lists = [
            vec!["ps", "--all", "--quiet", "--filter", filter],
            vec!["network", "ls", "--quiet", "--filter", filter],
            vec!["volume", "ls", "--quiet", "--filter", filter],
        ];
        let lines = lists.iter().map(|list| self.ask(list));
        lines.flat_map(|text| text.lines().map(ToOwned::to_owned).collect::<Vec<_>>()).collect()
    }

    fn sweep(&self) {
        for (list, remove) in [
            (vec!["ps", "--all", "--quiet"], vec!["rm", "--force", "--volumes"]),
            (vec!["volume", "ls", "--quiet"], vec!["volume", "rm", "--force"]),
        ] {
            let Ok(found) = output(&mut self.client(&list)) else { continue };
            let text = String::from_utf8_lossy(&found.stdout).into_owned();
            let names: Vec<&str> = text.lines().collect();
            if !names.is_empty() {
                let _ = output(self.client(&remove).args(names));
            }
        }
        let networks = self.client(&["network", "ls", "--quiet", "--filter", "label=dev.berth.instance"]);
        if let Ok(found) = output(&mut { networks }) {
            for name in String::from_utf8_lossy(&found.stdout).lines() {
                let _ = output(&mut self.client(&["network", "rm", name]));
            }
        }
    }
}

fn start(name: &str, network: Option<PathBuf>, disk: Option<u64>) -> Result<Engine, String> {
    match name {
        "podman" => podman::start(network, disk),
        _ => dockerd::start(network, disk),
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A test that failed must leave nothing behind either.
        self.sweep();
    }
}

/// A process that is ended with this.
pub(crate) struct Daemon(pub(crate) std::process::Child);

impl Daemon {
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> Result<Self, String> {
        let file = std::fs::File::create(log).map_err(|error| error.to_string())?;
        let errors = file.try_clone().map_err(|error| error.to_string())?;
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        command.spawn().map(Self).map_err(|error| format!("it does not start: {error}"))
    }

    /// Waits until `ready`, and says what it printed when it ends before.
    pub(crate) fn wait(&mut self, log: &Path, mut ready: impl FnMut() -> bool) -> Result<(), String> {
        #[expect(clippy::disallowed_methods, reason = "a test waits for a real process")]
        let begun = Instant::now();
        loop {
            if ready() {
                return Ok(());
            }
            let ended = self.0.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let text = std::fs::read_to_string(log).unwrap_or_default();
                let last: Vec<&str> = text.lines().rev().take(3).collect();
                return Err(format!("it is not ready: {}", last.join(" | ")));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.0.id().cast_signed());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        for _ in 0..500 {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a command to its end; an error with what it printed when it fails.
pub(crate) fn output(command: &mut Command) -> Result<Output, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("`{name}`: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let arguments: Vec<_> =
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{name} {}` failed: {}", arguments.join(" "), errors.trim()))
}

/// Whether a program is installed.
pub(crate) fn installed(name: &str) -> Result<(), String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
    if there { Ok(()) } else { Err(format!("`{name}` is not installed")) }
}

/// What was started; a line that says why not, where it cannot be. `BERTH_REQUIRE_ENGINES=1` makes that a failure.
///
/// # Panics
/// When it is required.
pub fn required<T>(name: &str, started: Result<T, String>) -> Option<T> {
    match started {
        Ok(started) => Some(started),
        Err(why) => {
            let required = std::env::var_os("BERTH_REQUIRE_ENGINES").is_some();
            assert!(!required, "{name} is required and cannot run: {why}");
            eprintln!("skipped: {name} cannot run here: {why}");
            None
        }
    }
}

/// A command in this network namespace; `None` = the machine's.
pub(crate) fn within(network: Option<&Path>, program: &str) -> Command {
    let Some(network) = network else { return Command::new(program) };
    let mut command = Command::new("nsenter");
    command.arg(format!("--net={}", network.display())).arg(program);
    command
}

pub(crate) fn must_be_root() -> Result<(), String> {
    if nix::unistd::geteuid().is_root() { Ok(()) } else { Err("it is tested as root".to_owned()) }
}
