//! `GET /api/v1/secrets`; `PUT` and `DELETE /api/v1/secrets/{name}`

use axum::http::StatusCode;
use berth_shared::api::{Page, Problem, Secret, SetSecret};

use super::{
    extract::{By, Here, Json, Path},
    problem::Failure,
};
use crate::secrets::{BookAway, SetSecretError};

/// Names of secrets, in order. Their values are told to nobody.
#[utoipa::path(
    get,
    path = "/api/v1/secrets",
    tag = "secrets",
    responses((status = 200, description = "the secrets", body = Page<Secret>)),
)]
pub(super) async fn list(Here(app): Here, By(_): By) -> Result<Json<Page<Secret>>, Failure> {
    let items = app.secrets.list().await.map_err(|away| unavailable(&away))?;
    Ok(Json(Page { items, next: None }))
}

/// Gives a secret its value, whether it is new or not. Configurations name it `${{ secrets.NAME }}`, in `registry_auth` and in values of `env`;
/// environments that run keep the value that they began with.
#[utoipa::path(
    put,
    path = "/api/v1/secrets/{name}",
    tag = "secrets",
    params(("name" = String, Path, description = "up to 200 letters, digits, `_` and `-`, beginning with a letter or `_`")),
    request_body = SetSecret,
    responses(
        (status = 200, description = "it has this value now", body = Secret),
        (status = 409, description = "`too-many-secrets`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`secret-invalid`: its name or value will not do", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
    Json(SetSecret { value }): Json<SetSecret>,
) -> Result<Json<Secret>, Failure> {
    let secret = Secret { name, set_by: caller.user, set_at: app.clock.now() };
    let set = app.secrets.set(secret, &value, app.random_bytes()).await.map_err(|error| refused(&error))?;
    tracing::info!(user = set.set_by, secret = set.name, "secret set");
    Ok(Json(set))
}

/// Removes a secret. What names it is refused from then on; environments that run keep the value that they began with.
#[utoipa::path(
    delete,
    path = "/api/v1/secrets/{name}",
    tag = "secrets",
    params(("name" = String, Path, description = "the secret's name")),
    responses(
        (status = 204, description = "it is gone"),
        (status = 404, description = "`secret-not-found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    if !app.secrets.remove(&name).await.map_err(|away| unavailable(&away))? {
        let detail = format!("there is no secret `{name}`");
        return Err(Failure::new(StatusCode::NOT_FOUND, "secret-not-found", detail));
    }
    tracing::info!(user = caller.user, secret = name, "secret removed");
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn unavailable(away: &BookAway) -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", away.to_string())
}

fn refused(error: &SetSecretError) -> Failure {
    let (status, code) = match error {
        SetSecretError::Name(_) | SetSecretError::Value(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "secret-invalid")
        }
        SetSecretError::TooMany => (StatusCode::CONFLICT, "too-many-secrets"),
        SetSecretError::Away(away) => return unavailable(away),
    };
    Failure::new(status, code, error.to_string())
}
