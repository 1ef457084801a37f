//! `DELETE /api/v1/runs/{name}`

use axum::http::StatusCode;
use berth_shared::api::Problem;

use super::{
    extract::{By, Here, Path},
    problem::Failure,
};

/// Removes a finished run and its log.
#[utoipa::path(
    delete,
    path = "/api/v1/runs/{name}",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name")),
    responses(
        (status = 204, description = "removed"),
        (status = 404, description = "no run has this name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it is not finished", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    app.control.delete(&caller.user, &name).await?;
    tracing::info!(user = caller.user, run = name, "run deleted");
    Ok(StatusCode::NO_CONTENT)
}
