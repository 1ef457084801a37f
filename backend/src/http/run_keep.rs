//! `POST /api/v1/runs/{name}/keep`

use berth_shared::api::{KeepRun, Problem, Run};

use super::{
    audited::Note,
    extract::{By, Here, Json, Path},
    problem::Failure,
};

/// Has a run wait longer for somebody before it is stopped because of `inactivity_duration`: it is as if somebody worked in it
/// for so many seconds from now on.
#[utoipa::path(
    post,
    path = "/api/v1/runs/{name}/keep",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name")),
    request_body = KeepRun,
    responses(
        (status = 200, description = "written down", body = Run),
        (status = 422, description = "not 1 second to 30 days", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "no run has this name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it does not run, or has no `inactivity_duration`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn keep(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Path(name): Path<String>,
    Json(request): Json<KeepRun>,
) -> Result<Json<Run>, Failure> {
    note.detail(format!("for {} s", request.seconds));
    let run = app.control.keep_run(&caller.user, &name, request).await?;
    tracing::info!(user = caller.user, run = name, seconds = request.seconds, "run kept");
    Ok(Json(run))
}
