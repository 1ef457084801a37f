//! The control socket: what a server, or `berth attach`, and a supervisor say to each other.
//!
//! Frames both ways: length of the payload (4 bytes, big-endian), kind (1 byte), payload. The supervisor begins with
//! [`Hello`]; the client asks one [`Request`] a connection and reads [`Reply`]s. Bytes of terminals and programs
//! travel as frames of their own kind.

use std::io;

use berth_shared::api::{
    Isolation, JobId, LogChunk, TerminalId, TerminalInfo, TerminalSize, Usage, UsageHistory, UsageSpan,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::spec::{ExecSpec, JobObservation, JobSpec};

/// The version of what is said here. A change that an older peer would misread raises it.
pub const PROTOCOL: u32 = 1;

/// The longest payload of a frame, bytes.
const FRAME_LIMIT: usize = 16 << 20;

/// The supervisor's first frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Its [`PROTOCOL`].
    pub protocol: u32,
    /// Version of the program.
    pub version: String,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// How things stand.
    Observe,
    /// How things stand, now and after each change, until the client hangs up.
    Watch,
    /// Begins the job.
    Start {
        /// The job.
        job: Box<JobSpec>,
    },
    /// Begins the job, which has code: a supervisor that knows of none must not begin it without.
    StartWithCode {
        /// The job.
        job: Box<JobSpec>,
    },
    /// Begins the job, which has code that goes to places of its own, or is of a commit of its own: a supervisor that knows of neither
    /// must not put it where it knows.
    StartWithPlacedCode {
        /// The job.
        job: Box<JobSpec>,
    },
    /// Brings the archive that the job waits for; after the answer [`Kind::Bytes`], then [`Control::CloseInput`], and at
    /// the end [`Reply::Exited`].
    Code {
        /// The job.
        job_id: JobId,
    },
    /// Ends the job.
    Stop {
        /// Seconds between asking and killing.
        grace_seconds: u32,
    },
    /// Ends everything, the supervisor too.
    Terminate,
    /// What is in use.
    Stats,
    /// What was in use.
    UsageHistory {
        /// How far back.
        span: UsageSpan,
    },
    /// Opens a terminal.
    OpenTerminal {
        /// Its identifier.
        id: TerminalId,
        /// Its size.
        size: TerminalSize,
    },
    /// Which terminals there are.
    Terminals,
    /// Attaches to a terminal; frames of kind [`Kind::Bytes`] both ways from then on, and [`Control`] from the client.
    Attach {
        /// Which.
        id: TerminalId,
        /// From where on.
        after: Option<u64>,
    },
    /// A piece of the log.
    Logs {
        /// From where on.
        after: u64,
    },
    /// Connects to a port of the environment; after the answer, bytes as they are both ways, without frames.
    Dial {
        /// Which, 1 to 65535.
        port: u16,
    },
    /// Runs a program; [`Kind::Bytes`] is its input and output, [`Kind::Errors`] its standard error.
    Exec {
        /// Which.
        spec: ExecSpec,
    },
}

/// What a client says on a connection that carries bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Control {
    /// The terminal is shown in another size.
    Resize {
        /// The size.
        size: TerminalSize,
    },
    /// No more input.
    CloseInput,
}

/// What a supervisor answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// It is done, or accepted.
    Done,
    /// It is not.
    Refused {
        /// Which kind.
        kind: Refused,
        /// Why, for people.
        message: String,
    },
    /// How things stand.
    Observed {
        /// How the environment is kept apart.
        isolation: Isolation,
        /// The job.
        job: JobObservation,
        /// Grows with each line of the log.
        log_end: u64,
    },
    /// What is in use.
    Stats {
        /// The figures.
        usage: Usage,
    },
    /// What was in use.
    UsageHistory {
        /// The figures.
        history: UsageHistory,
    },
    /// A piece of the log.
    Logs {
        /// It.
        chunk: LogChunk,
    },
    /// The terminals.
    Terminals {
        /// Oldest first.
        terminals: Vec<TerminalInfo>,
    },
    /// Bytes follow.
    Attached {
        /// Number of the first one.
        offset: u64,
        /// Number of the first one that nobody was sent before.
        #[serde(default)]
        seen: u64,
    },
    /// The shell or program has ended; nothing follows.
    Exited {
        /// 0-255, or 128 + signal.
        code: i32,
    },
}

/// Kinds of refusal, as providers have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// There is no such thing.
    NotFound,
    /// Not now.
    NotReady,
    /// It will not work however often it is tried.
    Permanent,
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JSON.
    Message,
    /// Bytes of a terminal, of standard input or of standard output.
    Bytes,
    /// Bytes of standard error.
    Errors,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Message, Self::Bytes, Self::Errors];

    fn byte(self) -> u8 {
        match self {
            Self::Message => 0,
            Self::Bytes => 1,
            Self::Errors => 2,
        }
    }
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it holds.
    pub kind: Kind,
    /// It.
    pub payload: Vec<u8>,
}

impl Frame {
    /// Its message.
    ///
    /// # Errors
    /// When it holds bytes or another message.
    pub fn message<T: DeserializeOwned>(&self) -> io::Result<T> {
        if self.kind != Kind::Message {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "bytes where a message was expected"));
        }
        Ok(serde_json::from_slice(&self.payload)?)
    }
}

/// Reads a frame; `None` when the peer hung up between two frames.
///
/// # Errors
/// When the connection breaks, or the peer speaks something else.
pub async fn read_frame(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
    let mut head = [0; 5];
    match from.read_exact(&mut head[..1]).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    };
    from.read_exact(&mut head[1..]).await?;
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let kind = Kind::ALL.into_iter().find(|kind| kind.byte() == head[4]);
    let (Some(kind), true) = (kind, length <= FRAME_LIMIT) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no frame of the control protocol"));
    };
    let mut payload = vec![0; length];
    from.read_exact(&mut payload).await?;
    Ok(Some(Frame { kind, payload }))
}

/// Writes a frame.
///
/// # Errors
/// When the connection breaks, or the payload is above 16 MiB.
pub async fn write_frame(to: &mut (impl AsyncWrite + Unpin), kind: Kind, payload: &[u8]) -> io::Result<()> {
    if payload.len() > FRAME_LIMIT {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too long for one frame"));
    }
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(payload.len() + 5);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.push(kind.byte());
    bytes.extend_from_slice(payload);
    to.write_all(&bytes).await
}

/// Writes a message.
///
/// # Errors
/// When the connection breaks.
pub async fn write_message(to: &mut (impl AsyncWrite + Unpin), message: &impl Serialize) -> io::Result<()> {
    write_frame(to, Kind::Message, &serde_json::to_vec(message)?).await
}
