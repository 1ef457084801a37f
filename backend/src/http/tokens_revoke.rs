//! `DELETE /api/v1/tokens/{name}`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::Problem;

use super::{
    App,
    extract::{By, Path},
    problem::Failure,
};

/// Makes an API token of the person who asks worthless.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{name}",
    tag = "session",
    params(("name" = String, Path, description = "the token's label")),
    responses(
        (status = 204, description = "worthless from now on"),
        (status = 404, description = "`token-not-found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn revoke(
    State(app): State<App>,
    By(caller): By,
    Path(label): Path<String>,
) -> Result<StatusCode, Failure> {
    if !app.auth.revoke_api_token(&caller.user, &label).await? {
        let detail = format!("you have no token labelled `{label}`");
        return Err(Failure::new(StatusCode::NOT_FOUND, "token-not-found", detail));
    }
    tracing::info!(user = caller.user, label, "API token revoked");
    Ok(StatusCode::NO_CONTENT)
}
