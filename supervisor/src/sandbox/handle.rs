//! The supervisor's end of a sandbox.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    fs,
    io::{self, Seek, Write},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::PathBuf,
    process::{Command, Stdio},
    rc::Rc,
    time::Duration,
};

use nix::{
    sys::{
        memfd::{MFdFlags, memfd_create},
        signal::Signal,
        socket::{AddressFamily, SockFlag, SockType, socketpair},
    },
    unistd::Pid,
};
use tokio::{
    io::unix::AsyncFd,
    sync::{oneshot, watch},
};

use super::{Launch, Notice, Order, SandboxSpec, link};
use crate::{
    fds,
    process::{self, ProcessIdentity},
};

/// How long a sandbox may take to stand.
const PATIENCE: Duration = Duration::from_secs(20);

/// A sandbox that stands, until [`Sandbox::close`] or until this process ends.
#[derive(Debug)]
pub(crate) struct Sandbox {
    link: AsyncFd<OwnedFd>,
    spec: SandboxSpec,
    init: ProcessIdentity,
    next: Cell<u64>,
    started: RefCell<HashMap<u64, oneshot::Sender<Result<i32, String>>>>,
    exited: RefCell<HashMap<u64, oneshot::Sender<i32>>>,
    /// Whether a program was started that has not ended, or left something behind that has not.
    busy: watch::Sender<bool>,
    gone: watch::Sender<bool>,
}

/// A program to start.
#[derive(Debug)]
pub(crate) struct Program {
    /// It and its arguments.
    pub argv: Vec<String>,
    /// All its variables.
    pub env: BTreeMap<String, String>,
    /// Where it begins.
    pub cwd: PathBuf,
    /// Whether descriptor 0 is a terminal that it is to control.
    pub terminal: bool,
    /// Its descriptors and their numbers; 0, 1 and 2 must be there.
    pub descriptors: Vec<(OwnedFd, i32)>,
}

impl Sandbox {
    /// Makes a sandbox; to be called in a [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// When it cannot be made in this mode, with the reason for people.
    pub(crate) async fn make(spec: SandboxSpec) -> io::Result<Rc<Self>> {
        let (ours, theirs) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
        let mut input = fs::File::from(memfd_create(c"sandbox", MFdFlags::MFD_CLOEXEC)?);
        input.write_all(&serde_json::to_vec(&spec)?)?;
        input.rewind()?;
        let mut command = Command::new("/proc/self/exe");
        command.arg0("berth").arg("sandbox-init").env_clear();
        command.stdin(Stdio::from(input)).stdout(Stdio::from(theirs)).stderr(Stdio::inherit());
        let mut child = command.spawn()?;
        // The command keeps copies of what it was given; the other end must be the child's alone.
        drop(command);
        let link = fds::watched(ours)?;
        let made = tokio::time::timeout(PATIENCE, wait_ready(&link)).await;
        let first = match made {
            Ok(Ok(first)) => first,
            Ok(Err(error)) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(error);
            }
            Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the sandbox did not stand in time"));
            }
        };
        if spec.mode.has_pids() {
            // What forked the first process has nothing more to do.
            let _ = child.wait();
        }
        let init = ProcessIdentity::of(first)
            .ok_or_else(|| io::Error::other("the sandbox's first process ended at once"))?;
        let sandbox = Rc::new(Self {
            link,
            spec,
            init,
            next: Cell::new(1),
            started: RefCell::default(),
            exited: RefCell::default(),
            busy: watch::Sender::new(false),
            gone: watch::Sender::new(false),
        });
        tokio::task::spawn_local(Self::listen(Rc::clone(&sandbox)));
        Ok(sandbox)
    }

    /// Its first process.
    #[must_use]
    pub(crate) fn init(&self) -> &ProcessIdentity {
        &self.init
    }

    /// Everything inside but the first process.
    #[must_use]
    pub(crate) fn processes(&self) -> Vec<(i32, process::Stat)> {
        process::descendants(self.init.pid)
    }

    /// Starts a program. What comes back tells its exit status, 0-255 or 128 + signal, when it ends.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) async fn start(&self, program: Program) -> io::Result<(i32, oneshot::Receiver<i32>)> {
        let id = self.next.replace(self.next.get() + 1);
        let launch = Launch {
            id,
            argv: program.argv,
            env: program.env,
            cwd: program.cwd,
            terminal: program.terminal,
            numbers: program.descriptors.iter().map(|(_, number)| *number).collect(),
        };
        let mut text = fs::File::from(memfd_create(c"launch", MFdFlags::MFD_CLOEXEC)?);
        text.write_all(&serde_json::to_vec(&launch)?)?;
        text.rewind()?;
        let mut descriptors = vec![text.as_raw_fd()];
        descriptors.extend(program.descriptors.iter().map(|(fd, _)| fd.as_raw_fd()));

        let (started, when_started) = oneshot::channel();
        let (exited, when_exited) = oneshot::channel();
        self.started.borrow_mut().insert(id, started);
        self.exited.borrow_mut().insert(id, exited);
        self.busy.send_replace(true);
        if let Err(error) = self.send(&Order::Launch, &descriptors).await {
            self.forget(id);
            return Err(error);
        }
        match when_started.await {
            Ok(Ok(pid)) => Ok((pid, when_exited)),
            Ok(Err(message)) => {
                self.forget(id);
                Err(io::Error::other(message))
            }
            Err(_) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the sandbox is gone")),
        }
    }

    /// Sends a signal to everything inside.
    pub(crate) async fn signal(&self, signal: Signal) {
        let _ = self.send(&Order::Signal(signal as i32), &[]).await;
    }

    /// Hangs up every terminal.
    pub(crate) async fn hang_up(&self) {
        let _ = self.send(&Order::HangUp, &[]).await;
    }

    /// Waits until nothing runs inside, or the sandbox is gone.
    pub(crate) async fn idle(&self) {
        let mut busy = self.busy.subscribe();
        let _ = tokio::select! {
            waited = busy.wait_for(|busy| !busy) => waited.map(drop),
            () = self.gone() => Ok(()),
        };
    }

    /// Waits until the first process is gone.
    pub(crate) async fn gone(&self) {
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }

    /// Ends everything inside and the sandbox itself; answers when nothing is left.
    pub(crate) async fn close(&self) {
        if self.spec.mode.has_pids() {
            self.init.kill();
        }
        // Without a namespace the first process has to clean up: hanging up tells it to.
        let _ = nix::sys::socket::shutdown(self.link.as_raw_fd(), nix::sys::socket::Shutdown::Both);
        if tokio::time::timeout(PATIENCE, self.gone()).await.is_err() {
            self.init.kill();
        }
    }

    fn forget(&self, id: u64) {
        self.started.borrow_mut().remove(&id);
        self.exited.borrow_mut().remove(&id);
    }

    async fn send(&self, order: &Order, descriptors: &[i32]) -> io::Result<()> {
        loop {
            let mut ready = self.link.writable().await?;
            match ready.try_io(|link| link::send(link.as_fd(), order, descriptors)) {
                Ok(sent) => return sent,
                Err(_) => continue,
            }
        }
    }

    async fn listen(self: Rc<Self>) {
        while let Ok(Some(notice)) = next_notice(&self.link).await {
            match notice {
                Notice::Started(id, pid) => self.answer_start(id, Ok(pid)),
                Notice::NotStarted(id, message) => self.answer_start(id, Err(message)),
                Notice::Exited(id, code) => {
                    if let Some(sender) = self.exited.borrow_mut().remove(&id) {
                        let _ = sender.send(code);
                    }
                }
                Notice::Empty => {
                    // A program may be on its way in.
                    let idle = self.started.borrow().is_empty();
                    self.busy.send_replace(!idle);
                }
                Notice::Forked(_) | Notice::Ready | Notice::Failed(_) => {}
            }
        }
        // Whoever waits for a program learns that it was killed: nothing outlives the first process.
        while self.init.is_alive() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let _ = nix::sys::wait::waitpid(Pid::from_raw(self.init.pid), None);
        self.started.borrow_mut().clear();
        for (_, sender) in self.exited.borrow_mut().drain() {
            let _ = sender.send(128 + Signal::SIGKILL as i32);
        }
        self.busy.send_replace(false);
        self.gone.send_replace(true);
    }

    fn answer_start(&self, id: u64, outcome: Result<i32, String>) {
        if let Some(sender) = self.started.borrow_mut().remove(&id) {
            let _ = sender.send(outcome);
        }
    }
}

/// Waits until the sandbox stands; the number of its first process.
async fn wait_ready(link: &AsyncFd<OwnedFd>) -> io::Result<i32> {
    let (mut first, mut ready) = (None, false);
    loop {
        // Two processes tell, so either may come first.
        if let (Some(first), true) = (first, ready) {
            return Ok(first);
        }
        match next_notice(link).await? {
            Some(Notice::Forked(pid)) => first = Some(pid),
            Some(Notice::Ready) => ready = true,
            Some(Notice::Failed(message)) => return Err(io::Error::other(message)),
            Some(_) => {}
            None => return Err(io::Error::other("the sandbox ended while it was made")),
        }
    }
}

async fn next_notice(link: &AsyncFd<OwnedFd>) -> io::Result<Option<Notice>> {
    loop {
        let mut ready = link.readable().await?;
        match ready.try_io(|link| link::receive(link.as_fd())) {
            Ok(received) => return Ok(received?.map(|(notice, _)| notice)),
            Err(_) => continue,
        }
    }
}
