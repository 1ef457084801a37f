//! Talks to a supervisor.

use std::io;

use tokio::net::UnixStream;

use crate::{
    provider::ProviderError,
    supervisor::{
        InstanceDir,
        wire::{self, Hello, Refused, Reply, Request},
    },
};

/// Connects to the supervisor of an instance.
///
/// # Errors
/// When there is none, or it speaks another protocol.
pub(super) async fn connect(dir: &InstanceDir) -> Result<UnixStream, ProviderError> {
    let (_folder, path) = dir.socket().map_err(unreachable)?;
    let mut stream = UnixStream::connect(&path).await.map_err(unreachable)?;
    let hello: Hello = match wire::read_frame(&mut stream).await.map_err(unreachable)? {
        Some(frame) => frame.message().map_err(unreachable)?,
        None => return Err(unreachable(io::ErrorKind::PermissionDenied.into())),
    };
    if hello.protocol != wire::PROTOCOL {
        return Err(ProviderError::Permanent {
            message: format!(
                "the supervisor of this environment is of version {} and speaks protocol {}, this program speaks {}: \
                 stop the run and launch it again, or use a program of that version",
                hello.version,
                hello.protocol,
                wire::PROTOCOL
            ),
            source: None,
        });
    }
    Ok(stream)
}

/// Asks for something and gives the stream back with the first answer, for requests that go on.
///
/// # Errors
/// When the supervisor cannot be reached or refuses.
pub(super) async fn ask(dir: &InstanceDir, request: &Request) -> Result<(Reply, UnixStream), ProviderError> {
    let mut stream = connect(dir).await?;
    wire::write_message(&mut stream, request).await.map_err(unreachable)?;
    let frame = wire::read_frame(&mut stream).await.map_err(unreachable)?;
    let frame = frame.ok_or_else(|| unreachable(io::ErrorKind::UnexpectedEof.into()))?;
    match frame.message().map_err(unreachable)? {
        Reply::Refused { kind, message } => Err(match kind {
            Refused::NotFound => ProviderError::NotFound(message),
            Refused::NotReady => ProviderError::NotReady(message),
            Refused::Permanent => ProviderError::Permanent { message, source: None },
        }),
        reply => Ok((reply, stream)),
    }
}

/// An answer that does not belong to the question.
#[must_use]
pub(super) fn unexpected(reply: &Reply) -> ProviderError {
    ProviderError::Permanent {
        message: format!("the supervisor gave an unexpected answer: {reply:?}"),
        source: None,
    }
}

fn unreachable(error: io::Error) -> ProviderError {
    ProviderError::Temporary {
        message: "the environment's supervisor does not answer".to_owned(),
        source: Some(Box::new(error)),
    }
}
