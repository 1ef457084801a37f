//! `GET /api/v1/spend`

use axum::http::StatusCode;
use berth_shared::api::{Problem, Spend, SpendBy};
use serde::Deserialize;

use super::{
    extract::{Here, Json, Query},
    problem::Failure,
};
use crate::orchestrator::SpendQuery;

/// What is asked about spending.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// How many days, today among them; 1 to 400.
    #[serde(default = "thirty")]
    #[param(default = 30, minimum = 1, maximum = 400)]
    days: u32,
    /// By what it is told apart: `person`, `backend`, `gpu` or `run`.
    #[serde(default)]
    #[param(inline)]
    by: SpendBy,
    /// How far the asker's days are ahead of UTC's, minutes; -840 to 840.
    #[serde(default)]
    #[param(default = 0, minimum = -840, maximum = 840)]
    offset_minutes: i32,
    /// Whose spending; everybody's when absent.
    #[serde(default)]
    person: Option<String>,
}

const fn thirty() -> u32 {
    30
}

impl Params {
    /// What is asked for, when it makes sense.
    pub(super) fn query(self) -> Result<SpendQuery, Failure> {
        let wrong = |detail| Failure::new(StatusCode::BAD_REQUEST, "wrong-parameter", detail);
        if !(1..=400).contains(&self.days) {
            return Err(wrong("`days` is 1 to 400, today among them"));
        }
        if !(-840..=840).contains(&self.offset_minutes) {
            return Err(wrong("`offset_minutes` is -840 to 840: no place on Earth is further from UTC"));
        }
        let Self { days, by, offset_minutes, person } = self;
        Ok(SpendQuery { days, by, offset_minutes, person })
    }
}

/// What was spent, day by day, today's part of it until now. It is what the instances cost, whether a run was on them or not, told
/// apart as is asked for; what was paid stays when a run is deleted.
#[utoipa::path(
    get,
    path = "/api/v1/spend",
    tag = "limits",
    params(Params),
    responses(
        (
            status = 200,
            description = "each day, those without spending too",
            body = Spend,
            example = json!({
                "by": "person",
                "days": [
                    { "date": "2026-09-20", "items": [] },
                    { "date": "2026-09-21", "items": [{ "key": "ann", "usd": 12.25 }, { "key": "bob", "usd": 3.0 }] },
                ],
                "usd": 15.25,
                "idle_usd": 1.5,
            }),
        ),
        (status = 400, description = "`wrong-parameter`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn spend(Here(app): Here, Query(params): Query<Params>) -> Result<Json<Spend>, Failure> {
    Ok(Json(app.control.spend(&params.query()?).await?))
}
