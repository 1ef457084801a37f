//! `POST /api/v1/runs/{name}/stop`

use berth_shared::api::{Problem, Run, StopRequest};

use super::{
    audited::Note,
    extract::{By, Here, Json, Path},
    problem::Failure,
};

/// Asks for a run's end. The answer comes as soon as it is written down; the stream tells when it is over.
#[utoipa::path(
    post,
    path = "/api/v1/runs/{name}/stop",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name")),
    request_body = StopRequest,
    responses(
        (status = 200, description = "written down", body = Run),
        (status = 404, description = "no run has this name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it is over already", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn stop(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Path(name): Path<String>,
    Json(request): Json<StopRequest>,
) -> Result<Json<Run>, Failure> {
    if request.abort {
        note.detail("by force");
    }
    let run = app.control.stop(&caller.user, &name, request).await?;
    tracing::info!(user = caller.user, run = name, abort = request.abort, "run stop asked for");
    Ok(Json(run))
}
