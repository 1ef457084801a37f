//! `GET /api/v1/git`; `PUT` and `DELETE /api/v1/git/{host}`

use axum::http::StatusCode;
use berth_shared::api::{GitLogin, Page, Problem, SetGitLogin};

use super::{
    extract::{By, Here, Json, Path},
    problem::Failure,
    secrets::unavailable,
};
use crate::secrets::SetGitLoginError;

/// The project's logins at hosts of Git repositories, by host. Their passwords are told to nobody.
#[utoipa::path(
    get,
    path = "/api/v1/git",
    tag = "secrets",
    responses((status = 200, description = "the logins", body = Page<GitLogin>)),
)]
pub(super) async fn list(Here(app): Here) -> Result<Json<Page<GitLogin>>, Failure> {
    let items = app.secrets.git_logins().await.map_err(|away| unavailable(&away))?;
    Ok(Json(Page { items, next: None }))
}

/// Sets a login at a host of Git repositories, whether it is new or not. Runs that are launched from then on and clone from there are let
/// in by it.
#[utoipa::path(
    put,
    path = "/api/v1/git/{host}",
    tag = "secrets",
    params(("host" = String, Path, description = "`HOST` or `HOST:PORT` in lower case, reached by HTTPS; `http://HOST:PORT`, escaped, for one that is reached in the open")),
    request_body = SetGitLogin,
    responses(
        (status = 200, description = "it is set", body = GitLogin),
        (status = 409, description = "`too-many-logins`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`git-login-invalid`: its host, name or password will not do", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set(
    Here(app): Here,
    By(caller): By,
    Path(host): Path<String>,
    Json(login): Json<SetGitLogin>,
) -> Result<Json<GitLogin>, Failure> {
    let by = (caller.user.as_str(), app.clock.now());
    let set = app.secrets.set_git_login(&host, &login, by, app.random_bytes()).await;
    let set = set.map_err(|error| refused(&error))?;
    tracing::info!(user = caller.user, host, "Git login set");
    Ok(Json(set))
}

/// Removes a login. Runs that are launched from then on are no longer let in by it.
#[utoipa::path(
    delete,
    path = "/api/v1/git/{host}",
    tag = "secrets",
    params(("host" = String, Path, description = "as it was set")),
    responses(
        (status = 204, description = "it is gone"),
        (status = 404, description = "`git-login-not-found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove(
    Here(app): Here,
    By(caller): By,
    Path(host): Path<String>,
) -> Result<StatusCode, Failure> {
    if !app.secrets.remove_git_login(&host).await.map_err(|away| unavailable(&away))? {
        let detail = format!("there is no login for `{host}`");
        return Err(Failure::new(StatusCode::NOT_FOUND, "git-login-not-found", detail));
    }
    tracing::info!(user = caller.user, host, "Git login removed");
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: &SetGitLoginError) -> Failure {
    let (status, code) = match error {
        SetGitLoginError::Host(_) | SetGitLoginError::Login => {
            (StatusCode::UNPROCESSABLE_ENTITY, "git-login-invalid")
        }
        SetGitLoginError::TooMany => (StatusCode::CONFLICT, "too-many-logins"),
        SetGitLoginError::Away(away) => return unavailable(away),
    };
    Failure::new(status, code, error.to_string())
}
