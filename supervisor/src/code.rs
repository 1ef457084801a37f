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
    folder,
    job::{Outcome, status},
    sandbox::{Mode, Program, WORKFLOW_DIR},
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

/// The most that an archive may hold, and where it goes: what was said of it when it was launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    entries: u64,
    bytes: u64,
    /// Where it goes, then where its parts go that have places of their own, as [`Finder::find`] has them.
    places: Vec<String>,
}

/// Finds places of an environment, as they are seen from inside.
struct Finder<'a> {
    home: &'a Path,
    /// The home directory that was asked for, where another one is in its place.
    asked: Option<&'a str>,
}

impl<'a> Finder<'a> {
    fn new(mode: Mode, job: &'a JobSpec, running: &'a Running) -> Self {
        // A container has all that it is asked for. Where processes see the machine's own files, `/root` would be the machine's.
        let asked = (mode != Mode::Container && job.home_dir != "/").then_some(job.home_dir.as_str());
        Self { home: &running.places.home, asked }
    }

    /// A place as `berth_shared::api::code::check_place` has it: absolute, or below the working directory.
    fn find(&self, place: &str) -> String {
        let path = Path::new(place);
        let at_home = path.strip_prefix("~").ok();
        let at_home = at_home.or_else(|| path.strip_prefix(self.asked?).ok());
        let found = match at_home {
            Some(below) if below.as_os_str().is_empty() => self.home.to_owned(),
            Some(below) => self.home.join(below),
            None => path.strip_prefix(WORKFLOW_DIR).unwrap_or(path).to_owned(),
        };
        if found.as_os_str().is_empty() { ".".to_owned() } else { found.display().to_string() }
    }
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
        RunCode::Archive(archive) => wait(core, job, archive, running).await?,
        RunCode::Git(source) => {
            clone(core, job, source, git, running).await?;
            if let Some(archive) = &source.archive {
                wait(core, job, archive, running).await?;
            }
        }
    }
    core.say(LogSource::System, "code: done");
    Ok(())
}

/// Waits until somebody has brought the archive.
async fn wait(core: &Core, job: &JobSpec, archive: &CodeArchive, running: &Running) -> Result<(), Outcome> {
    let job_id = job.id;
    let mut arrival = core.code.subscribe();
    let finder = Finder::new(core.mode, job, running);
    let places = std::iter::once(archive.path.as_deref().unwrap_or_default())
        .chain(archive.placed.iter().map(String::as_str));
    core.code.send_replace(Arrival::Wanted(Extent {
        entries: archive.entries,
        bytes: archive.bytes,
        places: places.map(|place| finder.find(place)).collect(),
    }));
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
    let outcome = unpack(&running, &extent, &mut stream).await;
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
async fn unpack(running: &Running, extent: &Extent, stream: &mut UnixStream) -> io::Result<Unpacked> {
    let (stdin, input) = io::pipe()?;
    let (output, stderr) = io::pipe()?;
    let mut input = Some(pipe::Sender::from_owned_fd(input.into())?);
    let mut output = pipe::Receiver::from_owned_fd(output.into())?;
    let stdout: OwnedFd = stderr.try_clone()?.into();
    let mut argv = vec![
        OWN_PROGRAM.to_owned(),
        unpack::NAME.to_owned(),
        extent.entries.to_string(),
        extent.bytes.to_string(),
    ];
    argv.extend_from_slice(&extent.places);
    let program = Program {
        argv,
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
    job: &JobSpec,
    source: &GitSource,
    git: Option<&GitAccess>,
    running: &Running,
) -> Result<(), Outcome> {
    let failed = |told: String| Outcome::new(JobReason::ContainerExitedWithError, told);
    let progress = format!("cloning {}", source.url);
    core.set_job(JobObservation::SettingUp { job_id: job.id, progress, since: core.clock.now() });
    let place = source.path.as_deref().unwrap_or(WORKFLOW_DIR);
    let target = Finder::new(core.mode, job, running).find(place);
    let folder =
        |what: &str, folder: &str| [OWN_PROGRAM, folder::NAME, what, folder].map(ToOwned::to_owned).to_vec();
    match run(core, running, folder(folder::ROOM, &target), &[], false).await {
        Ok((0, _)) => {}
        Ok((folder::OCCUPIED, _)) if source.skip_existing => {
            let told = format!("code: `{place}` is not empty, and stays as it is (`if_exists: skip`)");
            core.say(LogSource::System, &told);
            return Ok(());
        }
        Ok((folder::OCCUPIED, _)) => {
            return Err(failed(format!(
                "{} cannot be cloned to `{place}`, which is not empty: clone it elsewhere by `path` in `repos`, or let what is \
                 there stand by `if_exists: skip`",
                source.url
            )));
        }
        Ok((_, said)) => return Err(failed(format!("{} cannot be cloned: {}", source.url, said.trim()))),
        Err(error) => {
            return Err(failed(format!("{} cannot be cloned to `{place}`: {error}", source.url)));
        }
    }
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
    argv.extend_from_slice(&settings);
    argv.push("clone".to_owned());
    argv.extend(source.branch.iter().flat_map(|branch| ["--branch".to_owned(), branch.clone()]));
    // Another commit than the branch's is checked out.
    argv.extend(source.revision.iter().map(|_| "--no-checkout".to_owned()));
    argv.extend(["--".to_owned(), source.url.clone(), target.clone()]);
    let (code, said) = run(core, running, argv, &access, true)
        .await
        .map_err(|error| failed(format!("`git clone` could not be run: {error}")))?;
    if code != 0 {
        let why = last_words(&said);
        let hint = hint(&why, source, git.is_some());
        let why = if why.is_empty() { why } else { format!(": {why}") };
        return Err(failed(format!("`git clone` of {} ended with {}{why}{hint}", source.url, status(code))));
    }
    if let Some(hash) = &source.revision {
        check_out(core, running, (&settings, &access), &target, hash)
            .await
            .map_err(|why| failed(format!("{} has no commit {hash} to check out{why}", source.url)))?;
    }
    // Where commands begin may have been an empty folder in the clone's way.
    if running.places.start != running.places.workflow {
        let start = running.places.start.display().to_string();
        // One that cannot be made is told by the first command.
        let _ = run(core, running, folder(folder::MAKE, &start), &[], false).await;
    }
    let argv = ["git", "-C", &target, "rev-parse", "HEAD"].map(ToOwned::to_owned).to_vec();
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

/// Checks out one commit of a clone, fetched first where no branch of it has it.
///
/// # Errors
/// What `git` says of it, as the end of a sentence.
async fn check_out(
    core: &Rc<Core>,
    running: &Running,
    (settings, access): (&[String], &[(&'static str, String)]),
    clone: &str,
    hash: &str,
) -> Result<(), String> {
    let git = async |settings: &[String], arguments: &[&str], logged: bool| {
        let mut argv = vec!["git".to_owned()];
        argv.extend_from_slice(settings);
        argv.extend(["-C", clone].iter().chain(arguments).map(|&word| word.to_owned()));
        match run(core, running, argv, access, logged).await {
            Ok((0, _)) => Ok(()),
            Ok((_, said)) => Err(Some(last_words(&said)).filter(|why| !why.is_empty())),
            Err(error) => Err(Some(error.to_string())),
        }
    };
    let why = |why: Option<String>| why.map(|why| format!(": {why}")).unwrap_or_default();
    let commit = format!("{hash}^{{commit}}");
    if git(&[], &["cat-file", "-e", &commit], false).await.is_err() {
        git(settings, &["fetch", "origin", hash], true).await.map_err(why)?;
    }
    git(settings, &["-c", "advice.detachedHead=false", "checkout", "--detach", &commit], true)
        .await
        .map_err(why)
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
        let source = GitSource { url: "https://git.example/a".to_owned(), ..GitSource::default() };
        let why = "fatal: could not read Username for 'https://git.example': terminal prompts disabled";
        assert!(hint(why, &source, false).ends_with("a login: `berth git set git.example`"));
        assert!(hint(why, &source, true).contains("is not let in"));
        assert_eq!(hint("fatal: repository not found", &source, false), "");
    }

    #[test]
    fn places_are_found_as_they_are_seen_from_inside() {
        let all = ["", ".", "a/b", "/workflow", "/workflow/a", "~", "~/a", "/root/a", "/data", "/workflows"];
        let find = |asked: Option<&str>| {
            let finder = Finder { home: Path::new("/srv/home"), asked };
            all.map(|place| finder.find(place)).join(" ")
        };
        let processes = ". . a/b . a /srv/home /srv/home/a /srv/home/a /data /workflows";
        assert_eq!(find(Some("/root")), processes);
        assert_eq!(find(None), processes.replacen("/srv/home/a /data", "/root/a /data", 1));
    }

    #[test]
    fn of_what_git_says_its_errors_are_kept() {
        let said = "Cloning into '.'...\nwarning: odd\nfatal: Remote branch x not found in upstream origin\n";
        assert_eq!(last_words(said), "fatal: Remote branch x not found in upstream origin");
        assert_eq!(last_words("one\ntwo\n\n"), "two");
        assert_eq!(last_words(""), "");
    }
}
