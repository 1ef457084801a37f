//! `GET /api/v1/oidc/begin`

use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{App, extract::Query, oidc, visitor::Visitor};

/// Where somebody goes on once they are signed in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    /// A page of this server, as a path; `/` without it, and for what is none.
    #[serde(default)]
    to: Option<String>,
}

/// Sends a browser to the provider of single sign-on, from where it comes back to `/api/v1/oidc/back`. A cookie holds for ten minutes what this
/// sign-in is known by.
#[utoipa::path(
    get,
    path = "/api/v1/oidc/begin",
    tag = "session",
    params(Params),
    responses((status = 303, description = "to the provider; to `/login#problem=…` when there is none, or it does not answer")),
    security(()),
)]
pub(super) async fn begin(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Query(params): Query<Params>,
) -> Response {
    let back = oidc::back(&app, visitor, &headers);
    match app.auth.begin_oidc(params.to.as_deref().unwrap_or("/"), &back).await {
        Ok(begun) => ([oidc::begin(&app, visitor, &begun.cookie)], oidc::to(&begun.url)).into_response(),
        Err(error) => oidc::told(&error),
    }
}
