//! Refusals as `application/problem+json` (RFC 9457).

use std::{borrow::Cow, sync::Arc};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use berth_shared::{
    api::{LimitNote, PriceChange, Problem},
    diagnostics::Diagnostic,
    policy::{self, Action, Whose},
};

use crate::{
    auth::{Caller, LoginError, Proof},
    control::{Refused, RefusedKind},
    provider::ProviderError,
    store::StoreError,
};

/// Why a request was refused. [`super::edge`] makes a [`Problem`] of it, with the request's number.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: Cow<'static, str>,
    pub(crate) diagnostics: Box<[Diagnostic]>,
    pub(crate) price: Option<Box<PriceChange>>,
    pub(crate) limits: Box<[LimitNote]>,
    /// Seconds until it is worth another try.
    pub(crate) retry_after: Option<u32>,
    /// For the log alone.
    pub(crate) cause: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            diagnostics: Box::default(),
            price: None,
            limits: Box::default(),
            retry_after: None,
            cause: None,
        }
    }

    /// A fault of ours. The client learns the request's number, the log learns why.
    pub(crate) fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        Self {
            cause: Some(chain(cause)),
            ..Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the server could not do this; its log says why, under this request's number",
            )
        }
    }

    /// The database failed: it cannot be used just now, or it is a fault of ours.
    pub(crate) fn database(error: &StoreError) -> Self {
        match error {
            StoreError::DiskFull | StoreError::Unavailable(_) => Self {
                retry_after: Some(5),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.to_string())
            },
            StoreError::Corrupt { .. } | StoreError::Database(_) => Self::internal(error),
        }
    }

    /// Somebody submits too fast.
    pub(crate) fn too_many_submissions(per_minute: u32, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-submissions",
                format!(
                    "a person may submit {per_minute} runs a minute here; the next is possible in {seconds} s. Whoever runs the \
                     server can allow more with `--submissions-per-minute`"
                ),
            )
        }
    }

    /// It takes too long.
    pub(crate) fn timeout() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "the server did not finish this in 30 seconds; what was asked for may still happen",
        )
    }

    /// The address takes other methods.
    pub(crate) fn wrong_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "wrong-method",
            "this address does not take that method; `/api/docs` lists what it takes",
        )
    }

    /// Somebody may not do this, and may see what it is about.
    pub(crate) fn not_allowed(caller: &Caller, action: Action, whose: Whose) -> Self {
        let by = match caller.proof {
            Proof::ApiToken { is_limited: true, .. } => "; this API token may do what its role allows",
            _ => "",
        };
        let why = policy::refusal(caller.roles().over(action), action, whose);
        Self::new(StatusCode::FORBIDDEN, "not-allowed", format!("{why}{by}"))
    }

    /// The kind in a few words.
    fn title(&self) -> &'static str {
        match self.status {
            StatusCode::UNAUTHORIZED => "not signed in",
            StatusCode::FORBIDDEN
                if matches!(self.code, "wrong-origin" | "origin-missing" | "session-needed") =>
            {
                "not allowed from here"
            }
            StatusCode::FORBIDDEN => "not allowed",
            StatusCode::NOT_FOUND => "not there",
            StatusCode::METHOD_NOT_ALLOWED => "wrong method",
            StatusCode::CONFLICT => "does not fit the present state",
            StatusCode::PAYLOAD_TOO_LARGE => "too large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "wrong content type",
            StatusCode::TOO_MANY_REQUESTS => "too many attempts",
            StatusCode::SERVICE_UNAVAILABLE => "not possible now",
            status if status.is_server_error() => "server error",
            _ => "bad request",
        }
    }

    pub(crate) fn problem(&self, request_id: &str) -> Problem {
        Problem {
            status: self.status.as_u16(),
            code: self.code.into(),
            title: self.title().into(),
            detail: self.detail.clone().into_owned(),
            request_id: request_id.into(),
            diagnostics: self.diagnostics.to_vec(),
            price: self.price.as_deref().cloned(),
            limits: self.limits.to_vec(),
        }
    }

    /// The answer itself.
    pub(crate) fn render(&self, request_id: &str) -> Response {
        let body = serde_json::to_vec(&self.problem(request_id)).unwrap_or_default();
        let mut response =
            (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110, section 11.6.1, asks for a challenge with every 401.
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"berth\""));
        }
        response
    }
}

/// An error with what lies beneath it, on one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let status = match refused.kind {
            RefusedKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            RefusedKind::NotFound => StatusCode::NOT_FOUND,
            RefusedKind::Conflict => StatusCode::CONFLICT,
            RefusedKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            RefusedKind::Internal => {
                return Self::internal(refused.source.as_deref().map_or(&refused, |s| s));
            }
        };
        Self {
            diagnostics: refused.diagnostics.into(),
            price: refused.price,
            limits: refused.limits.into(),
            cause: refused.source.as_deref().map(|source| chain(source)),
            ..Self::new(status, refused.code, refused.message)
        }
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        let code = match &error {
            LoginError::Invalid => "login-token-invalid",
            LoginError::Expired => "login-token-expired",
            LoginError::Used => "login-token-used",
            LoginError::Wrong => {
                return Self::new(
                    StatusCode::UNAUTHORIZED,
                    "login-wrong",
                    format!("{error}; an admin makes a new link for whoever has forgotten theirs"),
                );
            }
            LoginError::Busy => {
                return Self {
                    retry_after: Some(1),
                    ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string())
                };
            }
            LoginError::TooMany { wait_seconds, .. } => {
                return Self {
                    retry_after: Some(*wait_seconds),
                    ..Self::new(
                        StatusCode::TOO_MANY_REQUESTS,
                        "too-many-attempts",
                        format!("{error}; the next try is possible in {wait_seconds} s"),
                    )
                };
            }
            LoginError::Store(source) => return Self::database(source),
        };
        Self::new(
            StatusCode::UNAUTHORIZED,
            code,
            format!(
                "{error}; an admin makes a new one, and so does `berth login-link`, run where the server runs"
            ),
        )
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::database(&error)
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        let (status, code) = match &error {
            ProviderError::NotFound(_) => (StatusCode::NOT_FOUND, "not-found"),
            ProviderError::NotReady(_) => (StatusCode::CONFLICT, "not-ready"),
            ProviderError::NoCapacity(_) => (StatusCode::SERVICE_UNAVAILABLE, "no-capacity"),
            ProviderError::Temporary { .. } => (StatusCode::SERVICE_UNAVAILABLE, "provider-unavailable"),
            ProviderError::Permanent { .. } => (StatusCode::BAD_GATEWAY, "provider-failed"),
        };
        Self { cause: Some(chain(&error)), ..Self::new(status, code, error.to_string()) }
    }
}
