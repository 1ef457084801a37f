//! `GET /api/v1/runs/{name}/usage`

use berth_shared::api::{Problem, UsageHistory, UsageSpan};
use serde::Deserialize;

use super::{
    extract::{Here, Json, Path, Query},
    problem::Failure,
};
use crate::{control::RefusedKind, provider::ProviderError};

/// How far back.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// `hour`, every ten seconds, or `week`, every five minutes.
    #[serde(default)]
    #[param(inline)]
    span: UsageSpan,
}

/// What a run's environment used, for as long as it is there: CPU, RAM, disk, network and GPUs, oldest first. Nothing where
/// there is none, or one that keeps no figures.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}/usage",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name"), Params),
    responses(
        (status = 200, description = "the figures", body = UsageHistory),
        (status = 404, description = "no run has or had this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn usage(
    Here(app): Here,
    Path(name): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<UsageHistory>, Failure> {
    let run = app.control.run(&name).await?.run.id;
    let nothing = UsageHistory { step_seconds: params.span.step_seconds(), samples: Vec::new() };
    let environment = match app.control.environment(run).await {
        Err(refused) if refused.kind == RefusedKind::Conflict => return Ok(Json(nothing)),
        other => other?,
    };
    match environment.usage(params.span).await {
        // A supervisor that an older version started refuses for good what it does not know.
        Err(ProviderError::NotReady(_) | ProviderError::Permanent { .. }) => Ok(Json(nothing)),
        other => Ok(Json(other?)),
    }
}
