//! Talks to a supervisor.

use std::{io, time::Duration};

use super::Reach;
use crate::{
    provider::{ByteStream, ProviderError},
    supervisor::wire::{self, Hello, Refused, Reply, Request},
};

/// How long a supervisor may take to answer: it does so at once, on a machine that may be very busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads what a supervisor says first.
///
/// # Errors
/// When there is none, or it speaks another protocol.
async fn greet(stream: &mut ByteStream) -> Result<(), ProviderError> {
    let hello: Hello = match wire::read_frame(stream).await.map_err(unreachable)? {
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
    Ok(())
}

/// Asks for something and gives the stream back with the first answer, for requests that go on.
///
/// # Errors
/// When the supervisor cannot be reached or refuses.
pub(in crate::provider) async fn ask<R: Reach + ?Sized>(
    way: &R,
    request: &Request,
) -> Result<(Reply, ByteStream), ProviderError> {
    let asked = tokio::time::timeout(PATIENCE, answered(way, request)).await;
    match asked {
        Ok(answer) => answer,
        Err(_) => {
            way.silent().await;
            Err(unreachable(io::ErrorKind::TimedOut.into()))
        }
    }
}

async fn answered<R: Reach + ?Sized>(
    way: &R,
    request: &Request,
) -> Result<(Reply, ByteStream), ProviderError> {
    let mut stream = way.connect().await?;
    greet(&mut stream).await?;
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
pub(in crate::provider) fn unexpected(reply: &Reply) -> ProviderError {
    ProviderError::Permanent {
        message: format!("the supervisor gave an unexpected answer: {reply:?}"),
        source: None,
    }
}

pub(in crate::provider) fn unreachable(error: io::Error) -> ProviderError {
    ProviderError::Temporary {
        message: "the environment's supervisor does not answer".to_owned(),
        source: Some(Box::new(error)),
    }
}
