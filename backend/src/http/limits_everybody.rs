//! `PUT /api/v1/limits/everybody`

use berth_shared::api::{Limits, LimitsOverview, Problem};

use super::{
    extract::{By, Here, Json},
    limits::{Asked, all},
    problem::Failure,
};
use crate::store::LimitsOf;

/// Limits what each person may have at once and spend in a month, but for those who have limits of their own. What is left out is not
/// limited. What runs already goes on.
#[utoipa::path(
    put,
    path = "/api/v1/limits/everybody",
    tag = "limits",
    request_body(content = Limits, example = json!({ "instances": 4, "usd_per_month": 500.0 })),
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
    app.control.set_limits(&caller.user, LimitsOf::Everybody, Some(asked.limits()?)).await?;
    tracing::info!(user = caller.user, "limits of everybody set");
    Ok(Json(all(&app).await?))
}
