//! `PATCH` and `DELETE /api/v1/people/{name}`, `POST /api/v1/people/{name}/link`

use std::sync::Arc;

use axum::http::StatusCode;
use berth_shared::api::{ChangePerson, Invitation, Person, Problem};

use super::{
    audited::Note,
    extract::{By, Here, Json, Path},
    problem::Failure,
};
use crate::store::LimitsOf;

/// Changes what a person is to the project. It counts from their next request on; terminals, SSH connections and previews that
/// they may have no more end at once.
#[utoipa::path(
    patch,
    path = "/api/v1/people/{name}",
    tag = "people",
    params(("name" = String, Path, description = "the person's name")),
    request_body = ChangePerson,
    responses(
        (status = 200, description = "changed", body = Person),
        (status = 404, description = "`person-not-found`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`last-admin`: nobody would be left to look after the people", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn change(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Path(name): Path<String>,
    Json(ChangePerson { role }): Json<ChangePerson>,
) -> Result<Json<Person>, Failure> {
    note.detail(role.as_str());
    let person = app.auth.set_role(&name, role).await?;
    tracing::info!(user = caller.user, person = name, %role, "role changed");
    Ok(Json(person))
}

/// Removes a person. Their sessions, API tokens and SSH keys open nothing any more, and what is open by them ends at once. What they
/// launched goes on under their name, and managers can stop it.
#[utoipa::path(
    delete,
    path = "/api/v1/people/{name}",
    tag = "people",
    params(("name" = String, Path, description = "the person's name")),
    responses(
        (status = 204, description = "removed; their runs stay"),
        (status = 404, description = "`person-not-found`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`last-admin`: nobody would be left to look after the people", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    app.auth.remove_person(&name).await?;
    tracing::info!(user = caller.user, person = name, "person removed");
    // Whoever is given the name later begins with everybody's limits.
    for project in app.auth.project_names().await? {
        let control = Arc::clone(&app.control).of(&project);
        let mut people = control.limits().await?.people.into_iter();
        if people.any(|standing| standing.own && standing.person.as_deref() == Some(name.as_str())) {
            control.set_limits(&caller.user, LimitsOf::Person(name.clone()), None).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new link by which a person comes in once, within a week, for one who has forgotten the password or lost the link; earlier
/// ones work no longer. Whoever came in by a link may set a password within the hour without saying the one until then.
#[utoipa::path(
    post,
    path = "/api/v1/people/{name}/link",
    tag = "people",
    params(("name" = String, Path, description = "the person's name")),
    responses(
        (status = 200, description = "the link's token, told this once", body = Invitation),
        (status = 404, description = "`person-not-found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn link(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
) -> Result<Json<Invitation>, Failure> {
    let (person, token, expires_at) = app.auth.link(&name).await?;
    tracing::info!(user = caller.user, person = name, "login link made");
    Ok(Json(Invitation { person, token: token.reveal().into(), expires_at }))
}
