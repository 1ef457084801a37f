//! `GET /api/v1/login`

use axum::{Extension, extract::State, http::HeaderMap};
use berth_shared::api::{DEFAULT_PROJECT, LoginWays};

use super::{App, extract::Json, problem::Failure, session, visitor::Visitor};

/// By what people sign in here besides names, passwords and links. Whoever asks need not be signed in.
#[utoipa::path(
    get,
    path = "/api/v1/login",
    tag = "session",
    responses((status = 200, description = "the provider of single sign-on, where there is one, and whether who asks is signed in", body = LoginWays)),
    security(()),
)]
pub(super) async fn ways(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Json<LoginWays>, Failure> {
    let signed_in = session::caller(&app, &headers, DEFAULT_PROJECT, visitor).await?.is_some();
    Ok(Json(LoginWays { oidc: app.auth.oidc().map(crate::auth::oidc::Oidc::told), signed_in }))
}
