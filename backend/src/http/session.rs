//! The session cookie, and the middleware that asks for it.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{App, guard, problem::Failure};
use crate::auth::{Caller, SESSION_SECONDS, Secret, Visit};

/// Name of the session's cookie.
pub const COOKIE: &str = "berth_session";

/// Lets in who has a session or an API token.
pub(super) async fn authenticate(
    State(app): State<App>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let caller = caller(&app, request.headers(), from).await?.ok_or_else(unauthenticated)?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

async fn caller(app: &App, headers: &HeaderMap, from: SocketAddr) -> Result<Option<Caller>, Failure> {
    if let Some(token) = guard::bearer(headers) {
        return Ok(app.auth.api_token(token).await?);
    }
    match cookie(headers) {
        Some(session) => Ok(app.auth.session(session, visit(headers, from)).await?),
        None => Ok(None),
    }
}

/// From where a request comes.
pub(super) fn visit(headers: &HeaderMap, from: SocketAddr) -> Visit<'_> {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Visit { address: from.ip().to_canonical(), agent }
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
fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
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
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::try_from(text).expect("a cookie of ours is plain ASCII");
    value.set_sensitive(true);
    value
}
