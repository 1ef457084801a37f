//! What handlers take from a request, refused as problems when it makes no sense.

use axum::{
    body::Body,
    extract::{
        FromRequest, FromRequestParts, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use serde::{Serialize, de::DeserializeOwned};

use super::{App, problem::Failure};
use crate::auth::Caller;

/// The largest body: a configuration may have 256 KiB, and JSON's escapes make it longer.
const MAX_BODY: usize = 768 * 1024;

/// How much of a body that is too large is read and thrown away, so that its sender gets to read the answer
/// instead of a broken connection.
pub(super) const MAX_DISCARDED: usize = 16 * 1024 * 1024;

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let is_json = is_json(request.headers());
        let body = read(request.into_body()).await?;
        if !is_json {
            return Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "the body must be JSON, sent with `Content-Type: application/json`",
            ));
        }
        match axum::Json::from_bytes(&body) {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(explain(&rejection)),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

async fn read(body: Body) -> Result<Vec<u8>, Failure> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| {
            Failure::new(StatusCode::BAD_REQUEST, "unreadable-body", "the body ended before it was complete")
        })?;
        length += piece.len();
        if length <= MAX_BODY {
            bytes.extend_from_slice(&piece);
        } else if length > MAX_DISCARDED {
            break;
        }
    }
    if length > MAX_BODY { Err(too_large()) } else { Ok(bytes) }
}

fn explain(rejection: &JsonRejection) -> Failure {
    let cause =
        std::error::Error::source(rejection).map_or_else(|| rejection.body_text(), ToString::to_string);
    match rejection {
        JsonRejection::JsonDataError(_) => Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong-shape",
            format!("the body does not have the expected shape: {cause}"),
        ),
        _ => {
            Failure::new(StatusCode::BAD_REQUEST, "malformed-json", format!("the body is not JSON: {cause}"))
        }
    }
}

/// The body is larger than [`MAX_BODY`].
fn too_large() -> Failure {
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-large",
        format!(
            "the body is larger than {} KiB; a configuration has at most 256 KiB, so this is probably some \
             other file",
            MAX_BODY / 1024
        ),
    )
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Parts of the address.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Failure))]
pub(crate) struct Path<T>(pub(crate) T);

impl From<PathRejection> for Failure {
    fn from(rejection: PathRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "wrong-address", rejection.body_text())
    }
}

/// Parameters after the `?`.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Failure))]
pub(crate) struct Query<T>(pub(crate) T);

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "wrong-parameter", rejection.body_text())
    }
}

/// The server as the project that is asked has it.
pub(crate) struct Here(pub(crate) App);

impl FromRequestParts<App> for Here {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let caller = parts.extensions.get::<Caller>().ok_or_else(super::session::unauthenticated)?;
        Ok(Self(app.of(&caller.project)))
    }
}

/// Whoever sent the request; `session::authenticate` has put it there.
pub(crate) struct By(pub(crate) Caller);

impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Caller>().cloned().map(Self).ok_or_else(super::session::unauthenticated)
    }
}
