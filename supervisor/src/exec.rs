//! Programs without a terminal.

use std::{io, iter, os::fd::OwnedFd, rc::Rc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixStream,
        unix::{
            OwnedReadHalf,
            pipe::{Receiver, Sender},
        },
    },
    sync::mpsc,
    task::JoinHandle,
};

use super::{
    pty::Pty,
    sandbox::Program,
    supervise::Running,
    wire::{self, Control, Kind, Refused, Reply},
};
use crate::spec::{ExecSpec, Via};

/// Runs a program and passes its bytes on, until it ends. A client that hangs up closes its input and no longer gets
/// its output, which then ends a program that goes on writing; one with a terminal is hung up.
pub(super) async fn serve(running: Running, spec: ExecSpec, mut stream: UnixStream) -> io::Result<()> {
    let terminal = spec.terminal;
    let (input, mut outputs, descriptors) = match terminal {
        None => {
            let (input, stdin) = pipe_in()?;
            let (stdout, stdout_end) = pipe_out()?;
            let (stderr, stderr_end) = pipe_out()?;
            let outputs = vec![(Output::Pipe(stdout), Kind::Bytes), (Output::Pipe(stderr), Kind::Errors)];
            (Input::Pipe(input), outputs, vec![(stdin, 0), (stdout_end, 1), (stderr_end, 2)])
        }
        Some(size) => {
            let (pty, slave) = Pty::open(size)?;
            let pty = Rc::new(pty);
            let ends = vec![(slave.try_clone()?, 1), (slave.try_clone()?, 2), (slave, 0)];
            (Input::Terminal(Rc::clone(&pty)), vec![(Output::Terminal(pty), Kind::Bytes)], ends)
        }
    };
    let mut env = running.env.clone();
    env.extend(spec.env);
    let program = Program {
        argv: match spec.via {
            Via::Itself => spec.argv,
            Via::Shell => shell(&running.shell, spec.argv.into_iter().next()),
            Via::Supervisor => iter::once(OWN_PROGRAM.to_owned()).chain(spec.argv).collect(),
        },
        env,
        cwd: match spec.cwd {
            Some(home) if home == "~" => running.places.home.clone(),
            Some(folder) => folder.into(),
            None => running.places.start.clone(),
        },
        terminal: terminal.is_some(),
        descriptors,
    };
    let exited = match running.sandbox.start(program).await {
        Ok((_, exited)) => exited,
        Err(error) => {
            let message = format!("the program could not be started: {error}");
            return wire::write_message(&mut stream, &Reply::Refused { kind: Refused::Permanent, message })
                .await;
        }
    };
    wire::write_message(&mut stream, &Reply::Done).await?;
    let (from, mut to) = stream.into_split();
    let mut feed = tokio::task::spawn_local(feed(from, input));
    let (frames, mut next) = mpsc::channel(4);
    let readers: Vec<_> = outputs
        .drain(..)
        .map(|(output, kind)| tokio::task::spawn_local(copy(output, kind, frames.clone())))
        .collect();
    drop(frames);
    let mut exited = std::pin::pin!(exited);
    // What the program left running may hold the pipes open, so its own end counts, and what it wrote until then.
    let code = loop {
        tokio::select! {
            biased;
            frame = next.recv() => match frame {
                Some((kind, bytes)) => wire::write_frame(&mut to, kind, &bytes).await?,
                None => break exited.await.unwrap_or(-1),
            },
            code = &mut exited => break code.unwrap_or(-1),
            // Also one that says nothing is hung up: by the kernel, when nobody holds our end of its terminal any more.
            _ = &mut feed, if terminal.is_some() => {
                readers.iter().for_each(JoinHandle::abort);
                return Ok(());
            }
        }
    };
    let grace = std::time::Duration::from_millis(50);
    while let Ok(Some((kind, bytes))) = tokio::time::timeout(grace, next.recv()).await {
        wire::write_frame(&mut to, kind, &bytes).await?;
    }
    for reader in readers {
        reader.abort();
    }
    feed.abort();
    wire::write_message(&mut to, &Reply::Exited { code }).await
}

/// The supervisor's own program as its children see it, whatever the sandbox hides.
pub(super) const OWN_PROGRAM: &str = "/proc/self/exe";

/// A command for the user's shell; the shell itself where there is none. It is not a login shell: `/etc/profile` would put
/// its own `PATH` in place of the environment's.
fn shell(shell: &str, command: Option<String>) -> Vec<String> {
    match command {
        Some(command) => vec![shell.to_owned(), "-c".to_owned(), command],
        None => vec![shell.to_owned()],
    }
}

/// What a program reads from.
enum Input {
    Pipe(Sender),
    Terminal(Rc<Pty>),
}

/// What a program writes to.
enum Output {
    Pipe(Receiver),
    Terminal(Rc<Pty>),
}

/// Passes on what a client types, until it hangs up.
async fn feed(mut from: OwnedReadHalf, input: Input) {
    let mut input = Some(input);
    while let Ok(Some(frame)) = wire::read_frame(&mut from).await {
        if frame.kind == Kind::Bytes {
            let written = match input.as_mut() {
                Some(Input::Pipe(pipe)) => pipe.write_all(&frame.payload).await,
                Some(Input::Terminal(pty)) => pty.write(&frame.payload).await,
                None => Ok(()),
            };
            if written.is_err() {
                input = None;
            }
            continue;
        }
        match (frame.message(), &input) {
            // A terminal has no end of its input but a key.
            (Ok(Control::CloseInput), Some(Input::Pipe(_))) => input = None,
            (Ok(Control::Resize { size }), Some(Input::Terminal(pty))) => pty.resize(size),
            _ => {}
        }
    }
}

async fn copy(mut from: Output, kind: Kind, to: mpsc::Sender<(Kind, Vec<u8>)>) {
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let read = match &mut from {
            Output::Pipe(pipe) => pipe.read(&mut buffer).await,
            Output::Terminal(pty) => pty.read(&mut buffer).await,
        };
        let Ok(n @ 1..) = read else { return };
        if to.send((kind, buffer[..n].to_vec())).await.is_err() {
            return;
        }
    }
}

fn pipe_in() -> io::Result<(Sender, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((Sender::from_owned_fd(writer.into())?, reader.into()))
}

fn pipe_out() -> io::Result<(Receiver, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((Receiver::from_owned_fd(reader.into())?, writer.into()))
}
