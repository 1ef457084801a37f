//! `GET /api/v1/oidc/back`

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse as _, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{App, extract::Query, oidc, session, visitor::Visitor};
use crate::auth::oidc::{Entered, Returned};

/// What a provider adds to the address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Params {
    /// What the server gave this sign-in.
    #[serde(default)]
    state: Option<String>,
    /// What is exchanged for who it is.
    #[serde(default)]
    code: Option<String>,
    /// Why there is no code.
    #[serde(default)]
    error: Option<String>,
    /// Who says so.
    #[serde(default)]
    iss: Option<String>,
}

/// Where the provider of single sign-on sends people back to: begins a session of whom it names, or connects the account of who wanted that. Each
/// sign-in ends once, in the browser that began it, within ten minutes.
#[utoipa::path(
    get,
    path = "/api/v1/oidc/back",
    tag = "session",
    params(Params),
    responses((status = 303, description = "to the page that was wanted, `Set-Cookie` carries the session; to `/login#problem=…` or `/account#problem=…` when nobody is let in, or nothing connected")),
    security(()),
)]
pub(super) async fn back(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Query(params): Query<Params>,
) -> Response {
    let returned = Returned {
        cookie: oidc::cookie(&app, visitor, &headers),
        state: params.state.as_deref(),
        code: params.code.as_deref(),
        error: params.error.as_deref(),
        issuer: params.iss.as_deref(),
    };
    let at = oidc::back(&app, visitor, &headers);
    let over = oidc::end(&app, visitor);
    match app.auth.end_oidc(returned, &at, session::visit(&headers, visitor)).await {
        Ok(Entered::SignedIn { user, session, to }) => {
            tracing::info!(user, "signed in by single sign-on");
            let begins = session::begin(&session, app.names.is_https(visitor.scheme));
            (AppendHeaders([(header::SET_COOKIE, begins), over]), oidc::to(&to)).into_response()
        }
        Ok(Entered::Connected { user, to }) => {
            tracing::info!(user, "connected by single sign-on");
            (AppendHeaders([over]), oidc::to(&to)).into_response()
        }
        // Another window's sign-in may be under way in this browser: its cookie stays.
        Err(error) => oidc::told(&error),
    }
}
