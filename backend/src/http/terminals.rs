//! `GET` and `POST /api/v1/runs/{name}/terminals`

use axum::http::StatusCode;
use berth_shared::api::{Problem, TerminalId, TerminalInfo, TerminalSize};

use super::{
    extract::{Here, Json, Path},
    problem::Failure,
};

/// Terminals of a run, oldest first; ended ones are kept for a while.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}/terminals",
    tag = "terminals",
    params(("name" = String, Path, description = "the run's name")),
    responses(
        (status = 200, description = "the terminals", body = Vec<TerminalInfo>),
        (status = 404, description = "no run has this name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it has no environment now", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    Here(app): Here,
    Path(name): Path<String>,
) -> Result<Json<Vec<TerminalInfo>>, Failure> {
    let run = app.control.run(&name).await?.run.id;
    let environment = app.control.environment(run).await?;
    Ok(Json(environment.terminals().await?))
}

/// Opens a terminal with the user's shell. Connecting to a terminal with an identifier of one's own opens it
/// too.
#[utoipa::path(
    post,
    path = "/api/v1/runs/{name}/terminals",
    tag = "terminals",
    params(("name" = String, Path, description = "the run's name")),
    request_body = TerminalSize,
    responses(
        (status = 201, description = "open", body = TerminalInfo),
        (status = 404, description = "no run has this name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it has no environment now", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn open(
    Here(app): Here,
    Path(name): Path<String>,
    Json(size): Json<TerminalSize>,
) -> Result<(StatusCode, Json<TerminalInfo>), Failure> {
    let run = app.control.run(&name).await?.run.id;
    let environment = app.control.environment(run).await?;
    let id = TerminalId(app.new_id());
    environment.open_terminal(id, clamp(size)).await?;
    let terminal = TerminalInfo { id, opened_at: app.clock.now(), exit_code: None };
    Ok((StatusCode::CREATED, Json(terminal)))
}

/// Within what a terminal can have.
pub(super) fn clamp(size: TerminalSize) -> TerminalSize {
    TerminalSize { cols: size.cols.clamp(1, 1000), rows: size.rows.clamp(1, 1000) }
}
