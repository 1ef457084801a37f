//! `GET /api/v1/orphans`, `POST /api/v1/orphans/decide`

use berth_shared::api::{DecideOrphan, Orphan, Page, Problem};

use super::{
    audited::Note,
    extract::{By, Here, Json},
    problem::Failure,
};

/// What providers have and no row tells of, and the newest of what was removed.
#[utoipa::path(
    get,
    path = "/api/v1/orphans",
    tag = "instances",
    responses(
        (status = 200, description = "all of them, in one piece", body = Page<Orphan>),
    ),
)]
pub(super) async fn list(Here(app): Here) -> Result<Json<Page<Orphan>>, Failure> {
    Ok(Json(Page { items: app.control.orphans().await?, next: None }))
}

/// Keeps an orphan of this installation, or lets the next sweep remove it.
#[utoipa::path(
    post,
    path = "/api/v1/orphans/decide",
    tag = "instances",
    request_body = DecideOrphan,
    responses(
        (status = 200, description = "written down", body = Orphan),
        (status = 404, description = "there is none, or it is gone", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "another installation made it", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn decide(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Json(request): Json<DecideOrphan>,
) -> Result<Json<Orphan>, Failure> {
    note.target(request.handle.as_str());
    note.detail(if request.keep { "keep" } else { "remove" });
    let orphan = app.control.decide_orphan(&caller.user, request).await?;
    tracing::info!(
        user = caller.user,
        handle = orphan.handle,
        kept = orphan.remove_at.is_none(),
        "orphan decided"
    );
    Ok(Json(orphan))
}
