//! `GET /api/v1/members`, `PUT` and `DELETE /api/v1/members/{name}`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::{Member, Page, Problem, SetMember};

use super::{
    App,
    audited::Note,
    extract::{By, Json, Path},
    problem::Failure,
};
use crate::auth::ProjectError;

/// Who is in the project, by name: whom it has made something, and who is something to the server.
#[utoipa::path(
    get,
    path = "/api/v1/members",
    tag = "projects",
    responses((status = 200, description = "all of them, in one piece", body = Page<Member>)),
)]
pub(super) async fn list(State(app): State<App>, By(caller): By) -> Result<Json<Page<Member>>, Failure> {
    Ok(Json(Page { items: app.auth.members(&caller.project).await?, next: None }))
}

/// Makes a person a member of the project, or another one than before. It counts from their next request on; what is open and may not
/// be any more ends at once.
#[utoipa::path(
    put,
    path = "/api/v1/members/{name}",
    tag = "projects",
    params(("name" = String, Path, description = "the person's name")),
    request_body = SetMember,
    responses(
        (status = 200, description = "so it is", body = Member),
        (status = 404, description = "`person-not-found`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`role-invalid`: `guest` is what somebody is who is not in the project", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set(
    State(app): State<App>,
    By(caller): By,
    note: Note,
    Path(name): Path<String>,
    Json(SetMember { role }): Json<SetMember>,
) -> Result<Json<Member>, Failure> {
    note.detail(role.as_str());
    let member = app.auth.set_member(&caller.project, &name, role).await?;
    tracing::info!(user = caller.user, project = caller.project, person = name, %role, "member set");
    Ok(Json(member))
}

/// Takes a person out of the project. What they launched stays; who is something to the server still is the same to the project.
#[utoipa::path(
    delete,
    path = "/api/v1/members/{name}",
    tag = "projects",
    params(("name" = String, Path, description = "the person's name")),
    responses(
        (status = 204, description = "taken out"),
        (status = 404, description = "`person-not-found`: the project has not made them anything", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove(
    State(app): State<App>,
    By(caller): By,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    if !app.auth.remove_member(&caller.project, &name).await? {
        return Err(ProjectError::NotFound(name).into());
    }
    tracing::info!(user = caller.user, project = caller.project, person = name, "member removed");
    Ok(StatusCode::NO_CONTENT)
}
