//! `GET /api/v1/me`

use berth_shared::api::User;

use super::extract::{By, Json};

/// The person whose session or API token this is.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    tag = "session",
    responses((status = 200, description = "who is there", body = User)),
)]
pub(super) async fn me(By(caller): By) -> Json<User> {
    Json(caller.told())
}
