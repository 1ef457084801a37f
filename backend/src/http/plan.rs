//! `POST /api/v1/plan`

use berth_shared::api::{Plan, PlanRequest};

use super::{
    extract::{By, Here, Json},
    problem::Failure,
};

/// What a launch would do right now: the text checked, and the offers that can be had.
#[utoipa::path(
    post,
    path = "/api/v1/plan",
    tag = "runs",
    request_body = PlanRequest,
    responses((status = 200, description = "also for a text that is not valid; `valid` tells", body = Plan)),
)]
pub(super) async fn plan(
    Here(app): Here,
    By(caller): By,
    Json(request): Json<PlanRequest>,
) -> Result<Json<Plan>, Failure> {
    Ok(Json(app.control.plan(&caller.user, &request).await?))
}
