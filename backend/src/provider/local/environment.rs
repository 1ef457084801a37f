//! The environment of a local instance, through its supervisor.

use async_trait::async_trait;
use berth_shared::api::{LogChunk, TerminalId, TerminalInfo, TerminalSize, Usage};
use tokio::{
    io::{AsyncReadExt, DuplexStream},
    net::{
        TcpStream, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
};

use super::client;
use crate::{
    logs,
    provider::{
        Attached, ByteStream, Environment, Exec, ExecOutput, ExecSpec, JobObservation, JobSpec,
        ProviderError, TerminalInput, TerminalOutput,
    },
    supervisor::{
        InstanceDir,
        wire::{self, Control, Kind, Reply, Request},
    },
};

/// Frames that wait for whoever reads them.
const QUEUE: usize = 8;

/// The environment of the instance in a folder. Holds nothing: each call connects anew, so it outlives supervisors
/// and servers alike.
#[derive(Clone, Debug)]
pub struct LocalEnvironment {
    dir: InstanceDir,
}

impl LocalEnvironment {
    /// Of the instance in `dir`.
    #[must_use]
    pub fn new(dir: InstanceDir) -> Self {
        Self { dir }
    }

    async fn accepted(&self, request: &Request) -> Result<(), ProviderError> {
        match client::ask(&self.dir, request).await?.0 {
            Reply::Done => Ok(()),
            other => Err(client::unexpected(&other)),
        }
    }
}

#[async_trait]
impl Environment for LocalEnvironment {
    async fn start(&self, job: &JobSpec) -> Result<(), ProviderError> {
        self.accepted(&Request::Start { job: Box::new(job.clone()) }).await
    }

    async fn observe(&self) -> Result<JobObservation, ProviderError> {
        match client::ask(&self.dir, &Request::Observe).await?.0 {
            Reply::Observed { job, .. } => Ok(job),
            other => Err(client::unexpected(&other)),
        }
    }

    async fn stop(&self, grace_seconds: u32) -> Result<(), ProviderError> {
        self.accepted(&Request::Stop { grace_seconds }).await
    }

    /// Reads the files themselves, so it works without a supervisor too.
    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError> {
        let dir = self.dir.logs();
        let read = tokio::task::spawn_blocking(move || logs::read(&dir, after, logs::CHUNK_BYTES)).await;
        read.map_err(std::io::Error::other).flatten().map_err(|error| ProviderError::Temporary {
            message: "the log cannot be read".to_owned(),
            source: Some(Box::new(error)),
        })
    }

    async fn stats(&self) -> Result<Usage, ProviderError> {
        match client::ask(&self.dir, &Request::Stats).await?.0 {
            Reply::Stats { usage } => Ok(usage),
            other => Err(client::unexpected(&other)),
        }
    }

    async fn exec(&self, spec: &ExecSpec) -> Result<Exec, ProviderError> {
        let (reply, stream) = client::ask(&self.dir, &Request::Exec { spec: spec.clone() }).await?;
        if reply != Reply::Done {
            return Err(client::unexpected(&reply));
        }
        let (stdin, fed) = tokio::io::duplex(64 * 1024);
        let (to, output) = mpsc::channel(QUEUE);
        tokio::spawn(exec(stream, fed, to));
        Ok(Exec { stdin: Box::pin(stdin), output })
    }

    /// The network is the machine's, so this reaches whatever listens on its loopback interface.
    async fn dial(&self, port: u16) -> Result<ByteStream, ProviderError> {
        let mut refused = None;
        for host in ["127.0.0.1", "::1"] {
            match TcpStream::connect((host, port)).await {
                Ok(stream) => return Ok(Box::pin(stream)),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        let why = refused.map_or_else(String::new, |error| format!(" ({error})"));
        Err(ProviderError::NotReady(format!("nothing listens on port {port}{why}")))
    }

    async fn open_terminal(&self, id: TerminalId, size: TerminalSize) -> Result<(), ProviderError> {
        self.accepted(&Request::OpenTerminal { id, size }).await
    }

    async fn terminals(&self) -> Result<Vec<TerminalInfo>, ProviderError> {
        match client::ask(&self.dir, &Request::Terminals).await?.0 {
            Reply::Terminals { terminals } => Ok(terminals),
            other => Err(client::unexpected(&other)),
        }
    }

    /// The output closes without [`TerminalOutput::Exited`] when the supervisor goes away, or gives up a reader who did
    /// not follow: attach again with the number of the next byte.
    async fn attach_terminal(&self, id: TerminalId, after: Option<u64>) -> Result<Attached, ProviderError> {
        let (reply, stream) = client::ask(&self.dir, &Request::Attach { id, after }).await?;
        let Reply::Attached { offset } = reply else { return Err(client::unexpected(&reply)) };
        let (to, output) = mpsc::channel(QUEUE);
        let (input, keys) = mpsc::channel(QUEUE);
        terminal(stream, to, keys);
        Ok(Attached { offset, output, input })
    }
}

/// Two tasks, so that keys which were typed before one detached still arrive.
fn terminal(stream: UnixStream, to: mpsc::Sender<TerminalOutput>, mut keys: mpsc::Receiver<TerminalInput>) {
    let (mut from, mut writer) = stream.into_split();
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

async fn exec(stream: UnixStream, fed: DuplexStream, to: mpsc::Sender<ExecOutput>) {
    let (mut from, writer) = stream.into_split();
    let output = async {
        while let Some(output) = next_output(&mut from).await {
            let last = matches!(output, ExecOutput::Exited(_));
            if to.send(output).await.is_err() || last {
                return;
            }
        }
    };
    let input = async {
        feed(fed, writer).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = output => {}
        () = input => {}
        () = to.closed() => {}
    }
}

async fn next_output(from: &mut OwnedReadHalf) -> Option<ExecOutput> {
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

/// Passes input on, and its end.
async fn feed(mut fed: DuplexStream, mut to: OwnedWriteHalf) {
    let mut buffer = vec![0; 32 * 1024];
    while let Ok(n @ 1..) = fed.read(&mut buffer).await {
        if wire::write_frame(&mut to, Kind::Bytes, &buffer[..n]).await.is_err() {
            return;
        }
    }
    let _ = wire::write_message(&mut to, &Control::CloseInput).await;
    // The connection stays: output is still to come. Keep its writing half until the other side is done.
    std::future::pending::<()>().await;
}
