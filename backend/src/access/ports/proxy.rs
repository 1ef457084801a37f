//! A request and its answer, passed on as they come: nothing is gathered, in neither direction.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, Uri, Version, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::{
    body::Incoming,
    client::conn::http1,
    upgrade::{self, OnUpgrade},
};
use hyper_util::rt::TokioIo;
use tokio::{io::copy_bidirectional, time::timeout};

use crate::provider::{ByteStream, Environment, ProviderError};

/// How long it may take until a port of the environment answers that somebody listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of an answer is taken in before it is passed on; its head has to fit, bytes.
const BUFFER: usize = 128 * 1024;

/// Resolves when nobody may look any more.
pub(super) type Over = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Nothing listens.
    Nobody,
    /// The environment cannot be reached, in words.
    Unreachable(String),
    /// What listens does not speak HTTP, or said nothing; for the log.
    Garbled(String),
    /// Nobody may look any more.
    Over,
}

/// Connects to a port.
///
/// # Errors
/// Why nobody is there.
pub(super) async fn dial(environment: &dyn Environment, port: u16) -> Result<ByteStream, Unanswered> {
    match timeout(PATIENCE, environment.dial(port)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(ProviderError::NotReady(_))) => Err(Unanswered::Nobody),
        Ok(Err(error)) => Err(Unanswered::Unreachable(error.to_string())),
        Err(_) => Err(Unanswered::Unreachable("the environment does not answer".to_owned())),
    }
}

/// Sends a request, whose headers are made for it already, and gives the answer, whose headers are as the program sent them. Where both
/// agree to speak something else from then on, they do. All of it ends with `over`; `kept` is dropped with the last of it.
///
/// # Errors
/// Why there is no answer.
pub(super) async fn pass(
    stream: ByteStream,
    mut request: Request,
    mut over: Over,
    kept: impl Send + 'static,
) -> Result<Response, Unanswered> {
    let garbled = |error: hyper::Error| Unanswered::Garbled(crate::http::chain(&error));
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    *request.version_mut() = Version::HTTP_11;
    let browser = request.extensions_mut().remove::<OnUpgrade>();

    let client = http1::Builder::new().max_buf_size(BUFFER).handshake(TokioIo::new(stream));
    let (mut sender, connection) = client.await.map_err(garbled)?;
    // Ends when both its ends do; an error is told to whoever waits for the answer.
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
    let mut response = tokio::select! {
        response = sender.send_request(request) => response.map_err(garbled)?,
        () = &mut over => return Err(Unanswered::Over),
    };
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let (head, body) = response.into_parts();
        return Ok(Response::from_parts(head, Body::new(Bounded { body, over, _kept: kept })));
    }
    let Some(browser) = browser else {
        return Err(Unanswered::Garbled("it changes the protocol unasked".to_owned()));
    };
    let program = upgrade::on(&mut response);
    tokio::spawn(async move {
        let talk = async {
            let (Ok(browser), Ok(program)) = tokio::join!(browser, program) else { return };
            // Each ends by itself; one that breaks takes the other with it.
            let _ = copy_bidirectional(&mut TokioIo::new(browser), &mut TokioIo::new(program)).await;
        };
        tokio::select! {
            () = talk => {}
            () = over => {}
        }
        drop(kept);
    });
    let (head, _) = response.into_parts();
    let mut answer = StatusCode::SWITCHING_PROTOCOLS.into_response();
    *answer.headers_mut() = head.headers;
    answer.headers_mut().entry("connection").or_insert(HeaderValue::from_static("upgrade"));
    Ok(answer)
}

/// An answer that breaks off when nobody may look any more.
struct Bounded<T> {
    body: Incoming,
    over: Over,
    _kept: T,
}

/// Nothing in it is pinned but what is in a box or can be moved.
impl<T> Unpin for Bounded<T> {}

impl<T> HttpBody for Bounded<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.over.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new("nobody may look any more"))));
        }
        Pin::new(&mut self.body).poll_frame(cx).map_err(axum::Error::new)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
