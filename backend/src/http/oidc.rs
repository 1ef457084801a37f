//! What the endpoints of single sign-on share: the cookie of a sign-in, the address to come back to, and how a problem is told.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use berth_shared::api::OidcProblem;

use super::{App, problem::Failure, session, visitor::Visitor};
use crate::auth::{
    Secret,
    oidc::{FLOW_SECONDS, OidcError},
};

/// Name of the cookie of a sign-in where people come in the open, and over HTTPS.
const COOKIE: &str = "berth_oidc";
const SECURE_COOKIE: &str = "__Host-berth_oidc";

/// Where the provider sends people back to.
pub(super) const BACK: &str = "/api/v1/oidc/back";

const fn name(secure: bool) -> &'static str {
    if secure { SECURE_COOKIE } else { COOKIE }
}

/// The address that the provider sends this browser back to: where people reach the server, or where this one does.
pub(super) fn back(app: &App, visitor: Visitor, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("{}{BACK}", app.names.address_at(host, visitor.scheme))
}

/// The secret of the sign-in that a request goes on with.
pub(super) fn cookie<'a>(app: &App, visitor: Visitor, headers: &'a HeaderMap) -> Option<&'a str> {
    session::cookie_of(headers, name(app.names.is_https(visitor.scheme)))
}

/// `Set-Cookie` that begins a sign-in. Unlike a session's it has to come along when the provider's page sends the browser back.
pub(super) fn begin(app: &App, visitor: Visitor, secret: &Secret) -> (HeaderName, HeaderValue) {
    set(app, visitor, secret.reveal(), FLOW_SECONDS)
}

/// `Set-Cookie` that ends it.
pub(super) fn end(app: &App, visitor: Visitor) -> (HeaderName, HeaderValue) {
    set(app, visitor, "", 0)
}

fn set(app: &App, visitor: Visitor, value: &str, max_age: i64) -> (HeaderName, HeaderValue) {
    let secure = app.names.is_https(visitor.scheme);
    let (name, secure) = (name(secure), if secure { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    let mut value = HeaderValue::try_from(text).expect("a cookie of ours is plain ASCII");
    value.set_sensitive(true);
    (header::SET_COOKIE, value)
}

/// Sends a browser elsewhere.
pub(super) fn to(address: &str) -> Response {
    match HeaderValue::try_from(address) {
        Ok(address) => (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response(),
        Err(error) => Failure::internal(&error).into_response(),
    }
}

/// Sends a browser to the page that says what went wrong.
pub(super) fn told(error: &OidcError) -> Response {
    log(error);
    to(&format!("{}#problem={}", error.page, error.problem.as_str()))
}

fn log(error: &OidcError) {
    let (problem, cause) = (error.problem.as_str(), error.cause.as_deref());
    match error.problem {
        OidcProblem::Internal => tracing::error!(problem, cause, "single sign-on failed"),
        OidcProblem::NoAnswer | OidcProblem::Unproven => {
            tracing::warn!(problem, cause, "single sign-on failed");
        }
        _ => tracing::info!(problem, cause, "single sign-on refused"),
    }
}

/// The same for who asked without leaving the page; `provider` is what people call the provider.
pub(super) fn failure(app: &App, error: &OidcError) -> Failure {
    log(error);
    let provider = app.auth.oidc().map(|oidc| oidc.told().name).unwrap_or_default();
    let (status, code) = match error.problem {
        OidcProblem::Off => (StatusCode::NOT_FOUND, "oidc-off"),
        OidcProblem::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too-many-attempts"),
        OidcProblem::Internal => {
            return error.cause.clone().map_or_else(
                || Failure::internal(error),
                |cause| Failure { cause: Some(cause), ..Failure::internal(error) },
            );
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "oidc-no-answer"),
    };
    let words = error.problem.words(&provider);
    let detail = words.trim_end_matches('.').to_owned();
    Failure {
        retry_after: Some(60).filter(|_| code == "too-many-attempts"),
        ..Failure::new(status, code, detail)
    }
}
