//! Programs without a terminal.

use std::{io, os::fd::OwnedFd};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixStream,
        unix::pipe::{Receiver, Sender},
    },
    sync::mpsc,
};

use super::{
    core::Running,
    sandbox::Program,
    wire::{self, Control, Kind, Refused, Reply},
};
use crate::provider::ExecSpec;

/// Runs a program and passes its bytes on, until it ends. A client that hangs up closes its input and no longer gets
/// its output, which then ends a program that goes on writing.
pub(super) async fn serve(running: Running, spec: ExecSpec, mut stream: UnixStream) -> io::Result<()> {
    let (input, stdin) = pipe_in()?;
    let (stdout, stdout_end) = pipe_out()?;
    let (stderr, stderr_end) = pipe_out()?;
    let mut env = running.env.clone();
    env.extend(spec.env);
    let program = Program {
        argv: spec.argv,
        env,
        cwd: spec.cwd.map_or_else(|| running.places.workflow.clone(), Into::into),
        terminal: false,
        descriptors: vec![(stdin, 0), (stdout_end, 1), (stderr_end, 2)],
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
    let (mut from, mut to) = stream.into_split();
    let feed = tokio::task::spawn_local(async move {
        let mut input = Some(input);
        while let Ok(Some(frame)) = wire::read_frame(&mut from).await {
            match frame.kind {
                Kind::Bytes => {
                    if let Some(pipe) = input.as_mut()
                        && pipe.write_all(&frame.payload).await.is_err()
                    {
                        input = None;
                    }
                }
                _ => {
                    if let Ok(Control::CloseInput) = frame.message() {
                        input = None;
                    }
                }
            }
        }
    });
    let (frames, mut next) = mpsc::channel(4);
    let readers = [(stdout, Kind::Bytes), (stderr, Kind::Errors)]
        .map(|(pipe, kind)| tokio::task::spawn_local(copy(pipe, kind, frames.clone())));
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

async fn copy(mut pipe: Receiver, kind: Kind, to: mpsc::Sender<(Kind, Vec<u8>)>) {
    let mut buffer = vec![0; 32 * 1024];
    while let Ok(n @ 1..) = pipe.read(&mut buffer).await {
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
