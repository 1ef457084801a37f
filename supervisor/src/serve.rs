//! Answers on the control socket.

use std::{io, rc::Rc, time::Duration};

use berth_shared::api::{TerminalId, TerminalSize};
use tokio::net::{TcpStream, UnixListener, UnixStream};

use super::{
    code, exec, job,
    relay::relay,
    sandbox::Program,
    supervise::Core,
    terminal::{Next, Reader, Terminal},
    wire::{self, Control, Hello, Kind, Refused, Reply, Request},
};
use crate::{logs, spec::JobObservation};

/// How long a client may take to read one frame before it is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// For how long a watcher that has heard of a change hears of no other: this long at first, since somebody waits for each step of a
/// beginning; then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// And at most so long, as while programs flood their output.
const LAST_PAUSE: Duration = Duration::from_millis(50);
/// When nothing has changed for so long, what comes next is told at once again.
const QUIET: Duration = Duration::from_millis(500);

/// How many terminals there may be, ended ones included; the oldest ended one makes room.
const TERMINALS: usize = 64;

/// Takes connections for ever.
pub(super) async fn accept(core: &Rc<Core>, listener: &UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let core = Rc::clone(core);
                tokio::task::spawn_local(async move {
                    // A client that broke off is the client's affair.
                    let _ = converse(&core, stream).await;
                });
            }
            // Out of descriptors: some will be free again.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn converse(core: &Rc<Core>, mut stream: UnixStream) -> io::Result<()> {
    let peer = stream.peer_cred()?.uid();
    if peer != 0 && peer != nix::unistd::geteuid().as_raw() {
        return Ok(());
    }
    let hello = Hello { protocol: wire::PROTOCOL, version: env!("CARGO_PKG_VERSION").to_owned() };
    wire::write_message(&mut stream, &hello).await?;
    let Some(frame) = wire::read_frame(&mut stream).await? else { return Ok(()) };
    let request: Request = match frame.message() {
        Ok(request) => request,
        Err(error) => {
            let message = format!("the supervisor does not understand this request: {error}");
            return refuse(&mut stream, Refused::Permanent, message).await;
        }
    };
    match request {
        Request::Observe => wire::write_message(&mut stream, &observed(core)).await,
        Request::Watch => watch(core, stream).await,
        Request::Start { job: spec }
        | Request::StartWithCode { job: spec }
        | Request::StartWithPlacedCode { job: spec } => {
            let begun = match &*core.job.borrow() {
                JobObservation::None => None,
                JobObservation::WaitingForCode { job_id }
                | JobObservation::SettingUp { job_id, .. }
                | JobObservation::Running { job_id, .. }
                | JobObservation::Stopping { job_id }
                | JobObservation::Ended { job_id, .. } => Some(*job_id),
            };
            match begun {
                None => job::begin(core, *spec),
                Some(id) if id == spec.id => {}
                Some(id) => {
                    let message = format!("job {id} was begun in this environment before");
                    return refuse(&mut stream, Refused::Permanent, message).await;
                }
            }
            wire::write_message(&mut stream, &Reply::Done).await
        }
        Request::Code { job_id } => code::receive(core, job_id, stream).await,
        Request::Stop { grace_seconds } => {
            core.stop.send_modify(|grace| {
                *grace = Some(grace.map_or(grace_seconds, |before| before.min(grace_seconds)));
            });
            wire::write_message(&mut stream, &Reply::Done).await
        }
        Request::Terminate => {
            wire::write_message(&mut stream, &Reply::Done).await?;
            core.over.notify_one();
            Ok(())
        }
        Request::Logs { after } => {
            let dir = core.dir.logs();
            match logs::read(&dir, after, logs::CHUNK_BYTES) {
                Ok(chunk) => wire::write_message(&mut stream, &Reply::Logs { chunk }).await,
                Err(error) => {
                    let message = format!("the log cannot be read: {error}");
                    refuse(&mut stream, Refused::Permanent, message).await
                }
            }
        }
        Request::Dial { port } => dial(port, stream).await,
        Request::Stats => wire::write_message(&mut stream, &Reply::Stats { usage: core.usage() }).await,
        Request::UsageHistory { span } => {
            let history = core.meter.borrow().history(span);
            wire::write_message(&mut stream, &Reply::UsageHistory { history }).await
        }
        Request::OpenTerminal { id, size } => match open_terminal(core, id, size).await {
            Ok(()) => wire::write_message(&mut stream, &Reply::Done).await,
            Err((kind, message)) => refuse(&mut stream, kind, message).await,
        },
        Request::Terminals => {
            let terminals = core.terminals.borrow().iter().map(|(_, terminal)| terminal.info()).collect();
            wire::write_message(&mut stream, &Reply::Terminals { terminals }).await
        }
        Request::Attach { id, after } => match core.terminal(id) {
            Some(terminal) => attach(&terminal, after, stream).await,
            None => refuse(&mut stream, Refused::NotFound, format!("terminal {id}")).await,
        },
        Request::Exec { spec } => match core.running() {
            Some(running) => exec::serve(running, spec, stream).await,
            None => refuse(&mut stream, Refused::NotReady, NOT_RUNNING.to_owned()).await,
        },
    }
}

const NOT_RUNNING: &str = "the environment is not running";

async fn refuse(stream: &mut UnixStream, kind: Refused, message: String) -> io::Result<()> {
    wire::write_message(stream, &Reply::Refused { kind, message }).await
}

fn observed(core: &Core) -> Reply {
    Reply::Observed {
        isolation: core.isolation.clone(),
        job: core.job.borrow().clone(),
        log_end: core.log_end(),
    }
}

async fn watch(core: &Core, stream: UnixStream) -> io::Result<()> {
    let mut changed = core.changed.subscribe();
    let (mut from, mut to) = stream.into_split();
    let tell = async {
        let mut pause = FIRST_PAUSE;
        loop {
            changed.mark_unchanged();
            let reply = observed(core);
            tokio::time::timeout(PATIENCE, wire::write_message(&mut to, &reply)).await??;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
            if let Ok(changed) = tokio::time::timeout(QUIET, changed.changed()).await {
                changed.map_err(io::Error::other)?;
            } else {
                pause = FIRST_PAUSE;
                changed.changed().await.map_err(io::Error::other)?;
            }
        }
    };
    tokio::select! {
        told = tell => told,
        // Nothing comes from there but the end.
        _ = wire::read_frame(&mut from) => Ok(()),
    }
}

/// Opens a terminal with an interactive shell. It is not a login shell: the machine's `/etc/profile` would put its own
/// `PATH` in place of the environment's.
async fn open_terminal(core: &Rc<Core>, id: TerminalId, size: TerminalSize) -> Result<(), (Refused, String)> {
    if core.terminal(id).is_some() {
        return Ok(());
    }
    let Some(running) = core.running() else { return Err((Refused::NotReady, NOT_RUNNING.to_owned())) };
    make_room(core)?;
    let failed = |error: io::Error| (Refused::Permanent, format!("no terminal can be opened: {error}"));
    let (terminal, slave) = Terminal::open(id, size, core.clock.now()).map_err(failed)?;
    // Known before it is started: whoever asks for it meanwhile gets this one.
    core.terminals.borrow_mut().push((id, Rc::clone(&terminal)));
    let started = async {
        let mut env = running.env.clone();
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")] {
            env.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        let descriptors = vec![(slave.try_clone()?, 1), (slave.try_clone()?, 2), (slave, 0)];
        let cwd = running.places.start.clone();
        let argv = vec![running.shell.clone(), "-i".to_owned()];
        running.sandbox.start(Program { argv, env, cwd, terminal: true, descriptors }).await
    };
    match started.await {
        Ok((_, exited)) => {
            tokio::task::spawn_local(terminal.pump(async { exited.await.unwrap_or(-1) }));
            Ok(())
        }
        Err(error) => {
            core.terminals.borrow_mut().retain(|(other, _)| *other != id);
            Err(failed(error))
        }
    }
}

/// Connects to a port of the environment; bytes as they are follow the answer, both ways.
async fn dial(port: u16, mut stream: UnixStream) -> io::Result<()> {
    let mut refused = None;
    for host in ["127.0.0.1", "::1"] {
        match tokio::time::timeout(PATIENCE, TcpStream::connect((host, port))).await {
            Ok(Ok(to)) => {
                // What is typed on one end should be seen on the other.
                let _ = to.set_nodelay(true);
                wire::write_message(&mut stream, &Reply::Done).await?;
                relay(stream, to).await;
                return Ok(());
            }
            Ok(Err(error)) => refused = refused.or(Some(error.to_string())),
            Err(_) => refused = refused.or(Some("no answer".to_owned())),
        }
    }
    let why = refused.map_or_else(String::new, |error| format!(" ({error})"));
    refuse(&mut stream, Refused::NotReady, format!("nothing listens on port {port}{why}")).await
}

fn make_room(core: &Core) -> Result<(), (Refused, String)> {
    let mut terminals = core.terminals.borrow_mut();
    if terminals.len() < TERMINALS {
        return Ok(());
    }
    let Some(ended) = terminals.iter().position(|(_, terminal)| terminal.info().exit_code.is_some()) else {
        let message = format!("there are {TERMINALS} terminals already: close one first");
        return Err((Refused::NotReady, message));
    };
    terminals.remove(ended);
    Ok(())
}

async fn attach(terminal: &Rc<Terminal>, after: Option<u64>, stream: UnixStream) -> io::Result<()> {
    let mut reader = terminal.attach(after);
    let (mut from, mut to) = stream.into_split();
    wire::write_message(&mut to, &Reply::Attached { offset: reader.at(), seen: reader.seen() }).await?;
    let keys = async {
        while let Some(frame) = wire::read_frame(&mut from).await? {
            match frame.kind {
                // A shell that has ended takes no keys, and needs none.
                Kind::Bytes => drop(terminal.write(&frame.payload).await),
                _ => {
                    if let Control::Resize { size } = frame.message()? {
                        terminal.resize(size);
                    }
                }
            }
        }
        Ok(())
    };
    tokio::select! {
        sent = show(&mut reader, &mut to) => sent,
        read = keys => read,
    }
}

async fn show(reader: &mut Reader, to: &mut tokio::net::unix::OwnedWriteHalf) -> io::Result<()> {
    loop {
        match reader.next().await {
            Next::Bytes(bytes) => {
                tokio::time::timeout(PATIENCE, wire::write_frame(to, Kind::Bytes, &bytes)).await??;
                reader.advance(bytes.len());
            }
            Next::Exited(code) => return wire::write_message(to, &Reply::Exited { code }).await,
            Next::Lost => return Ok(()),
        }
    }
}
