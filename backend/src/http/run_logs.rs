//! `GET /api/v1/runs/{name}/logs`

use berth_shared::api::{LogChunk, Problem};
use serde::Deserialize;

use super::{
    extract::{Here, Json, Path, Query},
    problem::Failure,
};

/// Which piece of the log.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The `next_offset` of the piece before; 0, the start, when absent.
    #[serde(default)]
    after: u64,
}

/// A piece of a run's log, possibly empty. It is the last when `complete` says so.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}/logs",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name"), Params),
    responses(
        (status = 200, description = "the piece", body = LogChunk),
        (status = 404, description = "no run has or had this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn logs(
    Here(app): Here,
    Path(name): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<LogChunk>, Failure> {
    let run = app.control.run(&name).await?.run.id;
    Ok(Json(app.control.logs(run, params.after).await?))
}
