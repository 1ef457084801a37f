//! `GET` and `POST /api/v1/webhooks`

use axum::http::StatusCode;
use berth_shared::api::{AddWebhook, AddedWebhook, Page, Problem, Webhook};

use super::{
    audited::Note,
    extract::{By, Here, Json},
    problem::Failure,
};
use crate::webhooks::WebhookError;

/// Addresses that are told of what happens, by name, each with its newest deliveries. What may be secret in an address is left out.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    responses((status = 200, description = "all of them", body = Page<Webhook>, example = json!({
        "items": [{
            "name": "ops",
            "url": "https://hooks.example/berth?token=***",
            "kinds": ["running", "failed"],
            "added_by": "ann",
            "added_at": 1_790_000_000_000_i64,
            "deliveries": [{
                "id": "msg_2f1d0c7e6b5a49388271605f4e3d2c1b",
                "kind": "running",
                "at": 1_790_000_100_000_i64,
                "attempts": 1,
                "delivered_at": 1_790_000_100_250_i64
            }]
        }],
        "next": null
    }))),
)]
pub(super) async fn list(Here(app): Here) -> Result<Json<Page<Webhook>>, Failure> {
    Ok(Json(Page { items: app.webhooks.list().await?, next: None }))
}

/// Adds an address that is told of what happens, or puts it in the place of one of the same name, of which nothing is sent any more. The
/// answer has the key of the signatures, `whsec_…`, told this once. `docs/webhooks.md` says what is sent.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    request_body(content = AddWebhook, example = json!({
        "name": "ops", "url": "https://hooks.example/berth?token=…", "kinds": ["running", "failed"]
    })),
    responses(
        (status = 201, description = "added", body = AddedWebhook, example = json!({
            "webhook": {
                "name": "ops",
                "url": "https://hooks.example/berth?token=***",
                "kinds": ["running", "failed"],
                "added_by": "ann",
                "added_at": 1_790_000_000_000_i64,
                "deliveries": []
            },
            "secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        })),
        (status = 409, description = "`too-many-webhooks`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`webhook-invalid`; `webhook-barred`: its address is not on the internet", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Json(request): Json<AddWebhook>,
) -> Result<(StatusCode, Json<AddedWebhook>), Failure> {
    note.target(request.name.as_str());
    let random = (app.random_bytes(), app.random_bytes());
    let added = app.webhooks.add(request, &caller.user, app.clock.now(), random).await?;
    note.detail(added.webhook.url.as_str());
    tracing::info!(user = caller.user, webhook = added.webhook.name, "webhook added");
    Ok((StatusCode::CREATED, Json(added)))
}

impl From<WebhookError> for Failure {
    fn from(error: WebhookError) -> Self {
        let (status, code) = match &error {
            WebhookError::Name | WebhookError::Address | WebhookError::Kinds => {
                (StatusCode::UNPROCESSABLE_ENTITY, "webhook-invalid")
            }
            WebhookError::Barred(_) => (StatusCode::UNPROCESSABLE_ENTITY, "webhook-barred"),
            WebhookError::TooMany => (StatusCode::CONFLICT, "too-many-webhooks"),
            WebhookError::NotFound(_) => (StatusCode::NOT_FOUND, "webhook-not-found"),
            WebhookError::Store(source) => return Self::database(source),
        };
        Self::new(status, code, error.to_string())
    }
}
