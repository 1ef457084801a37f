//! `POST /api/v1/pools/{name}/delete`

use axum::http::StatusCode;
use berth_shared::api::{DeletePool, Problem};

use crate::provider::remote::Hosts;

use super::{
    extract::{By, Here, Json, Path},
    problem::Failure,
};

/// Removes a pool that is empty; by force its instances, too, and then, asked again, the pool.
#[utoipa::path(
    post,
    path = "/api/v1/pools/{name}/delete",
    tag = "pools",
    params(("name" = String, Path, description = "the pool's name")),
    request_body = DeletePool,
    responses(
        (status = 204, description = "removed"),
        (status = 404, description = "no pool has this name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it has instances or SSH hosts, or is the default one", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
    Json(request): Json<DeletePool>,
) -> Result<StatusCode, Failure> {
    let hosts = app.hosts().map(Hosts::list).unwrap_or_default();
    if let Some(host) = hosts.iter().find(|host| host.pool.as_ref() == Some(&name)) {
        let why = format!("the SSH host `{}` is in the pool `{name}`: remove the host first", host.name);
        return Err(Failure::new(StatusCode::CONFLICT, "pool-not-empty", why));
    }
    app.control.delete_pool(&caller.user, &name, request).await?;
    tracing::info!(user = caller.user, pool = name, "pool removed");
    Ok(StatusCode::NO_CONTENT)
}
