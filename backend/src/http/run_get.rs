//! `GET /api/v1/runs/{name}`

use berth_shared::api::{Problem, RunDetail};

use super::{
    extract::{Here, Json, Path},
    problem::Failure,
};

/// A run with its text and everything that happened to it. When a name was used more than once: the run that
/// has it now, else the newest.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name")),
    responses(
        (status = 200, description = "the run", body = RunDetail),
        (status = 404, description = "no run has or had this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get(Here(app): Here, Path(name): Path<String>) -> Result<Json<RunDetail>, Failure> {
    Ok(Json(app.control.run(&name).await?))
}
