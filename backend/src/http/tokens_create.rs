//! `POST /api/v1/tokens`

use std::ops::RangeInclusive;

use axum::{extract::State, http::StatusCode};
use berth_shared::api::{NewToken, Problem, TokenRequest};

use super::{
    App,
    audited::Note,
    extract::{By, Json},
    problem::Failure,
};
use crate::auth::NewApiToken;

/// The longest label, in characters.
const LABEL: usize = 100;

/// After how many seconds a token may expire.
pub(crate) const EXPIRES_IN: RangeInclusive<u32> = 60..=315_360_000;

/// Makes an API token for the person who asks. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    tag = "session",
    request_body = TokenRequest,
    responses(
        (status = 201, description = "made", body = NewToken),
        (status = 409, description = "`token-label-taken`: the person has one of this label", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`token-label-invalid`, `token-expiry-invalid`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    By(caller): By,
    note: Note,
    Json(request): Json<TokenRequest>,
) -> Result<(StatusCode, Json<NewToken>), Failure> {
    let label = request.label.trim();
    if label.is_empty() || label.chars().count() > LABEL || label.chars().any(char::is_control) {
        return Err(Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "token-label-invalid",
            format!(
                "a token's label is a text of 1 to {LABEL} characters on one line that says what it is for"
            ),
        ));
    }
    note.target(label);
    if let Some(role) = request.role {
        note.detail(format!("{role} at most"));
    }
    if request.expires_in.is_some_and(|seconds| !EXPIRES_IN.contains(&seconds)) {
        return Err(Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "token-expiry-invalid",
            format!(
                "a token expires after {} to {} seconds (ten years), or never",
                EXPIRES_IN.start(),
                EXPIRES_IN.end()
            ),
        ));
    }
    let expires_at = request.expires_in.map(|seconds| app.clock.now().plus_seconds(seconds.into()));
    let new = NewApiToken { user: &caller.user, label, role: request.role, expires_at };
    match app.auth.create_api_token(new).await {
        Ok(secret) => {
            tracing::info!(user = caller.user, label, "API token made");
            let made = NewToken { token: secret.reveal().into(), label: label.into(), user: caller.user };
            Ok((StatusCode::CREATED, Json(made)))
        }
        Err(error) if error.is_taken() => Err(Failure::new(
            StatusCode::CONFLICT,
            "token-label-taken",
            format!("there is a token labelled `{label}` already; choose another label, or revoke that one"),
        )),
        Err(error) => Err(error.into()),
    }
}
