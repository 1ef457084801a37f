//! `DELETE /api/v1/hosts/{name}`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    App,
    extract::{By, Path, Query},
    problem::Failure,
};
use crate::provider::remote::RemoveHostError;

/// Parameters of the request.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Removes it though it is away or has environments, which then stay where they are.
    force: bool,
}

/// Removes an SSH host. The server forgets how to get there; nothing is removed from the host.
#[utoipa::path(
    delete,
    path = "/api/v1/hosts/{name}",
    tag = "hosts",
    params(("name" = String, Path, description = "the host's name"), Parameters),
    responses(
        (status = 204, description = "no environment comes there any more"),
        (status = 404, description = "`host-not-found`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`host-busy`: environments are on it; `host-away`: nobody knows what is on it; `demo`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove(
    State(app): State<App>,
    By(caller): By,
    Path(name): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<StatusCode, Failure> {
    app.hosts()?.remove(&name, parameters.force).await.map_err(|error| refused(&error))?;
    tracing::info!(user = caller.user, host = name, force = parameters.force, "SSH host removed");
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: &RemoveHostError) -> Failure {
    let (status, code) = match error {
        RemoveHostError::NotFound(_) => (StatusCode::NOT_FOUND, "host-not-found"),
        RemoveHostError::Busy { .. } => (StatusCode::CONFLICT, "host-busy"),
        RemoveHostError::Away(_) => (StatusCode::CONFLICT, "host-away"),
        RemoveHostError::Book(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    Failure::new(status, code, error.to_string())
}
