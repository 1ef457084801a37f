//! `GET /api/v1/code`

use berth_shared::api::{CodeAnswer, Problem, code::is_sha256};
use serde::Deserialize;

use super::{
    extract::{By, Here, Json, Query},
    problem::Failure,
};
use crate::control::Refused;

/// What is asked about.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    sha256: Option<String>,
}

/// How large an archive of code may be, and whether the server has one of the person who asks already. One that is there is kept
/// for a week from then on.
#[utoipa::path(
    get,
    path = "/api/v1/code",
    tag = "runs",
    params(("sha256" = Option<String>, Query, description = "the archive's SHA-256 in hexadecimal digits; absent: only the limit is asked for")),
    responses(
        (status = 200, description = "the answer", body = CodeAnswer),
        (status = 422, description = "`code-invalid`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn ask(
    Here(app): Here,
    By(caller): By,
    Query(asked): Query<Asked>,
) -> Result<Json<CodeAnswer>, Failure> {
    let there = match asked.sha256 {
        None => false,
        Some(sha256) if !is_sha256(&sha256) => return Err(no_sha256()),
        Some(sha256) => {
            let size = app.control.code().needed(&caller.user, &sha256, app.clock.now()).await;
            size.map_err(Refused::from)?.is_some()
        }
    };
    Ok(Json(CodeAnswer { limit: app.code_limit, there }))
}

/// The name is none that an archive can have.
pub(super) fn no_sha256() -> Failure {
    let detail = "an archive is named by its SHA-256, 64 hexadecimal digits in lower case";
    Failure::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "code-invalid", detail)
}
