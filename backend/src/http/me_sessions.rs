//! `GET /api/v1/me/sessions`, `DELETE /api/v1/me/sessions/{id}`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::{Page, Problem, SessionInfo};

use super::{
    App,
    extract::{By, Json, Path},
    problem::Failure,
};

/// Sessions of the person who asks, the last used first.
#[utoipa::path(
    get,
    path = "/api/v1/me/sessions",
    tag = "session",
    responses((status = 200, description = "all of them, in one piece", body = Page<SessionInfo>)),
)]
pub(super) async fn list(State(app): State<App>, By(caller): By) -> Result<Json<Page<SessionInfo>>, Failure> {
    Ok(Json(Page { items: app.auth.sessions(&caller).await?, next: None }))
}

/// Ends a session of the person who asks, and every connection that lives by it.
#[utoipa::path(
    delete,
    path = "/api/v1/me/sessions/{id}",
    tag = "session",
    params(("id" = String, Path, description = "what names it in the list")),
    responses(
        (status = 204, description = "ended"),
        (status = 404, description = "`session-not-found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn end(
    State(app): State<App>,
    By(caller): By,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    if !app.auth.end_session(&caller.user, &id).await? {
        let detail = format!("you have no session `{id}`; it may have ended already");
        return Err(Failure::new(StatusCode::NOT_FOUND, "session-not-found", detail));
    }
    tracing::info!(user = caller.user, session = id, "session ended");
    Ok(StatusCode::NO_CONTENT)
}
