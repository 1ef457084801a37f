//! `POST /api/v1/login`

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use berth_shared::api::{AuditOutcome, AuditVia, LoginRequest, Problem, User};

use super::{App, extract::Json, problem::Failure, session, visitor::Visitor};
use crate::{audit::Draft, auth::is_name};

/// Exchanges a one-time login token, or a name and password, for a session, whose secret goes into a cookie.
#[utoipa::path(
    post,
    path = "/api/v1/login",
    tag = "session",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "signed in; `Set-Cookie` carries the session", body = User),
        (status = 401, description = "`login-token-invalid`, `login-token-expired`, `login-token-used`; `login-wrong`: the name or the password is", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-attempts`: from this address, or for this name by password", body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
pub(super) async fn login(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Json(request): Json<LoginRequest>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<User>), Failure> {
    let (by, tried) = match &request {
        LoginRequest::Link(_) => ("by a link", None),
        LoginRequest::Password(by) => ("by password", Some(by.name.trim().to_lowercase())),
    };
    let entered = app.auth.log_in(request, session::visit(&headers, visitor)).await;
    let draft = Draft::of_a_stranger(visitor.address, "login", app.audit.now());
    let (session, user) = match entered {
        Ok(entered) => entered,
        Err(error) => {
            let failure = Failure::from(error);
            let outcome =
                if failure.status.is_server_error() { AuditOutcome::Failed } else { AuditOutcome::Refused };
            // What nobody can be called may be a password that went into the wrong field.
            let target = tried.filter(|name| is_name(name));
            let detail = Some(format!("{by}; {}", failure.code));
            app.audit.record_stranger(Draft { target, outcome, detail, ..draft }).await;
            return Err(failure);
        }
    };
    let (actor, detail) = (Some(user.name.clone()), Some(by.to_owned()));
    let (via, outcome) = (AuditVia::Session, AuditOutcome::Done);
    app.audit.record(Draft { actor, via, outcome, detail, ..draft }).await;
    tracing::info!(user = user.name, "signed in");
    let cookie = session::begin(&session, app.names.is_https(visitor.scheme));
    Ok(([(header::SET_COOKIE, cookie)], Json(user)))
}
