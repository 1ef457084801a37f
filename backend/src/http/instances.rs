//! `GET /api/v1/instances`

use axum::extract::State;
use berth_shared::api::{Instance, Page};

use super::{App, extract::Json, problem::Failure};

/// Instances that exist or may come to exist; those that are terminated are not listed.
#[utoipa::path(
    get,
    path = "/api/v1/instances",
    tag = "instances",
    responses((status = 200, description = "all of them, in one piece", body = Page<Instance>)),
)]
pub(super) async fn list(State(app): State<App>) -> Result<Json<Page<Instance>>, Failure> {
    Ok(Json(Page { items: app.control.instances().await?, next: None }))
}
