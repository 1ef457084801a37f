//! `POST /api/v1/oidc/invitation`

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
};
use berth_shared::api::{AcceptInvitation, OidcBegun, Problem};

use super::{App, extract::Json, oidc, problem::Failure, visitor::Visitor};

/// Accepts an invitation by single sign-on: whom the provider names is connected with the account that the link opens, and comes in by the
/// provider from then on. The link is used up once they come back.
#[utoipa::path(
    post,
    path = "/api/v1/oidc/invitation",
    tag = "session",
    request_body = AcceptInvitation,
    responses(
        (status = 200, description = "where the browser goes on; `Set-Cookie` carries the sign-in", body = OidcBegun),
        (status = 404, description = "`oidc-off`: the server has no single sign-on", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-attempts`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`oidc-no-answer`: the provider does not answer", body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
pub(super) async fn accept(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Json(AcceptInvitation { token }): Json<AcceptInvitation>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<OidcBegun>), Failure> {
    let begun = app.auth.begin_oidc_invitation(&token, &oidc::back(&app, visitor, &headers)).await;
    let begun = begun.map_err(|error| oidc::failure(&app, &error))?;
    Ok(([oidc::begin(&app, visitor, &begun.cookie)], Json(OidcBegun { url: begun.url })))
}
