//! `GET /api/v1/runs`

use berth_shared::api::{Page, Run};
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
    /// The `next` of the piece before; the newest runs when absent.
    cursor: Option<String>,
    /// At most this many, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Only those that are not finished.
    #[serde(default)]
    active: bool,
}

/// Runs, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/runs",
    tag = "runs",
    params(Params),
    responses((status = 200, description = "a piece of the list", body = Page<Run>)),
)]
pub(super) async fn list(Here(app): Here, Query(params): Query<Params>) -> Result<Json<Page<Run>>, Failure> {
    let limit = params.limit.unwrap_or(50).clamp(1, 200);
    Ok(Json(app.control.runs(params.active, params.cursor.as_deref(), limit).await?))
}
