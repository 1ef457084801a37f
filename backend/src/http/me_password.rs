//! `PUT /api/v1/me/password`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::{Problem, SetPassword};

use super::{
    App,
    extract::{By, Json},
    problem::Failure,
};
use crate::auth::SetPasswordError;

/// Gives the person who asks a password, or another, and ends their other sessions. Whoever has one says it, unless a link let them in
/// within the last hour.
#[utoipa::path(
    put,
    path = "/api/v1/me/password",
    tag = "session",
    request_body = SetPassword,
    responses(
        (status = 204, description = "set"),
        (status = 403, description = "`password-wrong`: that is not the one until now; `password-needed`: it was not said", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`password-invalid`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-attempts`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set(
    State(app): State<App>,
    By(caller): By,
    Json(SetPassword { current, new }): Json<SetPassword>,
) -> Result<StatusCode, Failure> {
    app.auth.set_password(&caller, current, new).await?;
    tracing::info!(user = caller.user, "password set");
    Ok(StatusCode::NO_CONTENT)
}

impl From<SetPasswordError> for Failure {
    fn from(error: SetPasswordError) -> Self {
        let (status, code, retry_after) = match &error {
            SetPasswordError::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "password-invalid", None),
            SetPasswordError::Needed => (StatusCode::FORBIDDEN, "password-needed", None),
            SetPasswordError::Wrong => (StatusCode::FORBIDDEN, "password-wrong", None),
            SetPasswordError::TooMany { wait_seconds } => {
                (StatusCode::TOO_MANY_REQUESTS, "too-many-attempts", Some(*wait_seconds))
            }
            SetPasswordError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", Some(1)),
            SetPasswordError::Store(source) => return Self::database(source),
        };
        Self { retry_after, ..Self::new(status, code, error.to_string()) }
    }
}
