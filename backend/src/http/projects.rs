//! `GET` and `POST /api/v1/projects`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::{CreateProject, Page, Problem, Project};

use super::{
    App,
    audited::Note,
    extract::{By, Json},
    problem::Failure,
};
use crate::auth::ProjectError;

/// The projects that whoever asks may see, by name, with what they are to each.
#[utoipa::path(
    get,
    path = "/api/v1/projects",
    tag = "projects",
    responses((status = 200, description = "all of them, in one piece", body = Page<Project>)),
)]
pub(super) async fn list(State(app): State<App>, By(caller): By) -> Result<Json<Page<Project>>, Failure> {
    Ok(Json(Page { items: app.auth.projects(&caller).await?, next: None }))
}

/// Makes a project, with a default pool and without members: whoever is something to the server is the same to it.
#[utoipa::path(
    post,
    path = "/api/v1/projects",
    tag = "projects",
    request_body = CreateProject,
    responses(
        (status = 201, description = "made", body = Project),
        (status = 409, description = "`project-taken`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`project-name`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    By(caller): By,
    note: Note,
    Json(CreateProject { name }): Json<CreateProject>,
) -> Result<(StatusCode, Json<Project>), Failure> {
    note.target(name.as_str());
    let project = app.auth.create_project(&name, &caller).await?;
    tracing::info!(user = caller.user, project = name, "project made");
    Ok((StatusCode::CREATED, Json(project)))
}

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        let (status, code) = match &error {
            ProjectError::Name => (StatusCode::UNPROCESSABLE_ENTITY, "project-name"),
            ProjectError::Taken(_) => (StatusCode::CONFLICT, "project-taken"),
            ProjectError::NotFound(_) => (StatusCode::NOT_FOUND, "person-not-found"),
            ProjectError::Guest => (StatusCode::UNPROCESSABLE_ENTITY, "role-invalid"),
            ProjectError::Store(source) => return Self::database(source),
        };
        Self::new(status, code, error.to_string())
    }
}
