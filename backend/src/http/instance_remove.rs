//! `POST /api/v1/instances/{id}/remove`

use berth_shared::api::{Instance, InstanceId, Problem, RemoveInstance};

use super::{
    audited::Note,
    extract::{By, Here, Json, Path},
    problem::Failure,
};

/// Has an instance removed. The answer comes as soon as it is written down.
#[utoipa::path(
    post,
    path = "/api/v1/instances/{id}/remove",
    tag = "instances",
    params(("id" = InstanceId, Path, description = "its identifier")),
    request_body = RemoveInstance,
    responses(
        (status = 200, description = "written down", body = Instance),
        (status = 404, description = "there is none, or it is gone", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "a run is on it, or it is not stuck", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Path(id): Path<InstanceId>,
    Json(request): Json<RemoveInstance>,
) -> Result<Json<Instance>, Failure> {
    for (asked, word) in [(request.force, "by force"), (request.forget, "written off")] {
        if asked {
            note.detail(word);
        }
    }
    let instance = app.control.remove_instance(&caller.user, id, request).await?;
    tracing::info!(user = caller.user, instance = %id, force = request.force, forget = request.forget, "instance removal asked for");
    Ok(Json(instance))
}
