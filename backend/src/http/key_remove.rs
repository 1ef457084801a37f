//! `DELETE /api/v1/keys/{name}`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::Problem;

use super::{
    App,
    extract::{By, Path},
    problem::Failure,
};

/// Removes an SSH key of the person who asks. Connections that were opened with it end.
#[utoipa::path(
    delete,
    path = "/api/v1/keys/{name}",
    tag = "ssh",
    params(("name" = String, Path, description = "the key's label")),
    responses(
        (status = 204, description = "nobody comes in by it any more"),
        (status = 404, description = "`key-not-found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove(
    State(app): State<App>,
    By(caller): By,
    Path(label): Path<String>,
) -> Result<StatusCode, Failure> {
    if !app.auth.remove_ssh_key(&caller.user, &label).await? {
        let detail = format!("you have no key labelled `{label}`");
        return Err(Failure::new(StatusCode::NOT_FOUND, "key-not-found", detail));
    }
    tracing::info!(user = caller.user, label, "SSH key removed");
    Ok(StatusCode::NO_CONTENT)
}
