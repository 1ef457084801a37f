//! `DELETE /api/v1/webhooks/{name}`, `POST /api/v1/webhooks/{name}/test`

use axum::http::StatusCode;
use berth_shared::api::{Delivery, Problem};

use super::{
    extract::{By, Here, Json, Path},
    problem::Failure,
};
use crate::webhooks::WebhookError;

/// Removes a webhook. What is on its way to it is not sent any more.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{name}",
    tag = "webhooks",
    params(("name" = String, Path, description = "the webhook's name")),
    responses(
        (status = 204, description = "it is gone"),
        (status = 404, description = "`webhook-not-found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    if !app.webhooks.remove(&name).await? {
        return Err(WebhookError::NotFound(name).into());
    }
    tracing::info!(user = caller.user, webhook = name, "webhook removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a notification of the kind `test`, to see whether it arrives. It goes out at once; what became of it the list tells, under the
/// identifier of the answer.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{name}/test",
    tag = "webhooks",
    params(("name" = String, Path, description = "the webhook's name")),
    responses(
        (status = 202, description = "it is on its way", body = Delivery, example = json!({
            "id": "msg_2f1d0c7e6b5a49388271605f4e3d2c1b",
            "kind": "test",
            "at": 1_790_000_000_000_i64,
            "attempts": 0,
            "next_at": 1_790_000_000_000_i64
        })),
        (status = 404, description = "`webhook-not-found`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn test(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
) -> Result<(StatusCode, Json<Delivery>), Failure> {
    let now = app.clock.now();
    let delivery = app.webhooks.test(&name, &caller.user, now, app.new_id()).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery)))
}
