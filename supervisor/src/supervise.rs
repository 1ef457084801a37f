//! What the supervisor knows, and its life.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    rc::Rc,
};

use berth_shared::{
    api::{Allocation, Isolation, LogSource, TerminalId, Usage},
    time::Timestamp,
};
use nix::sys::{prctl, stat::Mode as FileMode};
use tokio::{
    net::UnixListener,
    sync::{Notify, watch},
};

use super::{
    InstanceDir, Record,
    cgroup::{Cgroup, Limits},
    code::Arrival,
    environment::Places,
    isolation, layout,
    meter::{self, Meter},
    process::{self, ProcessIdentity},
    sandbox::{Mode, Sandbox, SandboxSpec},
    serve,
    terminal::Terminal,
    wire,
};
use crate::{
    clock::{Clock, SystemClock},
    logs::{self, LogWriter},
    spec::{CreateRequest, JobObservation},
};

/// The most processes and threads of one environment: far above honest use, far below what hurts the machine.
const PIDS: u64 = 8192;

/// Everything that outlasts one connection.
pub(super) struct Core {
    pub(super) dir: InstanceDir,
    pub(super) spec: CreateRequest,
    pub(super) clock: Box<dyn Clock>,
    pub(super) cgroup: Cgroup,
    pub(super) mode: Mode,
    pub(super) isolation: Isolation,
    pub(super) job: RefCell<JobObservation>,
    /// The job's variables and places, while it is there.
    pub(super) running: RefCell<Option<Running>>,
    pub(super) terminals: RefCell<Vec<(TerminalId, Rc<Terminal>)>>,
    log: RefCell<LogWriter>,
    record: RefCell<Record>,
    /// Seconds of grace, once somebody asked for the end.
    pub(super) stop: watch::Sender<Option<u32>>,
    /// How far the archive is that the job waits for.
    pub(super) code: watch::Sender<Arrival>,
    /// The commit of the repository that was cloned.
    pub(super) commit: RefCell<Option<String>>,
    /// Changes with each change of the job and each line of the log.
    pub(super) changed: watch::Sender<()>,
    pub(super) over: Notify,
    last_usage: Cell<Option<(Timestamp, u64)>>,
    pub(super) meter: RefCell<Meter>,
}

/// What a job runs in.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) sandbox: Rc<Sandbox>,
    /// What was asked for; else `bash`, or `sh` where a container has no other.
    pub(super) shell: String,
    pub(super) env: BTreeMap<String, String>,
    pub(super) places: Places,
}

/// Where a supervisor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// On the machine, outside of the sandbox that it makes.
    Machine,
    /// Inside a container, which is all the sandbox there is.
    Container,
}

/// Runs the supervisor of the instance in `dir`, until it is told to end. Does nothing when there is one already, or
/// was one.
pub(super) fn run(dir: InstanceDir, stand: Stand) -> io::Result<()> {
    let Some(_lock) = dir.try_lock()? else { return Ok(()) };
    if dir.record().exists() || dir.terminating().exists() {
        return Ok(());
    }
    // From here on the folder's lock says that there is a supervisor.
    let _ = nix::unistd::setsid();
    prctl::set_child_subreaper(true)?;
    if stand == Stand::Machine {
        // What it starts may be the same user's, and see it where there are no process numbers of their own.
        prctl::set_dumpable(false)?;
    }
    let me = ProcessIdentity::of(std::process::id().cast_signed())
        .ok_or_else(|| io::Error::other("`/proc` does not tell about this process"))?;
    let mut record = Record {
        protocol: wire::PROTOCOL,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        supervisor: me,
        init: None,
        cgroups: Vec::new(),
        failed: None,
    };
    layout::write_json(&dir.record(), &record)?;
    let outcome = prepare(&dir, stand, &mut record).and_then(|(spec, cgroup, listener)| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let local = tokio::task::LocalSet::new();
        runtime.block_on(local.run_until(live(dir.clone(), stand, spec, cgroup, listener, record.clone())))
    });
    if let Err(error) = &outcome {
        record.failed = Some(error.to_string());
        layout::write_json(&dir.record(), &record)?;
    }
    outcome
}

/// Finds out how an environment would be kept apart, and leaves nothing behind. JSON.
pub(super) fn probe(dir: &InstanceDir) -> io::Result<String> {
    prctl::set_child_subreaper(true)?;
    make_places(dir)?;
    let name = dir.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let limits = Limits { memory_bytes: 1 << 30, cpus: 1.0, pids: PIDS };
    let cgroup = Cgroup::create(&format!("berth-{name}"), limits);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let settled = tokio::task::LocalSet::new().block_on(&runtime, settle(dir, "berth", &cgroup));
    cgroup.remove();
    let (mode, refusals) = settled?;
    let isolation = isolation::describe(mode, &refusals, &cgroup, &Allocation::default(), dir);
    Ok(serde_json::to_string(&isolation)?)
}

/// What needs no runtime.
fn prepare(
    dir: &InstanceDir,
    stand: Stand,
    record: &mut Record,
) -> io::Result<(CreateRequest, Cgroup, std::os::unix::net::UnixListener)> {
    let spec: CreateRequest = layout::read_json(&dir.spec())?
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no `spec.json`"))?;
    if stand == Stand::Machine {
        make_places(dir)?;
        furnish(&dir.home());
    }
    let allocation = spec.planned.allocation.clone().unwrap_or_default();
    let name = format!("berth-{}", spec.id);
    let limits = Limits { memory_bytes: allocation.memory_bytes, cpus: allocation.cpus, pids: PIDS };
    let cgroup = match stand {
        Stand::Machine => Cgroup::create(&name, limits),
        Stand::Container => Cgroup::own(),
    };
    record.cgroups = cgroup.folders();
    layout::write_json(&dir.record(), record)?;

    let (_folder, path) = dir.socket()?;
    let _ = fs::remove_file(&path);
    nix::sys::stat::umask(FileMode::from_bits_truncate(0o177));
    let listener = std::os::unix::net::UnixListener::bind(&path);
    nix::sys::stat::umask(FileMode::from_bits_truncate(0o022));
    let listener = listener?;
    listener.set_nonblocking(true)?;
    Ok((spec, cgroup, listener))
}

/// Makes the places that a sandbox shows.
fn make_places(dir: &InstanceDir) -> io::Result<()> {
    // What programs make is for everybody who may come that far; the folder itself is private.
    nix::sys::stat::umask(FileMode::from_bits_truncate(0o022));
    for (folder, mode) in
        [(dir.home(), 0o700), (dir.workflow(), 0o755), (dir.tmp(), 0o1777), (dir.root(), 0o755)]
    {
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode))?;
    }
    name_host(dir, "localhost")
}

/// Gives the environment an `/etc/hosts` that knows its name.
pub(super) fn name_host(dir: &InstanceDir, name: &str) -> io::Result<()> {
    let mut hosts = fs::read_to_string("/etc/hosts").unwrap_or_else(|_| "127.0.0.1 localhost\n".to_owned());
    if !hosts.ends_with('\n') {
        hosts.push('\n');
    }
    fs::write(dir.hosts(), format!("{hosts}127.0.1.1 {name}\n"))
}

/// Gives a new home directory what the machine gives every new user.
fn furnish(home: &Path) {
    for entry in fs::read_dir("/etc/skel").into_iter().flatten().flatten() {
        let to = home.join(entry.file_name());
        if !to.exists() && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            // A home without them is a home too.
            let _ = fs::copy(entry.path(), to);
        }
    }
}

async fn live(
    dir: InstanceDir,
    stand: Stand,
    spec: CreateRequest,
    cgroup: Cgroup,
    listener: std::os::unix::net::UnixListener,
    record: Record,
) -> io::Result<()> {
    let listener = UnixListener::from_std(listener)?;
    let (mode, isolation) = match stand {
        Stand::Machine => {
            let (mode, refusals) = settle(&dir, &spec.name, &cgroup).await?;
            let allocation = spec.planned.allocation.clone().unwrap_or_default();
            (mode, isolation::describe(mode, &refusals, &cgroup, &allocation, &dir))
        }
        // Who made the container knows.
        Stand::Container => (Mode::Container, Isolation::default()),
    };
    let log = LogWriter::open(&dir.logs(), logs::Limits::default())?;
    let core = Rc::new(Core {
        dir,
        spec,
        clock: Box::new(SystemClock),
        cgroup,
        mode,
        isolation,
        job: RefCell::new(JobObservation::None),
        running: RefCell::default(),
        terminals: RefCell::default(),
        log: RefCell::new(log),
        record: RefCell::new(record),
        stop: watch::Sender::new(None),
        code: watch::Sender::default(),
        commit: RefCell::default(),
        changed: watch::Sender::new(()),
        over: Notify::new(),
        last_usage: Cell::new(None),
        meter: RefCell::default(),
    });
    tokio::select! {
        () = serve::accept(&core, &listener) => {}
        () = meter::measure(&core) => {}
        () = core.over.notified() => {}
    }
    let running = core.running.borrow().clone();
    if let Some(running) = running {
        running.sandbox.close().await;
    }
    core.clean().await;
    Ok(())
}

/// Finds out which namespaces can be had, by making a sandbox and ending it.
async fn settle(
    dir: &InstanceDir,
    hostname: &str,
    cgroup: &Cgroup,
) -> io::Result<(Mode, Vec<(Mode, String)>)> {
    let mut refusals = Vec::new();
    for &mode in Mode::ladder(nix::unistd::geteuid().is_root()) {
        let probe = sandbox_spec(dir, mode, hostname, Path::new("/root"), cgroup);
        match Sandbox::make(probe).await {
            Ok(sandbox) => {
                sandbox.close().await;
                return Ok((mode, refusals));
            }
            Err(error) => refusals.push((mode, error.to_string())),
        }
    }
    let why = refusals.pop().map(|(_, why)| why).unwrap_or_default();
    Err(io::Error::other(format!("no sandbox can be made: {why}")))
}

/// A sandbox of this instance.
pub(super) fn sandbox_spec(
    dir: &InstanceDir,
    mode: Mode,
    hostname: &str,
    home_dir: &Path,
    cgroup: &Cgroup,
) -> SandboxSpec {
    SandboxSpec {
        mode,
        hostname: hostname.to_owned(),
        home_dir: home_dir.to_owned(),
        home: dir.home(),
        workflow: dir.workflow(),
        tmp: dir.tmp(),
        hosts: dir.hosts(),
        python: None,
        volumes: Vec::new(),
        hidden: data_dir(dir),
        root: dir.root(),
        shm_bytes: None,
        entrances: cgroup.entrances(),
        identity: None,
    }
}

/// The server's data directory: the instance's folder is `DATA_DIR/local/ID`.
fn data_dir(dir: &InstanceDir) -> PathBuf {
    dir.path().ancestors().nth(2).unwrap_or(dir.path()).to_owned()
}

impl Core {
    /// Writes a line to the log.
    pub(super) fn say(&self, source: LogSource, text: &str) {
        self.log.borrow_mut().append(self.clock.now(), source, text);
        self.changed.send_replace(());
    }

    /// Writes what a program wrote to the log; `open` where no line end followed.
    pub(super) fn pass_on(&self, source: LogSource, bytes: &[u8], open: bool) {
        self.log.borrow_mut().append_bytes(self.clock.now(), source, bytes, open);
        self.changed.send_replace(());
    }

    /// Tells in the log of lines that were lost, when there is room for that.
    pub(super) fn tell_lost(&self) {
        if self.log.borrow_mut().tell_lost(self.clock.now()) {
            self.changed.send_replace(());
        }
    }

    /// Says that the log is over.
    pub(super) fn end_log(&self) {
        if let Err(error) = self.log.borrow().complete() {
            eprintln!("error: the log's end cannot be marked: {error}");
        }
    }

    /// Where the log ends.
    pub(super) fn log_end(&self) -> u64 {
        self.log.borrow().end()
    }

    /// Changes how the job is.
    pub(super) fn set_job(&self, job: JobObservation) {
        *self.job.borrow_mut() = job;
        self.changed.send_replace(());
    }

    /// Writes down who is at the head of the sandbox.
    pub(super) fn remember_init(&self, init: Option<ProcessIdentity>) {
        let mut record = self.record.borrow_mut();
        record.init = init;
        if let Err(error) = layout::write_json(&self.dir.record(), &*record) {
            eprintln!("error: the record cannot be written: {error}");
        }
    }

    /// Makes sure that no process is left, then removes the control group.
    pub(super) async fn clean(&self) {
        let tag = self.spec.id.to_string();
        for _ in 0..500 {
            self.cgroup.kill();
            let left = process::tagged(&tag);
            if left.is_empty() && self.cgroup.is_empty() {
                break;
            }
            process::signal(left, nix::sys::signal::Signal::SIGKILL);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        self.cgroup.remove();
    }

    /// What is in use now.
    pub(super) fn usage(&self) -> Usage {
        self.usage_since(&self.last_usage)
    }

    /// What is in use now; CPUs since `last`, which becomes this moment.
    pub(super) fn usage_since(&self, last: &Cell<Option<(Timestamp, u64)>>) -> Usage {
        let running = self.running.borrow();
        let processes = running.as_ref().map(|r| r.sandbox.processes()).unwrap_or_default();
        let at = self.clock.now();
        let cpu_millis = self
            .cgroup
            .cpu_millis()
            .unwrap_or_else(|| processes.iter().map(|(_, stat)| stat.cpu_ticks * 10).sum());
        let memory_bytes = self
            .cgroup
            .memory_bytes()
            .unwrap_or_else(|| processes.iter().map(|(_, stat)| stat.pages * page_size()).sum());
        let before = last.replace(Some((at, cpu_millis)));
        let cpus = before.and_then(|(then, used)| {
            let passed = at.millis_since(then);
            (passed > 0).then(|| cpu_millis.saturating_sub(used) as f64 / passed as f64)
        });
        let limited = self.cgroup.limits().iter().any(|limit| limit == "memory");
        let memory_limit_bytes = limited
            .then(|| self.spec.planned.allocation.as_ref().map(|allocation| allocation.memory_bytes))
            .flatten();
        Usage {
            at,
            cpu_millis,
            cpus,
            memory_bytes,
            memory_limit_bytes,
            processes: u32::try_from(processes.len()).unwrap_or(u32::MAX),
            disk_bytes: self.meter.borrow().disk_bytes,
            network: (self.mode == Mode::Container).then(meter::network).flatten(),
            gpus: self.meter.borrow().gpus.clone(),
        }
    }

    /// The terminal with this identifier.
    pub(super) fn terminal(&self, id: TerminalId) -> Option<Rc<Terminal>> {
        let terminals = self.terminals.borrow();
        terminals.iter().find(|(other, _)| *other == id).map(|(_, terminal)| Rc::clone(terminal))
    }

    /// What runs, as programs in it begin.
    pub(super) fn running(&self) -> Option<Running> {
        self.running.borrow().clone()
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("dir", &self.dir).finish_non_exhaustive()
    }
}

fn page_size() -> u64 {
    // SAFETY: asks for a constant.
    u64::try_from(unsafe { nix::libc::sysconf(nix::libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
