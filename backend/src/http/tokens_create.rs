//! `POST /api/v1/tokens`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::{NewToken, Problem, TokenRequest};

use super::{
    App,
    extract::{By, Json},
    problem::Failure,
};

/// The longest label, in characters.
const LABEL: usize = 100;

/// Makes an API token for the person who asks. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    tag = "session",
    request_body = TokenRequest,
    responses(
        (status = 201, description = "made", body = NewToken),
        (status = 409, description = "`token-label-taken`: the person has one of this label", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`token-label-invalid`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    By(caller): By,
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
    match app.auth.create_api_token(&caller.user, label).await {
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
