//! The session cookie, and the middleware that asks for it.

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{App, guard, problem::Failure, project, visitor::Visitor};
use crate::auth::{Caller, SESSION_SECONDS, Secret, Visit};

/// Name of the session's cookie where people come in the open.
pub const COOKIE: &str = "berth_session";

/// The same over HTTPS. With `__Host-` a browser takes it from this very host alone, encrypted: no neighbour below the same domain, and nobody
/// on the way, puts another in its place.
pub const SECURE_COOKIE: &str = "__Host-berth_session";

/// Which of them it is.
const fn name(secure: bool) -> &'static str {
    if secure { SECURE_COOKIE } else { COOKIE }
}

/// Lets in who has a session or an API token.
pub(super) async fn authenticate(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let (project, _) = project::of(&request);
    let caller = caller(&app, request.headers(), project, visitor).await?.ok_or_else(unauthenticated)?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Whether cookies of this visitor travel encrypted alone.
fn is_secure(app: &App, visitor: Visitor) -> bool {
    app.names.is_https(visitor.scheme)
}

/// Whether a request says who sent it, true or not.
pub(super) fn is_claimed(app: &App, visitor: Visitor, headers: &HeaderMap) -> bool {
    guard::bearer(headers).is_some() || cookie(headers, is_secure(app, visitor)).is_some()
}

/// Who sent a request; `None` if it says nothing of it, or nothing that holds.
pub(super) async fn caller(
    app: &App,
    headers: &HeaderMap,
    project: &str,
    visitor: Visitor,
) -> Result<Option<Caller>, Failure> {
    if let Some(token) = guard::bearer(headers) {
        return Ok(app.auth.api_token(token, project).await?);
    }
    match cookie(headers, is_secure(app, visitor)) {
        Some(session) => Ok(app.auth.session(session, project, visit(headers, visitor)).await?),
        None => Ok(None),
    }
}

/// From where a request comes.
pub(super) fn visit(headers: &HeaderMap, visitor: Visitor) -> Visit<'_> {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Visit { address: visitor.address, agent }
}

/// Nobody has said who they are, or not convincingly.
pub(super) fn unauthenticated() -> Failure {
    Failure::new(
        StatusCode::UNAUTHORIZED,
        "not-signed-in",
        "sign in first, by name and password or by a link: an admin makes links for people, `berth serve` prints one, and \
         `berth login-link`, run where the server runs, a new one",
    )
}

/// The session that a request carries.
fn cookie(headers: &HeaderMap, secure: bool) -> Option<&str> {
    cookie_of(headers, name(secure))
}

/// The cookie of this name.
pub(super) fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// `Set-Cookie` that begins a session.
pub(super) fn begin(session: &Secret, secure: bool) -> HeaderValue {
    set(session.reveal(), SESSION_SECONDS, secure)
}

/// `Set-Cookie` that ends it.
pub(super) fn end(secure: bool) -> HeaderValue {
    set("", 0, secure)
}

fn set(value: &str, max_age: i64, secure: bool) -> HeaderValue {
    let (name, secure) = (name(secure), if secure { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::try_from(text).expect("a cookie of ours is plain ASCII");
    value.set_sensitive(true);
    value
}
