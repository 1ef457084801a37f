//! `GET`, `POST` and `DELETE /api/v1/me/oidc`

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
};
use berth_shared::api::{OidcAccount, OidcBegun, Problem};

use super::{
    App,
    extract::{By, Json},
    oidc,
    problem::Failure,
    visitor::Visitor,
};
use crate::auth::{Proof, oidc::Connected};

/// Who the person who asks is at the provider of single sign-on.
#[utoipa::path(
    get,
    path = "/api/v1/me/oidc",
    tag = "session",
    responses((status = 200, description = "the provider, and whom the account is connected with", body = OidcAccount)),
)]
pub(super) async fn account(State(app): State<App>, By(caller): By) -> Result<Json<OidcAccount>, Failure> {
    Ok(Json(app.auth.oidc_account(&caller).await?))
}

/// Begins to connect the account of the person who asks: the browser goes on to the provider, and whom that names opens the account from then
/// on.
#[utoipa::path(
    post,
    path = "/api/v1/me/oidc",
    tag = "session",
    responses(
        (status = 200, description = "where the browser goes on; `Set-Cookie` carries the sign-in", body = OidcBegun),
        (status = 403, description = "`session-needed`: a browser that is signed in does this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`oidc-off`: the server has no single sign-on", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-attempts`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`oidc-no-answer`: the provider does not answer", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn connect(
    State(app): State<App>,
    By(caller): By,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<([(HeaderName, HeaderValue); 1], Json<OidcBegun>), Failure> {
    let Proof::Session { digest, .. } = &caller.proof else {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "session-needed",
            "an account is connected in a browser that is signed in, since the provider has to see who sits there",
        ));
    };
    let begun = app.auth.begin_oidc_connection(digest, &oidc::back(&app, visitor, &headers)).await;
    let begun = begun.map_err(|error| oidc::failure(&app, &error))?;
    Ok(([oidc::begin(&app, visitor, &begun.cookie)], Json(OidcBegun { url: begun.url })))
}

/// Disconnects the account of the person who asks. Their sessions stay.
#[utoipa::path(
    delete,
    path = "/api/v1/me/oidc",
    tag = "session",
    responses(
        (status = 204, description = "disconnected, or was not connected"),
        (status = 409, description = "`password-needed`: without a password and without the provider nothing but an admin's link would let them in again", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn disconnect(State(app): State<App>, By(caller): By) -> Result<StatusCode, Failure> {
    match app.auth.disconnect_oidc(&caller).await? {
        Connected::NoLonger => {
            tracing::info!(user = caller.user, "account disconnected from the provider of single sign-on");
            Ok(StatusCode::NO_CONTENT)
        }
        Connected::Needed => Err(Failure::new(
            StatusCode::CONFLICT,
            "password-needed",
            "set a password first: without it you would not come in again but by an admin's link",
        )),
    }
}
