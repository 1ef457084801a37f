//! `POST /api/v1/pools/{name}/default`

use berth_shared::api::{Pool, Problem};

use super::{
    extract::{By, Here, Json, Path},
    problem::Failure,
};

/// Makes a pool the one that runs use which name none.
#[utoipa::path(
    post,
    path = "/api/v1/pools/{name}/default",
    tag = "pools",
    params(("name" = String, Path, description = "the pool's name")),
    responses(
        (status = 200, description = "it is the default", body = Pool),
        (status = 404, description = "no pool has this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set_default(
    Here(app): Here,
    By(caller): By,
    Path(name): Path<String>,
) -> Result<Json<Pool>, Failure> {
    let pool = app.control.set_default_pool(&caller.user, &name).await?;
    tracing::info!(user = caller.user, pool = name, "default pool chosen");
    Ok(Json(pool))
}
