//! `PUT /api/v1/limits/project`

use berth_shared::api::{Limits, LimitsOverview, Problem};

use super::{
    extract::{By, Here, Json},
    limits::{Asked, all},
    problem::Failure,
};
use crate::store::LimitsOf;

/// Limits what all people together may have at once and spend in a month. What is left out is not limited. What runs already goes on.
#[utoipa::path(
    put,
    path = "/api/v1/limits/project",
    tag = "limits",
    request_body(content = Limits, example = json!({ "instances": 20, "gpus": 16, "usd_per_hour": 50.0, "usd_per_month": 5000.0 })),
    responses(
        (status = 200, description = "set; where everybody stands", body = LimitsOverview),
        (status = 422, description = "`limits-invalid`: no limit can be that", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set(
    Here(app): Here,
    By(caller): By,
    Json(asked): Json<Asked>,
) -> Result<Json<LimitsOverview>, Failure> {
    app.control.set_limits(&caller.user, LimitsOf::Project, Some(asked.limits()?)).await?;
    tracing::info!(user = caller.user, "limits of the project set");
    Ok(Json(all(&app).await?))
}
