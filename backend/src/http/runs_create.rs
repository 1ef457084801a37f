//! `POST /api/v1/runs`

use axum::http::{HeaderName, StatusCode, header};
use berth_shared::api::{Problem, Run, SubmitRequest};

use super::{
    audited::Note,
    extract::{By, Here, Json},
    problem::Failure,
};

/// Asks for a run. The answer comes as soon as it is written down; the stream tells how it goes.
#[utoipa::path(
    post,
    path = "/api/v1/runs",
    tag = "runs",
    request_body = SubmitRequest,
    responses(
        (status = 201, description = "written down; `Location` names it", body = Run),
        (status = 409, description = "does not fit the present state, such as a name that is taken", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-submissions`; `Retry-After` says when there may be another", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "the configuration or the request makes no sense", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn submit(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Json(request): Json<SubmitRequest>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Run>), Failure> {
    if let Err(seconds) = app.submissions.take(&caller.user, app.clock.now()) {
        return Err(Failure::too_many_submissions(app.submissions.per_minute(), seconds));
    }
    let run = app.control.submit(&caller.user, request).await?;
    note.target(run.name.as_str());
    tracing::info!(user = caller.user, run = run.name, "run submitted");
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/v1/runs/{}", run.name))], Json(run)))
}
