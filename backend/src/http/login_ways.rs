//! `GET /api/v1/login`

use axum::extract::State;
use berth_shared::api::LoginWays;

use super::{App, extract::Json};

/// By what people sign in here besides names, passwords and links. Whoever asks need not be signed in.
#[utoipa::path(
    get,
    path = "/api/v1/login",
    tag = "session",
    responses((status = 200, description = "the provider of single sign-on, where there is one", body = LoginWays)),
    security(()),
)]
pub(super) async fn ways(State(app): State<App>) -> Json<LoginWays> {
    Json(LoginWays { oidc: app.auth.oidc().map(crate::auth::oidc::Oidc::told) })
}
