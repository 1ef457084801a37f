//! `GET /api/v1/runs/{name}/pull`

use berth_shared::api::{ImagePull, Problem};

use super::{
    extract::{Here, Json, Path},
    problem::Failure,
};

/// How far the image of a run is, layer by layer, while it is pulled; `null` when none is.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}/pull",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name")),
    responses(
        (status = 200, description = "the image, or `null`", body = Option<ImagePull>),
        (status = 404, description = "no run has or had this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn pull(
    Here(app): Here,
    Path(name): Path<String>,
) -> Result<Json<Option<ImagePull>>, Failure> {
    let run = app.control.run(&name).await?.run.id;
    // Before there is an environment, and after, nothing is pulled.
    let Ok(environment) = app.control.environment(run).await else { return Ok(Json(None)) };
    Ok(Json(environment.pull().await))
}
