//! Carries out the job.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use berth_shared::{
    api::{JobId, JobReason, LogSource},
    time::Timestamp,
};
use nix::sys::signal::Signal;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::unix::pipe,
};

use super::{
    capture::Capture,
    code, container,
    environment::{self, Places},
    python,
    sandbox::{self, Mode, PYTHON_DIR, Program, Sandbox, WORKFLOW_DIR},
    supervise::{Core, Running, name_host, sandbox_spec},
    words,
};
use crate::spec::{GitAccess, JobObservation, JobSpec};

/// What runs all steps, in bash.
const BASH_SCRIPT: &str = include_str!("job.bash");

/// What runs all steps, in any other shell.
const SH_SCRIPT: &str = include_str!("job.sh");

/// How often it is looked whether the kernel killed something for want of memory, and whether a full disk has room
/// again.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// How a job came to its end.
pub(super) struct Outcome {
    reason: JobReason,
    message: Option<String>,
}

impl Outcome {
    pub(super) fn new(reason: JobReason, message: impl Into<Option<String>>) -> Self {
        Self { reason, message: message.into() }
    }
}

/// Begins the job; it goes on by itself.
pub(super) fn begin(core: &Rc<Core>, job: JobSpec) {
    core.set_job(JobObservation::SettingUp {
        job_id: job.id,
        progress: "making the environment".to_owned(),
        since: core.clock.now(),
    });
    tokio::task::spawn_local(run(Rc::clone(core), job));
}

async fn run(core: Rc<Core>, mut job: JobSpec) {
    // The login is for bringing the code, and is not kept longer than that takes.
    let git = job.git.take();
    let outcome = match enter(&core, &job).await {
        Ok(running) => {
            let outcome = tokio::select! {
                outcome = work(&core, &job, git, &running) => outcome,
                () = running.sandbox.gone() => Outcome::new(
                    JobReason::ExecutorError,
                    "the environment's first process was killed from outside".to_owned(),
                ),
                () = stopped(&core, job.id, &running) => Outcome::new(JobReason::TerminatedByServer, None),
            };
            core.set_job(JobObservation::Stopping { job_id: job.id });
            running.sandbox.close().await;
            core.running.replace(None);
            core.clean().await;
            outcome
        }
        Err(error) => Outcome::new(
            JobReason::CreatingContainerError,
            format!("the environment could not be made: {error}"),
        ),
    };
    core.remember_init(None);
    if let Some(message) = &outcome.message {
        core.say(LogSource::System, message);
    }
    core.end_log();
    let Outcome { reason, message } = outcome;
    core.set_job(JobObservation::Ended { job_id: job.id, reason, message, at: core.clock.now() });
}

/// Makes what the job runs in.
async fn enter(core: &Rc<Core>, job: &JobSpec) -> io::Result<Running> {
    if core.mode == Mode::Container {
        let running = container::enter(core, job).await?;
        core.running.replace(Some(running.clone()));
        return Ok(running);
    }
    let home_dir = PathBuf::from(&job.home_dir);
    if !home_dir.is_absolute() || home_dir.components().any(|part| part == std::path::Component::ParentDir) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the home directory `{}` is no absolute path", job.home_dir),
        ));
    }
    let server: BTreeMap<String, String> = std::env::vars().collect();
    let found = job.python.as_deref().map(|version| find_python(version, &server)).transpose()?;
    let mut spec = sandbox_spec(&core.dir, core.mode, &job.run_name, &home_dir, &core.cgroup);
    spec.shm_bytes = job.shm_bytes;
    spec.volumes = sandbox::volumes::of(&job.container.mounts)?;
    let inside = core.mode.has_mounts();
    if !inside && !spec.volumes.is_empty() {
        return Err(io::Error::other(
            "`volumes` cannot be had: this machine gives no environment mounts of its own",
        ));
    }
    let workflow = if inside { WORKFLOW_DIR.into() } else { core.dir.workflow() };
    let places = Places {
        home: if inside { home_dir.clone() } else { core.dir.home() },
        start: environment::start(job.working_dir.as_deref(), &workflow),
        workflow,
        python: found.as_ref().map(|_| if inside { PYTHON_DIR.into() } else { core.dir.python() }),
        hidden: if inside { vec![home_dir, spec.hidden.clone(), "/tmp".into()] } else { Vec::new() },
    };
    if let (Some(found), Some(seen_at)) = (&found, &places.python) {
        python::make_environment(found, &core.dir.python(), seen_at)?;
        // The links name the program where it is on the machine, so it must be seen there.
        spec.python = Some((core.dir.python(), vec![found.prefix().to_owned()]));
    }
    name_host(&core.dir, &job.run_name)?;
    let sandbox = Sandbox::make(spec).await?;
    core.remember_init(Some(sandbox.init().clone()));
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid())
        .ok()
        .flatten()
        .map_or_else(|| nix::unistd::geteuid().to_string(), |user| user.name);
    let allocation = core.spec.planned.allocation.clone().unwrap_or_default();
    let env = environment::variables(job, &core.spec.id.to_string(), &user, &allocation, &places, &server);
    // What is below the working directory is made for it; elsewhere nothing is.
    let upwards = |below: &Path| below.components().any(|part| part == std::path::Component::ParentDir);
    if let Ok(below) = places.start.strip_prefix(&places.workflow)
        && !upwards(below)
    {
        fs::create_dir_all(core.dir.workflow().join(below))?;
    }
    let shell = job.shell.clone().unwrap_or_else(|| "bash".to_owned());
    let running = Running { sandbox, shell, env, places };
    core.running.replace(Some(running.clone()));
    Ok(running)
}

/// Whether a shell is a bash, which the steps are told otherwise than others that speak as `sh` does.
///
/// # Errors
/// When it does not speak as `sh` does, for people.
fn understands(shell: &str) -> Result<bool, String> {
    let name = shell.rsplit('/').next().unwrap_or_default();
    match name {
        "bash" => Ok(true),
        "sh" | "dash" | "ash" | "zsh" | "ksh" | "mksh" | "busybox" => Ok(false),
        _ => Err(format!(
            "`{shell}` does not run commands as `sh` does: use another `shell`, and start it from there"
        )),
    }
}

fn find_python(version: &str, server: &BTreeMap<String, String>) -> io::Result<python::Python> {
    let path = server.get("PATH").map(String::as_str).unwrap_or_default();
    python::find(version, path, server.get("HOME").map(Path::new)).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, format!("`python{version}` is not installed on this machine"))
    })
}

/// Waits until somebody asks for the end, and ends everything in the way that was asked for.
async fn stopped(core: &Core, job_id: JobId, running: &Running) {
    let mut stop = core.stop.subscribe();
    let Ok(grace) = stop.wait_for(Option::is_some).await.map(|grace| grace.unwrap_or(0)) else { return };
    core.set_job(JobObservation::Stopping { job_id });
    if grace == 0 {
        return;
    }
    core.say(LogSource::System, &format!("stopping: processes have {grace} seconds to end"));
    // A stopped process can end only when it goes on.
    for signal in [Signal::SIGTERM, Signal::SIGCONT] {
        running.sandbox.signal(signal).await;
    }
    running.sandbox.hang_up().await;
    tokio::select! {
        () = running.sandbox.idle() => {}
        () = tokio::time::sleep(Duration::from_secs(grace.into())) => {}
        // Asked again, with less patience.
        _ = stop.wait_for(|grace| *grace == Some(0)) => {}
    }
}

/// One command of the configuration.
struct Step<'a> {
    /// `setup` or `init`.
    kind: &'static str,
    /// "setup 1 of 2"
    place: String,
    command: &'a str,
}

fn steps(job: &JobSpec) -> Vec<Step<'_>> {
    let of = |kind: &'static str, commands: &'_ [String]| -> Vec<(String, usize)> {
        (1..=commands.len()).map(|n| format!("{kind} {n} of {}", commands.len())).zip(0..).collect()
    };
    let mut steps = Vec::new();
    for (kind, commands) in [("setup", &job.setup), ("init", &job.init)] {
        for (place, at) in of(kind, commands) {
            steps.push(Step { kind, place, command: commands[at].trim() });
        }
    }
    steps
}

/// Runs the steps, then rests. Answers when the job came to an end by itself.
async fn work(core: &Rc<Core>, job: &JobSpec, git: Option<GitAccess>, running: &Running) -> Outcome {
    if let Err(outcome) = code::bring(core, job, git.as_ref(), running).await {
        return outcome;
    }
    drop(git);
    let steps = steps(job);
    let oom_before = core.cgroup.oom_kills();
    let watch = keep_watch(core, oom_before);
    let ended = tokio::select! {
        ended = run_steps(core, job, running, &steps) => ended,
        () = watch => return Outcome::new(JobReason::ExecutorError, None),
    };
    let (at, code) = match ended {
        Ok(None) => {
            keep_watch(core, core.cgroup.oom_kills()).await;
            return Outcome::new(JobReason::ExecutorError, None);
        }
        Ok(Some(ended)) => ended,
        Err(error) => {
            return Outcome::new(JobReason::ExecutorError, format!("the commands could not be run: {error}"));
        }
    };
    let Some(step) = steps.get(at) else {
        return Outcome::new(JobReason::ExecutorError, format!("the shell ended with {}", status(code)));
    };
    let told = format!("{} (`{}`) ended with {}", step.place, words::title(step.command), status(code));
    if core.cgroup.oom_kills() > oom_before && code != 0 {
        return Outcome::new(JobReason::OutOfMemory, format!("{told}: {}", out_of_memory(core)));
    }
    if code == 0 {
        // `exit 0` ends the shell, and with it the job, as in a container.
        return Outcome::new(JobReason::DoneByRunner, format!("{told}, and so did the job"));
    }
    Outcome::new(JobReason::ContainerExitedWithError, told)
}

/// Runs the steps in one shell. `None` when all went well; else the step that the shell ended in, and its exit status.
async fn run_steps(
    core: &Rc<Core>,
    job: &JobSpec,
    running: &Running,
    steps: &[Step<'_>],
) -> io::Result<Option<(usize, i32)>> {
    let setups = job.setup.len();
    if setups == 0 {
        welcome(core, job);
        core.set_job(core.at_rest(job.id, core.clock.now()));
    }
    if steps.is_empty() {
        return Ok(None);
    }
    let pass_on = {
        let core = Rc::clone(core);
        move |source: LogSource, bytes: &[u8], open: bool| core.pass_on(source, bytes, open)
    };
    let (stdout, stdout_end) = Capture::new(LogSource::Stdout)?;
    let (stderr, stderr_end) = Capture::new(LogSource::Stderr)?;
    for capture in [&stdout, &stderr] {
        tokio::task::spawn_local(Rc::clone(capture).pump(pass_on.clone()));
    }
    let (requests, requests_end) = io::pipe()?;
    let mut requests = BufReader::new(pipe::Receiver::from_owned_fd(requests.into())?).lines();
    let (steps_end, to_shell) = io::pipe()?;
    let mut to_shell = Some(pipe::Sender::from_owned_fd(to_shell.into())?);
    let bash = understands(&running.shell).map_err(io::Error::other)?;
    let script = if bash { BASH_SCRIPT } else { SH_SCRIPT };
    let mut argv = job.container.entrypoint.clone();
    argv.extend([&running.shell, "-c", script, &running.shell].map(ToOwned::to_owned));
    let (steps_at, requests_at) = if bash { (250, 251) } else { (8, 9) };
    let program = Program {
        argv,
        env: running.env.clone(),
        cwd: running.places.start.clone(),
        terminal: false,
        descriptors: vec![
            (fs::OpenOptions::new().read(true).open("/dev/null")?.into(), 0),
            (stdout_end, 1),
            (stderr_end, 2),
            (steps_end.into(), steps_at),
            (requests_end.into(), requests_at),
        ],
    };
    let (_, exited) = running.sandbox.start(program).await?;
    let mut exited = std::pin::pin!(exited);
    let drain = || {
        for capture in [&stdout, &stderr] {
            // What cannot be read any more is over.
            let _ = capture.drain(&pass_on);
        }
    };

    let mut begun: usize = 0;
    let since = core.clock.now();
    let code = loop {
        let asked = tokio::select! {
            biased;
            line = requests.next_line() => line?.is_some(),
            code = &mut exited => break code.unwrap_or(-1),
        };
        if !asked {
            break exited.await.unwrap_or(-1);
        }
        drain();
        if let Some(done) = begun.checked_sub(1).and_then(|at| steps.get(at)) {
            core.say(LogSource::System, &format!("{}: done", done.place));
        }
        if begun == setups {
            if setups > 0 {
                welcome(core, job);
            }
            core.set_job(core.at_rest(job.id, core.clock.now()));
        }
        let (Some(step), Some(shell)) = (steps.get(begun), to_shell.as_mut()) else {
            let since = running_since(core);
            core.set_job(core.at_rest(job.id, since));
            return Ok(None);
        };
        begun += 1;
        let progress = format!("{}: {}", step.place, words::title(step.command));
        core.say(LogSource::System, &progress);
        core.set_job(if step.kind == "setup" {
            JobObservation::SettingUp { job_id: job.id, progress, since }
        } else {
            let (commit, since) = (core.commit.borrow().clone(), running_since(core));
            JobObservation::Running { job_id: job.id, progress: Some(progress), commit, since }
        });
        if shell.write_all(&worded(step.command, bash)).await.is_err() {
            // The shell is gone; its end will tell.
            to_shell = None;
        }
    };
    drain();
    for capture in [&stdout, &stderr] {
        capture.flush(&pass_on);
    }
    Ok(Some((begun.saturating_sub(1), code)))
}

/// Says how one comes in.
fn welcome(core: &Core, job: &JobSpec) {
    for line in &job.welcome {
        core.say(LogSource::System, line);
    }
}

/// A command as the script reads it. A NUL inside of one cannot be: shells have none either.
fn worded(command: &str, bash: bool) -> Vec<u8> {
    let command = command.replace('\0', "");
    if bash {
        let mut text = command.into_bytes();
        text.push(0);
        return text;
    }
    // One line, for `printf %b`.
    let mut text = command.replace('\\', "\\\\").replace('\n', "\\n").into_bytes();
    text.push(b'\n');
    text
}

fn running_since(core: &Core) -> berth_shared::time::Timestamp {
    match &*core.job.borrow() {
        JobObservation::Running { since, .. } => *since,
        _ => core.clock.now(),
    }
}

/// Tells in the log when the kernel killed something for want of memory, and when lines were lost; never ends.
async fn keep_watch(core: &Core, mut known: u64) {
    loop {
        tokio::time::sleep(WATCH_INTERVAL).await;
        core.tell_lost();
        let now = core.cgroup.oom_kills();
        if now > known {
            core.say(LogSource::System, &format!("the kernel killed a process: {}", out_of_memory(core)));
        }
        known = known.max(now);
    }
}

fn out_of_memory(core: &Core) -> String {
    let limit = core.spec.planned.allocation.as_ref().map_or(0, |allocation| allocation.memory_bytes);
    format!("the environment used up its {} of memory", words::bytes(limit))
}

impl Core {
    /// A job that runs, while no command of its configuration does.
    fn at_rest(&self, job_id: JobId, since: Timestamp) -> JobObservation {
        JobObservation::Running { job_id, progress: None, commit: self.commit.borrow().clone(), since }
    }
}

/// An exit status in words.
pub(super) fn status(code: i32) -> String {
    match Signal::try_from(code - 128) {
        Ok(signal) if code > 128 => format!("exit status {code} ({signal})"),
        _ => format!("exit status {code}"),
    }
}
