//! Why a command that talks to a server did not do what it was asked, and the exit status for it.

use std::{io, process::ExitCode};

use super::client::ClientError;

/// Why not.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot read the answer from the terminal")]
    Read(#[source] io::Error),
    #[error("cannot write the answer")]
    Write(#[from] io::Error),
    /// The answer is no.
    #[error("{0}")]
    No(String),
    /// It was asked for in the wrong way.
    #[error("{0}")]
    Usage(String),
    /// All has been said already.
    #[error("exit status {0}")]
    Said(u8),
}

impl Failure {
    /// 1 the answer is no, 2 wrong usage, 3 the server cannot be reached.
    fn status(&self) -> u8 {
        match self {
            Self::Client(error) => error.status(),
            Self::Usage(_) => 2,
            Self::Said(status) => *status,
            _ => 1,
        }
    }
}

/// Runs a command on a runtime of its own, says why it failed, and gives its exit status.
pub(super) fn finish(work: impl Future<Output = Result<(), Failure>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Failure::Runtime).and_then(|runtime| runtime.block_on(work)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the result has seen enough.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            if !matches!(error, Failure::Said(_)) {
                super::complain(&error);
            }
            ExitCode::from(error.status())
        }
    }
}
