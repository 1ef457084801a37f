//! The code that a job works on: it is in the working directory before the first command runs, once for each job.

use std::{
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use berth_shared::api::{CodeArchive, GitSource, JobId, JobReason, LogSource, RunCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixStream, unix::pipe},
    time::timeout,
};

use super::{
    capture::Capture,
    exec::OWN_PROGRAM,
    job::{Outcome, status},
    sandbox::{Mode, Program},
    supervise::{Core, Running},
    unpack,
    wire::{self, Control, Kind, Refused, Reply},
};
use crate::spec::{GitAccess, JobObservation, JobSpec};

/// For how long nothing of an archive may come before whoever sends it is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much of what a program says is kept for the job's message, bytes.
const SAID: usize = 2000;

/// How far the archive is that a job waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Arrival {
    /// No job waits for one.
    #[default]
    Unwanted,
    /// Nobody brings it yet, or whoever did broke off.
    Wanted(Extent),
    /// It is being unpacked.
    Arriving,
    /// It is there.
    There,
    /// It never will be, and why.
    Failed(String),
}

/// The most that an archive may hold: what was said of it when it was launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    entries: u64,
    bytes: u64,
}

/// Has the job's code in its working directory.
///
/// # Errors
/// The job's end, when it cannot be there.
pub(super) async fn bring(
    core: &Rc<Core>,
    job: &JobSpec,
    git: Option<&GitAccess>,
    running: &Running,
) -> Result<(), Outcome> {
    let Some(code) = &job.code else { return Ok(()) };
    core.say(LogSource::System, &format!("code: {}", code.summary()));
    match code {
        RunCode::Archive(archive) => wait(core, job.id, archive).await?,
        RunCode::Git(source) => clone(core, job.id, source, git, running).await?,
    }
    core.say(LogSource::System, "code: done");
    Ok(())
}

/// Waits until somebody has brought the archive.
async fn wait(core: &Core, job_id: JobId, archive: &CodeArchive) -> Result<(), Outcome> {
    let mut arrival = core.code.subscribe();
    core.code.send_replace(Arrival::Wanted(Extent { entries: archive.entries, bytes: archive.bytes }));
    let since = core.clock.now();
    loop {
        let now = arrival.borrow_and_update().clone();
        match now {
            Arrival::Unwanted | Arrival::Wanted(_) => core.set_job(JobObservation::WaitingForCode { job_id }),
            Arrival::Arriving => {
                let progress = match archive.files {
                    1 => "unpacking 1 file".to_owned(),
                    files => format!("unpacking {files} files"),
                };
                core.set_job(JobObservation::SettingUp { job_id, progress, since });
            }
            Arrival::There => return Ok(()),
            Arrival::Failed(why) => {
                let told = format!("the code could not be unpacked: {why}");
                return Err(Outcome::new(JobReason::CreatingContainerError, told));
            }
        }
        if arrival.changed().await.is_err() {
            return Err(Outcome::new(JobReason::ExecutorError, None));
        }
    }
}

/// Takes the archive of a job from whoever brings it.
pub(super) async fn receive(core: &Rc<Core>, job_id: JobId, mut stream: UnixStream) -> io::Result<()> {
    let wanted =
        matches!(&*core.job.borrow(), JobObservation::WaitingForCode { job_id: id } if *id == job_id);
    let now = core.code.borrow().clone();
    let taken = match (core.running(), now) {
        (Some(running), Arrival::Wanted(extent)) if wanted => Some((running, extent)),
        _ => None,
    };
    let Some((running, extent)) = taken else {
        let message = "the job does not wait for its code, or somebody brings it already".to_owned();
        return wire::write_message(&mut stream, &Reply::Refused { kind: Refused::NotReady, message }).await;
    };
    core.code.send_replace(Arrival::Arriving);
    let outcome = unpack(&running, extent, &mut stream).await;
    let (arrival, code) = match outcome {
        Ok(Unpacked::Whole) => (Arrival::There, 0),
        Ok(Unpacked::Failed(why)) => (Arrival::Failed(why), 1),
        // Another server, or the same one after a while, begins again; what is there already is written over.
        Ok(Unpacked::BrokenOff) | Err(_) => (Arrival::Wanted(extent), 1),
    };
    core.code.send_replace(arrival);
    wire::write_message(&mut stream, &Reply::Exited { code }).await
}

/// How the unpacking of an archive ended.
enum Unpacked {
    Whole,
    Failed(String),
    BrokenOff,
}

/// Unpacks what comes over a stream, by a program of the supervisor's own as the job's user.
async fn unpack(running: &Running, extent: Extent, stream: &mut UnixStream) -> io::Result<Unpacked> {
    let (stdin, input) = io::pipe()?;
    let (output, stderr) = io::pipe()?;
    let mut input = Some(pipe::Sender::from_owned_fd(input.into())?);
    let mut output = pipe::Receiver::from_owned_fd(output.into())?;
    let stdout: OwnedFd = stderr.try_clone()?.into();
    let program = Program {
        argv: vec![
            OWN_PROGRAM.to_owned(),
            unpack::NAME.to_owned(),
            extent.entries.to_string(),
            extent.bytes.to_string(),
        ],
        env: running.env.clone(),
        cwd: running.places.workflow.clone(),
        terminal: false,
        descriptors: vec![(stdin.into(), 0), (stdout, 1), (stderr.into(), 2)],
    };
    let exited = match running.sandbox.start(program).await {
        Ok((_, exited)) => exited,
        Err(error) => return Ok(Unpacked::Failed(error.to_string())),
    };
    let mut exited = std::pin::pin!(exited);
    wire::write_message(stream, &Reply::Done).await?;
    let said = tokio::task::spawn_local(async move {
        let mut said = Vec::new();
        // Whoever writes more is not waited for.
        let _ = (&mut output).take(SAID as u64).read_to_end(&mut said).await;
        String::from_utf8_lossy(&said).trim().to_owned()
    });
    let (mut from, _) = stream.split();
    let mut whole = false;
    let code = loop {
        let frame = tokio::select! {
            biased;
            code = &mut exited => break code.unwrap_or(-1),
            frame = timeout(PATIENCE, wire::read_frame(&mut from)), if input.is_some() => frame,
        };
        match frame {
            Ok(Ok(Some(frame))) if frame.kind == Kind::Bytes => {
                // A program that reads no more has ended or is about to: its end tells why.
                let written = match input.as_mut() {
                    Some(input) => input.write_all(&frame.payload).await,
                    None => Ok(()),
                };
                if written.is_err() {
                    input = None;
                }
            }
            Ok(Ok(Some(frame)))
                if frame.message::<Control>().is_ok_and(|said| said == Control::CloseInput) =>
            {
                whole = true;
                input = None;
            }
            // Without the rest of its input the program ends, too.
            _ => input = None,
        }
    };
    let said = said.await.unwrap_or_default();
    Ok(match (code, whole) {
        (0, true) => Unpacked::Whole,
        // All that it said is that its input ended.
        (unpack::CUT_OFF, false) => Unpacked::BrokenOff,
        (0, false) => Unpacked::BrokenOff,
        (code, _) if said.is_empty() => {
            Unpacked::Failed(format!("the program that does it ended with {}", status(code)))
        }
        _ => Unpacked::Failed(said),
    })
}

/// Clones a repository by the environment's own `git`.
async fn clone(
    core: &Rc<Core>,
    job_id: JobId,
    source: &GitSource,
    git: Option<&GitAccess>,
    running: &Running,
) -> Result<(), Outcome> {
    let failed = |told: String| Outcome::new(JobReason::ContainerExitedWithError, told);
    let progress = format!("cloning {}", source.url);
    core.set_job(JobObservation::SettingUp { job_id, progress, since: core.clock.now() });
    if !there("git", running) {
        let place = if core.mode == Mode::Container { "the image" } else { "this machine" };
        return Err(failed(format!(
            "{place} has no `git`, which is to clone {}: use an image with `git`, or bring the code from your own checkout by \
             `berth run`",
            source.url
        )));
    }
    let (settings, access) = git.map(access).unwrap_or_default();
    let mut argv = vec!["git".to_owned()];
    argv.extend(settings);
    argv.push("clone".to_owned());
    argv.extend(source.branch.iter().flat_map(|branch| ["--branch".to_owned(), branch.clone()]));
    argv.extend(["--".to_owned(), source.url.clone(), ".".to_owned()]);
    let (code, said) = run(core, running, argv, &access, true)
        .await
        .map_err(|error| failed(format!("`git clone` could not be run: {error}")))?;
    if code != 0 {
        let why = last_words(&said);
        let hint = hint(&why, source, git.is_some());
        let why = if why.is_empty() { why } else { format!(": {why}") };
        return Err(failed(format!("`git clone` of {} ended with {}{why}{hint}", source.url, status(code))));
    }
    let argv = ["git", "rev-parse", "HEAD"].map(ToOwned::to_owned).to_vec();
    // A repository without a commit has none.
    if let Ok((0, said)) = run(core, running, argv, &[], false).await {
        let commit = said.trim().to_owned();
        if commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            core.say(LogSource::System, &format!("code: commit {commit}"));
            core.commit.replace(Some(commit));
        }
    }
    Ok(())
}

/// Names of the variables that a login is in, for as long as the clone goes on.
const USERNAME: &str = "BERTH_GIT_USERNAME";
const PASSWORD: &str = "BERTH_GIT_PASSWORD";

/// Settings of `git` and variables by which it is let in, at that place alone. Nothing of it is written anywhere: settings that stand before
/// the command are for this command, and what it is let in by is told by a helper that finds it among the variables.
fn access(access: &GitAccess) -> (Vec<String>, Vec<(&'static str, String)>) {
    let key = format!("credential.{}.helper", access.place);
    let helper = format!(
        "!f() {{ test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \"${USERNAME}\" \"${PASSWORD}\"; }}; f"
    );
    // An empty one forgets those that the image or the person has set for it.
    let settings = ["-c".to_owned(), format!("{key}="), "-c".to_owned(), format!("{key}={helper}")];
    (settings.to_vec(), vec![(USERNAME, access.username.clone()), (PASSWORD, access.password.clone())])
}

/// What to do when a host lets nobody in.
fn hint(why: &str, source: &GitSource, tried: bool) -> String {
    let refused = ["Authentication failed", "could not read Username", "could not read Password"];
    let Some(host) = source.login_host().filter(|_| refused.iter().any(|said| why.contains(said))) else {
        return String::new();
    };
    match tried {
        true => format!(
            "; the project's login for {host} is not let in: a manager sets another, `berth git set {host}`"
        ),
        false => {
            format!("; for a private repository a manager gives the project a login: `berth git set {host}`")
        }
    }
}

/// What a program said last: its errors where it says which those are, else the last line.
fn last_words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let errors: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| line.starts_with("fatal:") || line.starts_with("error:"))
        .collect();
    match errors.as_slice() {
        [] => lines.last().copied().unwrap_or_default().to_owned(),
        errors => errors.join(" "),
    }
}

/// Whether a program is on the job's `PATH`.
fn there(name: &str, running: &Running) -> bool {
    let path = running.env.get("PATH").map(String::as_str).unwrap_or_default();
    path.split(':').map(Path::new).map(|folder| folder.join(name)).any(|file: PathBuf| file.is_file())
}

/// Runs a program in the working directory, without anybody to ask; gives its exit status and the end of what it said. With
/// `logged` all of that goes to the job's log, too.
async fn run(
    core: &Rc<Core>,
    running: &Running,
    argv: Vec<String>,
    variables: &[(&'static str, String)],
    logged: bool,
) -> io::Result<(i32, String)> {
    let said = Rc::new(std::cell::RefCell::new(String::new()));
    let pass_on = {
        let (core, said) = (Rc::clone(core), Rc::clone(&said));
        move |source: LogSource, bytes: &[u8], open: bool| {
            if logged {
                core.pass_on(source, bytes, open);
            }
            let mut said = said.borrow_mut();
            if said.len() < SAID {
                said.push_str(&String::from_utf8_lossy(bytes));
                said.push('\n');
            }
        }
    };
    let (stdout, stdout_end) = Capture::new(LogSource::Stdout)?;
    let (stderr, stderr_end) = Capture::new(LogSource::Stderr)?;
    let pumps =
        [&stdout, &stderr].map(|capture| tokio::task::spawn_local(Rc::clone(capture).pump(pass_on.clone())));
    let mut env = running.env.clone();
    for (name, value) in [
        // Nobody is there to answer.
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", "true"),
        ("SSH_ASKPASS", "true"),
        ("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new"),
    ] {
        env.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    env.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let nothing = std::fs::OpenOptions::new().read(true).open("/dev/null")?;
    let program = Program {
        argv,
        env,
        cwd: running.places.workflow.clone(),
        terminal: false,
        descriptors: vec![(nothing.into(), 0), (stdout_end, 1), (stderr_end, 2)],
    };
    let (_, exited) = running.sandbox.start(program).await?;
    let code = exited.await.unwrap_or(-1);
    for capture in [&stdout, &stderr] {
        // What cannot be read any more is over.
        let _ = capture.drain(&pass_on);
        capture.flush(&pass_on);
    }
    pumps.iter().for_each(tokio::task::JoinHandle::abort);
    let said = said.borrow().clone();
    Ok((code, said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_for_its_place_alone_and_in_no_argument() {
        let login = GitAccess {
            place: "https://github.com".to_owned(),
            username: "ann".to_owned(),
            password: "s3cret".to_owned(),
        };
        let (settings, variables) = access(&login);
        assert!(settings.iter().all(|setting| !setting.contains("s3cret")));
        assert!(settings[3].starts_with("credential.https://github.com.helper=!f()"), "{settings:?}");
        assert_eq!(variables[1], (PASSWORD, "s3cret".to_owned()));
        assert!(!format!("{login:?}").contains("s3cret"));
    }

    #[test]
    fn whoever_is_not_let_in_is_told_what_to_do() {
        let source = GitSource { url: "https://git.example/a".to_owned(), branch: None, commit: None };
        let why = "fatal: could not read Username for 'https://git.example': terminal prompts disabled";
        assert!(hint(why, &source, false).ends_with("a login: `berth git set git.example`"));
        assert!(hint(why, &source, true).contains("is not let in"));
        assert_eq!(hint("fatal: repository not found", &source, false), "");
    }

    #[test]
    fn of_what_git_says_its_errors_are_kept() {
        let said = "Cloning into '.'...\nwarning: odd\nfatal: Remote branch x not found in upstream origin\n";
        assert_eq!(last_words(said), "fatal: Remote branch x not found in upstream origin");
        assert_eq!(last_words("one\ntwo\n\n"), "two");
        assert_eq!(last_words(""), "");
    }
}
