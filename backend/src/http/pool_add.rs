//! `POST /api/v1/pools/{name}/instances`

use berth_shared::api::{AddInstance, Instance, Problem};

use super::{
    audited::Note,
    extract::{By, Here, Json, Path},
    problem::Failure,
};

/// Adds an instance to a pool without a run. The answer comes as soon as it is written down; the stream tells when it is ready.
#[utoipa::path(
    post,
    path = "/api/v1/pools/{name}/instances",
    tag = "pools",
    params(("name" = String, Path, description = "the pool's name")),
    request_body = AddInstance,
    responses(
        (status = 200, description = "written down", body = Instance),
        (status = 422, description = "the text is not valid", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "no pool has this name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "nothing fits, or it is on no backend that keeps instances", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Path(name): Path<String>,
    Json(request): Json<AddInstance>,
) -> Result<Json<Instance>, Failure> {
    let instance = app.control.add_instance(&caller.user, &name, request).await?;
    note.detail(format!("instance {}", instance.name));
    tracing::info!(user = caller.user, pool = name, instance = instance.name, "instance added");
    Ok(Json(instance))
}
