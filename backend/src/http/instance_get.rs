//! `GET /api/v1/instances/{id}`

use berth_shared::api::{Instance, InstanceId, Problem};

use super::{
    extract::{Here, Json, Path},
    problem::Failure,
};

/// An instance, gone or not.
#[utoipa::path(
    get,
    path = "/api/v1/instances/{id}",
    tag = "instances",
    params(("id" = InstanceId, Path, description = "its identifier")),
    responses(
        (status = 200, description = "the instance", body = Instance),
        (status = 404, description = "there is none", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get(Here(app): Here, Path(id): Path<InstanceId>) -> Result<Json<Instance>, Failure> {
    Ok(Json(app.control.instance(id).await?))
}
