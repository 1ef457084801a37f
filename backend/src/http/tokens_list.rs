//! `GET /api/v1/tokens`

use axum::extract::State;
use berth_shared::api::{ApiToken, Page};

use super::{
    App,
    extract::{By, Json},
    problem::Failure,
};

/// API tokens of the person who asks, oldest first, without their secrets.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    tag = "session",
    responses((status = 200, description = "all of them, in one piece", body = Page<ApiToken>)),
)]
pub(super) async fn list(State(app): State<App>, By(caller): By) -> Result<Json<Page<ApiToken>>, Failure> {
    Ok(Json(Page { items: app.auth.api_tokens(&caller.user).await?, next: None }))
}
