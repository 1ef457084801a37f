//! `GET` and `PATCH /api/v1/settings`

use berth_shared::{
    api::{ChangeSettings, Problem, ProjectSettings},
    policy::{Action, Whose, may},
};

use super::{
    audited::Note,
    extract::{By, Here, Json},
    problem::Failure,
};

/// What the admins of the project have decided for it: as which release of dstack a text is read that says nothing else, and whether
/// containers may be privileged.
#[utoipa::path(
    get,
    path = "/api/v1/settings",
    tag = "projects",
    responses((status = 200, description = "as they are", body = ProjectSettings)),
)]
pub(super) async fn get(Here(app): Here) -> Result<Json<ProjectSettings>, Failure> {
    Ok(Json(app.control.settings().await?))
}

/// Changes settings of the project; what is left out stays as it is. It counts from the next plan and the next launch on, and for runs
/// that wait for a machine. What runs already goes on. Privileged containers are allowed by admins of the server alone, whose machines
/// they can take over; an admin of the project can forbid them again.
#[utoipa::path(
    patch,
    path = "/api/v1/settings",
    tag = "projects",
    request_body = ChangeSettings,
    responses(
        (status = 200, description = "changed; as they are now", body = ProjectSettings),
        (status = 422, description = "`wrong-shape`: there is no such setting, or it cannot be that", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn change(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Json(change): Json<ChangeSettings>,
) -> Result<Json<ProjectSettings>, Failure> {
    let allow = Action::AllowPrivileged;
    if change.privileged == Some(true) && !may(caller.roles().over(allow), allow, Whose::Own) {
        return Err(Failure::not_allowed(&caller, allow, Whose::Own));
    }
    let told = change.told();
    if !told.is_empty() {
        note.detail(told);
    }
    let settings = app.control.change_settings(&caller.user, change).await?;
    tracing::info!(
        user = caller.user,
        project = caller.project,
        ?settings,
        "settings of the project changed"
    );
    Ok(Json(settings))
}
