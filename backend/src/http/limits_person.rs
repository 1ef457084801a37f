//! `PUT` and `DELETE /api/v1/limits/people/{name}`

use axum::http::StatusCode;
use berth_shared::api::{Limits, LimitsOverview, Problem};

use super::{
    App,
    extract::{By, Here, Json, Path},
    limits::{Asked, all},
    problem::Failure,
};
use crate::store::LimitsOf;

/// Limits what a person may have at once and spend in a month, in the stead of what is everybody's. What is left out is not limited.
/// What runs already goes on.
#[utoipa::path(
    put,
    path = "/api/v1/limits/people/{name}",
    tag = "limits",
    params(("name" = String, Path, description = "the person's name")),
    request_body(content = Limits, example = json!({ "instances": 8, "usd_per_hour": 20.0 })),
    responses(
        (status = 200, description = "set; where everybody stands", body = LimitsOverview),
        (status = 404, description = "`person-not-found`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`limits-invalid`: no limit can be that", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<Json<LimitsOverview>, Failure> {
    known(&app, &name).await?;
    app.control.set_limits(&caller.user, LimitsOf::Person(name.clone()), Some(asked.limits()?)).await?;
    tracing::info!(user = caller.user, person = name, "limits of a person set");
    Ok(Json(all(&app).await?))
}

/// Lets everybody's limits count for a person again.
#[utoipa::path(
    delete,
    path = "/api/v1/limits/people/{name}",
    tag = "limits",
    params(("name" = String, Path, description = "the person's name")),
    responses(
        (status = 200, description = "everybody's count, as they may have done before; where everybody stands", body = LimitsOverview),
        (status = 404, description = "`person-not-found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn lift(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
) -> Result<Json<LimitsOverview>, Failure> {
    if known(&app, &name).await?.own {
        app.control.set_limits(&caller.user, LimitsOf::Person(name.clone()), None).await?;
        tracing::info!(user = caller.user, person = name, "limits of a person lifted");
    }
    Ok(Json(all(&app).await?))
}

/// Whoever has an account, or has something, or had limits set.
async fn known(app: &App, name: &str) -> Result<berth_shared::api::Standing, Failure> {
    let known = all(app).await?.people.into_iter().find(|standing| standing.person.as_deref() == Some(name));
    known.ok_or_else(|| {
        let detail = format!("nobody here is called `{name}`");
        Failure::new(StatusCode::NOT_FOUND, "person-not-found", detail)
    })
}
