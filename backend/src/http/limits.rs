//! `GET /api/v1/limits`

use axum::http::StatusCode;
use berth_shared::api::{Limits, LimitsOverview, Standing};
use serde::Deserialize;

use super::{
    App,
    extract::{Here, Json},
    problem::Failure,
};

/// The most that the project and each person may have at once and spend in a month, and what they have and have spent. What somebody
/// has is what they pay for: instances with a run of theirs, and those without a run that were made for them.
#[utoipa::path(
    get,
    path = "/api/v1/limits",
    tag = "limits",
    responses((
        status = 200,
        description = "all of them, in one piece",
        body = LimitsOverview,
        example = json!({
            "project": {
                "limits": { "instances": 20, "usd_per_month": 5000.0 }, "own": false,
                "used": { "instances": 3, "gpus": 8, "usd_per_hour": 9.5, "usd_this_month": 812.4 },
            },
            "everybody": { "instances": 4 },
            "people": [{
                "person": "ann", "limits": { "instances": 4 }, "own": false,
                "used": { "instances": 3, "gpus": 8, "usd_per_hour": 9.5, "usd_this_month": 812.4 },
            }],
            "month_ends_at": 1_790_812_800_000_i64,
        }),
    )),
)]
pub(super) async fn overview(Here(app): Here) -> Result<Json<LimitsOverview>, Failure> {
    Ok(Json(all(&app).await?))
}

/// As the control tells it, with everybody who is in the project and has nothing yet.
pub(super) async fn all(app: &App) -> Result<LimitsOverview, Failure> {
    let mut overview = app.control.limits().await?;
    for member in app.auth.members(&app.project).await? {
        let is_there =
            overview.people.iter().any(|standing| standing.person.as_ref() == Some(&member.person));
        if !is_there {
            overview.people.push(Standing {
                person: Some(member.person),
                limits: overview.everybody.clone(),
                ..Standing::default()
            });
        }
    }
    overview.people.sort_by(|a, b| a.person.cmp(&b.person));
    Ok(overview)
}

/// Limits as somebody has written them: whatever number it is, it is refused in words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    instances: Option<f64>,
    #[serde(default)]
    gpus: Option<f64>,
    #[serde(default)]
    usd_per_hour: Option<f64>,
    #[serde(default)]
    usd_per_month: Option<f64>,
}

impl Asked {
    pub(super) fn limits(self) -> Result<Limits, Failure> {
        Ok(Limits {
            instances: whole("instances", self.instances)?,
            gpus: whole("GPUs", self.gpus)?,
            usd_per_hour: self.usd_per_hour,
            usd_per_month: self.usd_per_month,
        })
    }
}

fn whole(what: &str, number: Option<f64>) -> Result<Option<u32>, Failure> {
    match number {
        // Anything larger is refused for being that.
        Some(number) if number >= 0.0 && number.fract() == 0.0 => Ok(Some(number as u32)),
        Some(_) => {
            let detail = format!(
                "a limit of {what} is a whole number, 0 or more; leave it out for as many as there are"
            );
            Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "limits-invalid", detail))
        }
        None => Ok(None),
    }
}
