//! What is written into the audit log about a request: who asked for what, from where, and what became of it. What an endpoint is called
//! there stands in the list of `permissions`.
//!
//! The request and its entry are one piece of work that goes on when nobody waits for the answer any more: who hangs up does not do so
//! unseen.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Extension,
    extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use berth_shared::api::{AuditOutcome, DEFAULT_PROJECT};
use futures_util::FutureExt as _;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::{App, edge, extract::By, permissions, problem::Failure, visitor::Visitor};
use crate::audit::Draft;

/// What a handler adds to the entry about its request; goes nowhere where no entry is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Note(Arc<Mutex<Noted>>);

#[derive(Clone, Debug, Default)]
struct Noted {
    target: Option<String>,
    details: Vec<String>,
}

impl Note {
    /// What it is about, where the address does not say it.
    pub(super) fn target(&self, target: impl Into<String>) {
        self.with(|noted| noted.target = Some(target.into()));
    }

    /// More in words; never a secret.
    pub(super) fn detail(&self, detail: impl Into<String>) {
        self.with(|noted| noted.details.push(detail.into()));
    }

    fn with<T>(&self, work: impl FnOnce(&mut Noted) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Note {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// Writes the entry before the answer is sent. Comes after `session::authenticate`, and before `permissions::check`, so that what is
/// refused is written, too.
pub(super) async fn write(
    State(app): State<App>,
    path: MatchedPath,
    params: RawPathParams,
    By(caller): By,
    Extension(visitor): Extension<Visitor>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(action) = permissions::word(request.method(), path.as_str()) else {
        return next.run(request).await;
    };
    let note = Note::default();
    request.extensions_mut().insert(note.clone());
    let mut parts = params.iter();
    if let Some((_, target)) = parts.next() {
        note.target(target);
    }
    parts.for_each(|(name, value)| note.detail(format!("{name} {value}")));
    if caller.project != DEFAULT_PROJECT {
        note.detail(format!("in {}", caller.project));
    }
    let limit = edge::limit(request.method(), request.uri().path());
    let work = async move {
        let answered = timeout(limit, AssertUnwindSafe(next.run(request)).catch_unwind()).await;
        let (outcome, code) = match &answered {
            Ok(Ok(response)) => outcome(response),
            Ok(Err(_)) => (AuditOutcome::Failed, Some("internal")),
            Err(_) => (AuditOutcome::Failed, Some("timeout")),
        };
        if let Some(code) = code {
            note.detail(code);
        }
        let Noted { target, details } = note.with(std::mem::take);
        let detail = (!details.is_empty()).then(|| details.join("; "));
        let draft = Draft::of(&caller, visitor.address, action, app.audit.now());
        app.audit.record(Draft { target, outcome, detail, ..draft }).await;
        answered
    };
    match tokio::spawn(work.in_current_span()).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Err(_)) => Failure::timeout().into_response(),
        Ok(Ok(Err(panic))) => resume_unwind(panic),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(error) => Failure::internal(&error).into_response(),
        },
    }
}

/// What became of a request, and the code that says why nothing did. What a problem says in words may repeat what was sent.
fn outcome(response: &Response) -> (AuditOutcome, Option<&'static str>) {
    let status = response.status();
    let code = response.extensions().get::<Arc<Failure>>().map(|failure| failure.code);
    if !status.is_client_error() && !status.is_server_error() {
        return (AuditOutcome::Done, None);
    }
    let refused =
        matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
    // As `permissions` hides what may not be seen.
    let outcome =
        if refused || code == Some("not-found") { AuditOutcome::Refused } else { AuditOutcome::Failed };
    (outcome, code)
}
