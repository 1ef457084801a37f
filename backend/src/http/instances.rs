//! `GET /api/v1/instances`

use berth_shared::api::{Instance, Page};
use serde::Deserialize;

use super::{
    extract::{Here, Json, Query},
    problem::Failure,
};

/// Which piece of the list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The `next` of the piece before; the oldest instances when absent.
    cursor: Option<String>,
    /// At most this many, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Instances that exist or may come to exist, oldest first; those that are terminated are not listed.
#[utoipa::path(
    get,
    path = "/api/v1/instances",
    tag = "instances",
    params(Params),
    responses((status = 200, description = "a piece of the list", body = Page<Instance>)),
)]
pub(super) async fn list(
    Here(app): Here,
    Query(params): Query<Params>,
) -> Result<Json<Page<Instance>>, Failure> {
    let limit = params.limit.unwrap_or(50).clamp(1, 200);
    Ok(Json(app.control.instances(params.cursor.as_deref(), limit).await?))
}
