//! `POST /api/v1/login`

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use berth_shared::api::{LoginRequest, Problem, User};

use super::{App, extract::Json, problem::Failure, session, visitor::Visitor};

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
    let (session, user) = app.auth.log_in(request, session::visit(&headers, visitor)).await?;
    tracing::info!(user = user.name, "signed in");
    let cookie = session::begin(&session, app.names.is_https(visitor.scheme));
    Ok(([(header::SET_COOKIE, cookie)], Json(user)))
}
