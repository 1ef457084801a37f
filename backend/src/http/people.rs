//! `GET` and `POST /api/v1/people`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::{AddPerson, Invitation, Page, Person, Problem};

use super::{
    App,
    audited::Note,
    extract::{By, Json},
    problem::Failure,
};
use crate::auth::PersonError;

/// Everybody who has an account, by name.
#[utoipa::path(
    get,
    path = "/api/v1/people",
    tag = "people",
    responses((status = 200, description = "all of them, in one piece", body = Page<Person>)),
)]
pub(super) async fn list(State(app): State<App>) -> Result<Json<Page<Person>>, Failure> {
    Ok(Json(Page { items: app.auth.people().await?, next: None }))
}

/// Makes an account. The answer has the token of a link, `/login#token=…`, by which its owner comes in once, within a week; it is
/// told this once.
#[utoipa::path(
    post,
    path = "/api/v1/people",
    tag = "people",
    request_body = AddPerson,
    responses(
        (status = 201, description = "made", body = Invitation),
        (status = 409, description = "`name-taken`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`name-invalid`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add(
    State(app): State<App>,
    By(caller): By,
    note: Note,
    Json(AddPerson { name, role }): Json<AddPerson>,
) -> Result<(StatusCode, Json<Invitation>), Failure> {
    note.target(name.as_str());
    note.detail(role.as_str());
    let (person, token, expires_at) = app.auth.invite(&name, role).await?;
    tracing::info!(user = caller.user, person = name, %role, "person added");
    Ok((StatusCode::CREATED, Json(Invitation { person, token: token.reveal().into(), expires_at })))
}

impl From<PersonError> for Failure {
    fn from(error: PersonError) -> Self {
        let (status, code) = match &error {
            PersonError::NotFound(_) => (StatusCode::NOT_FOUND, "person-not-found"),
            PersonError::Taken(_) => (StatusCode::CONFLICT, "name-taken"),
            PersonError::Name => (StatusCode::UNPROCESSABLE_ENTITY, "name-invalid"),
            PersonError::LastAdmin(_) => (StatusCode::CONFLICT, "last-admin"),
            PersonError::Store(source) => return Self::database(source),
        };
        Self::new(status, code, error.to_string())
    }
}
