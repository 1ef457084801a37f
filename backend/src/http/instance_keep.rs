//! `POST /api/v1/instances/{id}/keep`

use berth_shared::api::{Instance, InstanceId, KeepInstance, Problem};

use super::{
    audited::Note,
    extract::{By, Here, Json, Path},
    problem::Failure,
};

/// Moves the moment when an idle instance stops by itself; never to an earlier one.
#[utoipa::path(
    post,
    path = "/api/v1/instances/{id}/keep",
    tag = "instances",
    params(("id" = InstanceId, Path, description = "its identifier")),
    request_body = KeepInstance,
    responses(
        (status = 200, description = "written down", body = Instance),
        (status = 422, description = "not 1 second to 30 days", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "there is none", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it is not idle", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn keep(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Path(id): Path<InstanceId>,
    Json(request): Json<KeepInstance>,
) -> Result<Json<Instance>, Failure> {
    note.detail(format!("for {} s", request.seconds));
    let instance = app.control.keep_instance(&caller.user, id, request).await?;
    tracing::info!(user = caller.user, instance = %id, seconds = request.seconds, "instance kept");
    Ok(Json(instance))
}
