//! `POST /api/v1/logout`

use axum::{
    Extension,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
};

use super::{App, extract::By, problem::Failure, session, visitor::Visitor};
use crate::auth::Proof;

/// Ends the session and every connection that lives by it.
#[utoipa::path(
    post,
    path = "/api/v1/logout",
    tag = "session",
    responses((status = 204, description = "signed out")),
)]
pub(super) async fn logout(
    State(app): State<App>,
    By(caller): By,
    Extension(visitor): Extension<Visitor>,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), Failure> {
    if let Proof::Session { digest, .. } = &caller.proof {
        app.auth.log_out(digest).await?;
    }
    let cookie = session::end(app.names.is_https(visitor.scheme));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]))
}
