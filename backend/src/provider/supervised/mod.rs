//! The environment of an instance that a supervisor stands over (see [`crate::supervisor`]), wherever that is: all that
//! differs is the way to it.

pub(super) mod client;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use berth_shared::api::{
    JobId, LogChunk, TerminalId, TerminalInfo, TerminalSize, Usage, UsageHistory, UsageSpan,
};
use futures_util::StreamExt as _;
use tokio::{
    io::{AsyncReadExt, DuplexStream, ReadHalf, WriteHalf},
    sync::mpsc,
};

use super::{
    Attached, ByteStream, CodeStream, Environment, Exec, ExecOutput, ExecSpec, JobObservation, JobSpec,
    ProviderError, TerminalInput, TerminalOutput,
};
use crate::supervisor::wire::{self, Control, Kind, Reply, Request};

/// How long the answer may take of a supervisor that takes no more.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Frames that wait for whoever reads them.
const QUEUE: usize = 8;

/// The way to a supervisor.
#[async_trait]
pub trait Reach: Send + Sync {
    /// A new connection to its control socket.
    ///
    /// # Errors
    /// When it cannot be reached.
    async fn connect(&self) -> Result<ByteStream, ProviderError>;

    /// Takes note that a supervisor did not answer in time, so that the next connection is made by other means.
    async fn silent(&self) {}

    /// A piece of the log from `after` on. Where it can be read without the supervisor, it is.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError>;

    /// The job as its supervisor is to have it: of what it asks for, what only this side may decide about is decided.
    ///
    /// # Errors
    /// When it may not have what it asks for, or it cannot be decided now.
    async fn admit(&self, job: &JobSpec) -> Result<JobSpec, ProviderError> {
        Ok(job.clone())
    }

    /// Connects to a port of the environment.
    ///
    /// # Errors
    /// When nothing listens there.
    async fn dial(&self, port: u16) -> Result<ByteStream, ProviderError>;
}

/// An environment with a supervisor. Holds nothing but the way: each call connects anew, so it outlives supervisors and
/// servers alike.
#[derive(Clone)]
pub struct Supervised<R> {
    way: Arc<R>,
}

impl<R: Reach> Supervised<R> {
    /// At the end of this way.
    #[must_use]
    pub fn new(way: R) -> Self {
        Self { way: Arc::new(way) }
    }

    async fn ask(&self, request: &Request) -> Result<(Reply, ByteStream), ProviderError> {
        client::ask(&*self.way, request).await
    }

    async fn accepted(&self, request: &Request) -> Result<(), ProviderError> {
        match self.ask(request).await?.0 {
            Reply::Done => Ok(()),
            other => Err(client::unexpected(&other)),
        }
    }
}

#[async_trait]
impl<R: Reach> Environment for Supervised<R> {
    async fn start(&self, job: &JobSpec) -> Result<(), ProviderError> {
        let spec = Box::new(self.way.admit(job).await?);
        let request = match &job.code {
            None => Request::Start { job: spec },
            Some(code) if code.is_placed() => Request::StartWithPlacedCode { job: spec },
            Some(_) => Request::StartWithCode { job: spec },
        };
        self.accepted(&request).await
    }

    async fn observe(&self) -> Result<JobObservation, ProviderError> {
        match self.ask(&Request::Observe).await?.0 {
            Reply::Observed { job, .. } => Ok(job),
            other => Err(client::unexpected(&other)),
        }
    }

    async fn deliver(&self, job: JobId, code: CodeStream) -> Result<(), ProviderError> {
        let (reply, stream) = self.ask(&Request::Code { job_id: job }).await?;
        match reply {
            Reply::Done => bring(stream, code).await,
            // It could not even begin, and says so of itself.
            Reply::Exited { .. } => Ok(()),
            other => Err(client::unexpected(&other)),
        }
    }

    async fn stop(&self, grace_seconds: u32) -> Result<(), ProviderError> {
        self.accepted(&Request::Stop { grace_seconds }).await
    }

    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError> {
        self.way.logs(after).await
    }

    async fn stats(&self) -> Result<Usage, ProviderError> {
        match self.ask(&Request::Stats).await?.0 {
            Reply::Stats { usage } => Ok(usage),
            other => Err(client::unexpected(&other)),
        }
    }

    async fn usage(&self, span: UsageSpan) -> Result<UsageHistory, ProviderError> {
        match self.ask(&Request::UsageHistory { span }).await?.0 {
            Reply::UsageHistory { history } => Ok(history),
            other => Err(client::unexpected(&other)),
        }
    }

    async fn exec(&self, spec: &ExecSpec) -> Result<Exec, ProviderError> {
        let (reply, stream) = self.ask(&Request::Exec { spec: spec.clone() }).await?;
        if reply != Reply::Done {
            return Err(client::unexpected(&reply));
        }
        let (stdin, fed) = tokio::io::duplex(64 * 1024);
        let (to, output) = mpsc::channel(QUEUE);
        let (resize, sizes) = mpsc::channel(QUEUE);
        tokio::spawn(exec(stream, fed, sizes, to));
        Ok(Exec { stdin: Box::pin(stdin), output, resize })
    }

    async fn dial(&self, port: u16) -> Result<ByteStream, ProviderError> {
        self.way.dial(port).await
    }

    async fn open_terminal(&self, id: TerminalId, size: TerminalSize) -> Result<(), ProviderError> {
        self.accepted(&Request::OpenTerminal { id, size }).await
    }

    async fn terminals(&self) -> Result<Vec<TerminalInfo>, ProviderError> {
        match self.ask(&Request::Terminals).await?.0 {
            Reply::Terminals { terminals } => Ok(terminals),
            other => Err(client::unexpected(&other)),
        }
    }

    /// The output closes without [`TerminalOutput::Exited`] when the supervisor goes away, or gives up a reader who did
    /// not follow: attach again with the number of the next byte.
    async fn attach_terminal(&self, id: TerminalId, after: Option<u64>) -> Result<Attached, ProviderError> {
        let (reply, stream) = self.ask(&Request::Attach { id, after }).await?;
        let Reply::Attached { offset, seen } = reply else { return Err(client::unexpected(&reply)) };
        let (to, output) = mpsc::channel(QUEUE);
        let (input, keys) = mpsc::channel(QUEUE);
        terminal(stream, to, keys);
        Ok(Attached { offset, seen, output, input })
    }
}

/// Sends an archive, until it is unpacked.
async fn bring(stream: ByteStream, mut code: CodeStream) -> Result<(), ProviderError> {
    let (mut from, mut to) = tokio::io::split(stream);
    let send = async {
        while let Some(piece) = code.next().await {
            let piece = piece.map_err(|error| ProviderError::Temporary {
                message: format!("the code cannot be read: {error}"),
                source: Some(Box::new(error)),
            })?;
            wire::write_frame(&mut to, Kind::Bytes, &piece).await.map_err(client::unreachable)?;
        }
        wire::write_message(&mut to, &Control::CloseInput).await.map_err(client::unreachable)?;
        std::future::pending::<Result<(), ProviderError>>().await
    };
    let answer = async {
        let broken = || client::unreachable(std::io::ErrorKind::UnexpectedEof.into());
        let frame = wire::read_frame(&mut from).await.map_err(client::unreachable)?.ok_or_else(broken)?;
        match frame.message().map_err(client::unreachable)? {
            Reply::Exited { .. } => Ok(()),
            other => Err(client::unexpected(&other)),
        }
    };
    let (mut send, mut answer) = (std::pin::pin!(send), std::pin::pin!(answer));
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // What was said last may still be on its way.
        Err(error) = &mut send => match tokio::time::timeout(LAST_WORDS, answer).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(error),
        },
    }
}

/// Two tasks, so that keys which were typed before one detached still arrive.
fn terminal(stream: ByteStream, to: mpsc::Sender<TerminalOutput>, mut keys: mpsc::Receiver<TerminalInput>) {
    let (mut from, mut writer) = tokio::io::split(stream);
    let detached = to.clone();
    tokio::spawn(async move {
        while let Ok(Some(frame)) = wire::read_frame(&mut from).await {
            let output = if frame.kind == Kind::Bytes {
                TerminalOutput::Bytes(frame.payload)
            } else if let Ok(Reply::Exited { code }) = frame.message() {
                TerminalOutput::Exited(code)
            } else {
                return;
            };
            let last = matches!(output, TerminalOutput::Exited(_));
            if to.send(output).await.is_err() || last {
                return;
            }
        }
    });
    let detached = detached.downgrade();
    tokio::spawn(async move {
        while let Some(input) = keys.recv().await {
            let written = match input {
                TerminalInput::Bytes(bytes) => wire::write_frame(&mut writer, Kind::Bytes, &bytes).await,
                TerminalInput::Resize(size) => {
                    wire::write_message(&mut writer, &Control::Resize { size }).await
                }
            };
            if written.is_err() {
                return;
            }
        }
        // Who types no more may still be reading; hanging up would end that.
        if let Some(reading) = detached.upgrade() {
            reading.closed().await;
        }
    });
}

async fn exec(
    stream: ByteStream,
    fed: DuplexStream,
    sizes: mpsc::Receiver<TerminalSize>,
    to: mpsc::Sender<ExecOutput>,
) {
    let (mut from, writer) = tokio::io::split(stream);
    let output = async {
        while let Some(output) = next_output(&mut from).await {
            let last = matches!(output, ExecOutput::Exited(_));
            if to.send(output).await.is_err() || last {
                return;
            }
        }
    };
    let input = async {
        feed(fed, sizes, writer).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = output => {}
        () = input => {}
        () = to.closed() => {}
    }
}

async fn next_output(from: &mut ReadHalf<ByteStream>) -> Option<ExecOutput> {
    let frame = wire::read_frame(from).await.ok()??;
    Some(match frame.kind {
        Kind::Bytes => ExecOutput::Stdout(frame.payload),
        Kind::Errors => ExecOutput::Stderr(frame.payload),
        Kind::Message => match frame.message().ok()? {
            Reply::Exited { code } => ExecOutput::Exited(code),
            _ => return None,
        },
    })
}

/// Passes input on, and its end, and new sizes of a terminal.
async fn feed(mut fed: DuplexStream, mut sizes: mpsc::Receiver<TerminalSize>, mut to: WriteHalf<ByteStream>) {
    let mut buffer = vec![0; 32 * 1024];
    let (mut typing, mut resizing) = (true, true);
    while typing || resizing {
        let sent = tokio::select! {
            read = fed.read(&mut buffer), if typing => match read {
                Ok(n @ 1..) => wire::write_frame(&mut to, Kind::Bytes, &buffer[..n]).await,
                _ => {
                    typing = false;
                    wire::write_message(&mut to, &Control::CloseInput).await
                }
            },
            size = sizes.recv(), if resizing => match size {
                Some(size) => wire::write_message(&mut to, &Control::Resize { size }).await,
                None => {
                    resizing = false;
                    Ok(())
                }
            },
        };
        if sent.is_err() {
            return;
        }
    }
    // The connection stays: output is still to come. Keep its writing half until the other side is done.
    std::future::pending::<()>().await;
}
