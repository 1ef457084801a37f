//! `berth sandbox-init`: the first process inside. One thread, no runtime.

use std::{
    collections::HashMap,
    fs, io,
    io::Read,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    process::{Command, ExitCode, Stdio},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        prctl,
        signal::{SigSet, Signal, kill},
        signalfd::{SfdFlags, SignalFd},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork, getgid, getuid, sethostname},
};

use super::{Launch, Mode, Notice, Order, SandboxSpec, link, mounts};
use crate::{identity::Identity, process};

/// Runs the first process: standard input holds the [`SandboxSpec`], standard output is the link to the supervisor.
#[must_use]
pub(crate) fn main() -> ExitCode {
    let link = match std::io::stdout().as_fd().try_clone_to_owned() {
        Ok(link) => link,
        Err(error) => {
            eprintln!("error: no link to a supervisor: {error}");
            return ExitCode::FAILURE;
        }
    };
    match run(link.as_fd()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = link::send(link.as_fd(), &Notice::Failed(error.to_string()), &[]);
            ExitCode::FAILURE
        }
    }
}

fn run(link: BorrowedFd<'_>) -> io::Result<()> {
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text)?;
    let spec: SandboxSpec = serde_json::from_slice(&text)?;
    // Nothing of ours stays in standard input and output, lest a program inherits it.
    let null: OwnedFd = fs::OpenOptions::new().read(true).write(true).open("/dev/null")?.into();
    for number in [0, 1] {
        duplicate(null.as_raw_fd(), number)?;
    }
    // Opened before any mount changes what the paths mean.
    let mut entrances = Vec::new();
    for path in &spec.entrances {
        entrances.push(OwnedFd::from(fs::OpenOptions::new().write(true).open(path)?));
    }

    namespaces(spec.mode)?;
    if spec.mode.has_pids() {
        // The namespace takes effect for children only.
        // SAFETY: there is one thread, so the child may do all that this process may.
        match unsafe { fork() }? {
            ForkResult::Parent { child } => {
                return link::send(link, &Notice::Forked(child.as_raw()), &[]);
            }
            ForkResult::Child => {}
        }
    } else {
        prctl::set_child_subreaper(true)?;
        link::send(link, &Notice::Forked(std::process::id().cast_signed()), &[])?;
    }
    if spec.mode.has_mounts() {
        sethostname(&spec.hostname)?;
        mounts::enter(&spec)?;
    }
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGCHLD);
    signals.thread_block()?;
    let children = SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    link::send(link, &Notice::Ready, &[])?;
    let mut init = Init {
        link,
        mode: spec.mode,
        entrances,
        identity: spec.identity,
        programs: HashMap::new(),
        empty: true,
    };
    let outcome = init.serve(&children);
    init.end();
    outcome
}

/// Goes into new namespaces, as the same user as before.
fn namespaces(mode: Mode) -> io::Result<()> {
    if mode.flags().is_empty() {
        // Asking for nothing is refused in containers, too.
        return Ok(());
    }
    let (user, group) = (getuid(), getgid());
    nix::sched::unshare(mode.flags()).map_err(|errno| {
        io::Error::new(io::Error::from(errno).kind(), format!("namespaces are not allowed: {errno}"))
    })?;
    if matches!(mode, Mode::User | Mode::UserWithoutPid) {
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
        fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    }
    Ok(())
}

/// A program that was started.
struct Running {
    /// Number of its launch.
    id: u64,
    /// Whether it controls a terminal.
    terminal: bool,
}

struct Init<'a> {
    link: BorrowedFd<'a>,
    mode: Mode,
    entrances: Vec<OwnedFd>,
    identity: Option<Identity>,
    /// By their numbers inside.
    programs: HashMap<Pid, Running>,
    /// Whether the supervisor knows that nothing runs.
    empty: bool,
}

impl Init<'_> {
    /// Does what it is told until the supervisor is gone.
    fn serve(&mut self, children: &SignalFd) -> io::Result<()> {
        loop {
            let mut ready =
                [PollFd::new(self.link, PollFlags::POLLIN), PollFd::new(children.as_fd(), PollFlags::POLLIN)];
            match poll(&mut ready, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            let [order, child] = ready.map(|fd| fd.any().unwrap_or(false));
            if child {
                while children.read_signal()?.is_some() {}
                self.reap()?;
            }
            if order {
                let Some((order, descriptors)) = link::receive(self.link)? else { return Ok(()) };
                match order {
                    Order::Launch => self.launch(descriptors)?,
                    Order::Signal(number) => self.signal(number),
                    Order::HangUp => {
                        let terminals = self.programs.iter().filter(|(_, program)| program.terminal);
                        for (pid, _) in terminals {
                            let _ = kill(*pid, Signal::SIGHUP);
                        }
                    }
                }
            }
        }
    }

    fn launch(&mut self, descriptors: Vec<OwnedFd>) -> io::Result<()> {
        let mut descriptors = descriptors.into_iter();
        let spec = descriptors.next().ok_or(io::ErrorKind::InvalidData)?;
        let launch: Launch = serde_json::from_reader(io::BufReader::new(fs::File::from(spec)))?;
        self.empty = false;
        match self.start(&launch, descriptors.collect()) {
            Ok(pid) => {
                self.programs.insert(pid, Running { id: launch.id, terminal: launch.terminal });
                link::send(self.link, &Notice::Started(launch.id, pid.as_raw()), &[])
            }
            Err(error) => {
                link::send(self.link, &Notice::NotStarted(launch.id, error.to_string()), &[])?;
                // Nothing may run, and then nobody's end would tell.
                self.reap()
            }
        }
    }

    fn start(&self, launch: &Launch, descriptors: Vec<OwnedFd>) -> io::Result<Pid> {
        let (Some(program), true) = (launch.argv.first(), descriptors.len() == launch.numbers.len()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no program was given"));
        };
        let entrances: Vec<RawFd> = self.entrances.iter().map(AsRawFd::as_raw_fd).collect();
        let pairs: Vec<(RawFd, RawFd)> =
            descriptors.iter().map(AsRawFd::as_raw_fd).zip(launch.numbers.iter().copied()).collect();
        let terminal = launch.terminal;
        let identity = self.identity.clone();
        let sacrificed = self.mode == Mode::Container;
        if let (Some(identity), true, Some(slave)) = (&identity, terminal, descriptors.first()) {
            // Programs open their terminal anew by its name.
            nix::unistd::fchown(slave, Some(identity.uid.into()), None)?;
        }
        let mut command = Command::new(program);
        command.args(&launch.argv[1..]).env_clear().envs(&launch.env).current_dir(&launch.cwd);
        command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
        // SAFETY: between fork and exec of a process with one thread; only system calls are made, nothing is
        // allocated or locked.
        unsafe {
            command.pre_exec(move || {
                for &entrance in &entrances {
                    nix::unistd::write(BorrowedFd::borrow_raw(entrance), b"0")?;
                }
                for &(from, to) in &pairs {
                    duplicate(from, to)?;
                }
                nix::unistd::setsid()?;
                // This process hears of its children in another way; programs want to hear of theirs.
                SigSet::empty().thread_set_mask()?;
                if sacrificed {
                    sacrifice();
                }
                if let Some(identity) = &identity {
                    identity.assume()?;
                }
                if terminal && nix::libc::ioctl(0, nix::libc::TIOCSCTTY, 0) < 0 {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = command.spawn()?;
        Ok(Pid::from_raw(child.id().cast_signed()))
    }

    /// Takes note of everybody who has ended.
    fn reap(&mut self) -> io::Result<()> {
        loop {
            let (pid, code) = match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, code),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, 128 + signal as i32),
                Ok(WaitStatus::StillAlive) => return Ok(()),
                Ok(_) | Err(Errno::EINTR) => continue,
                Err(Errno::ECHILD) => {
                    // Orphans become children of this process, so nothing is left anywhere.
                    if !self.empty {
                        self.empty = true;
                        link::send(self.link, &Notice::Empty, &[])?;
                    }
                    return Ok(());
                }
                Err(errno) => return Err(errno.into()),
            };
            if let Some(program) = self.programs.remove(&pid) {
                link::send(self.link, &Notice::Exited(program.id, code), &[])?;
            }
        }
    }

    fn signal(&self, number: i32) {
        let Ok(signal) = Signal::try_from(number) else { return };
        if self.mode.has_pids() {
            // Everything in the namespace but its first process.
            let _ = kill(Pid::from_raw(-1), signal);
        } else {
            let me = std::process::id().cast_signed();
            process::signal(process::descendants(me).into_iter().map(|(pid, _)| pid), signal);
        }
    }

    /// Leaves nothing behind.
    fn end(&self) {
        if self.mode.has_pids() {
            // The kernel ends the namespace with its first process.
            return;
        }
        while waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) != Err(Errno::ECHILD) {
            self.signal(Signal::SIGKILL as i32);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// Has the kernel choose this process rather than the supervisor when a container's memory runs out. A process that the
/// kernel does not let is one like any other.
fn sacrifice() {
    // SAFETY: only system calls on a path that lasts for ever; nothing is allocated.
    unsafe {
        let file =
            nix::libc::open(c"/proc/self/oom_score_adj".as_ptr(), nix::libc::O_WRONLY | nix::libc::O_CLOEXEC);
        if file >= 0 {
            nix::libc::write(file, c"500".as_ptr().cast(), 3);
            nix::libc::close(file);
        }
    }
}

/// Makes the descriptor `to` mean what `from` means, also after exec.
fn duplicate(from: RawFd, to: RawFd) -> io::Result<()> {
    // SAFETY: both are plain numbers to the kernel; whoever owned `to` is not used afterwards.
    if unsafe { nix::libc::dup2(from, to) } < 0 {
        return Err(io::Error::last_os_error());
    }
    if from == to {
        // SAFETY: as above; the flag that closes it at exec goes.
        unsafe { nix::libc::fcntl(to, nix::libc::F_SETFD, 0) };
    }
    Ok(())
}
