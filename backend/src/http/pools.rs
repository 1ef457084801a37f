//! `GET /api/v1/pools`, `POST /api/v1/pools`

use berth_shared::api::{CreatePool, Page, Pool, Problem};

use super::{
    audited::Note,
    extract::{By, Here, Json},
    problem::Failure,
};

/// Pools by name, with how many instances each has.
#[utoipa::path(
    get,
    path = "/api/v1/pools",
    tag = "pools",
    responses(
        (status = 200, description = "all of them, in one piece", body = Page<Pool>),
    ),
)]
pub(super) async fn list(Here(app): Here) -> Result<Json<Page<Pool>>, Failure> {
    Ok(Json(Page { items: app.control.pools().await?, next: None }))
}

/// Makes a pool.
#[utoipa::path(
    post,
    path = "/api/v1/pools",
    tag = "pools",
    request_body = CreatePool,
    responses(
        (status = 200, description = "made", body = Pool),
        (status = 422, description = "it cannot have this name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "there is one of this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn create(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Json(request): Json<CreatePool>,
) -> Result<Json<Pool>, Failure> {
    note.target(request.name.as_str());
    let pool = app.control.create_pool(&caller.user, request).await?;
    tracing::info!(user = caller.user, pool = pool.name, "pool made");
    Ok(Json(pool))
}
