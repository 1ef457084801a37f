//! `GET /api/v1/oidc/back`

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse as _, Response},
};
use berth_shared::api::{AuditOutcome, AuditVia, OidcProblem};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{App, extract::Query, oidc, session, visitor::Visitor};
use crate::{
    audit::Draft,
    auth::oidc::{Entered, Returned},
};

/// How the audit log calls the way in.
const BY: &str = "by single sign-on";

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
    let draft = Draft::of_a_stranger(visitor.address, "login", app.audit.now());
    let known = |user: &str, action: &'static str| Draft {
        actor: Some(user.to_owned()),
        via: AuditVia::Session,
        action,
        outcome: AuditOutcome::Done,
        detail: Some(BY.to_owned()),
        ..draft.clone()
    };
    match app.auth.end_oidc(returned, &at, session::visit(&headers, visitor)).await {
        Ok(Entered::SignedIn { user, session, to }) => {
            app.audit.record(known(&user, "login")).await;
            tracing::info!(user, "signed in by single sign-on");
            let begins = session::begin(&session, app.names.is_https(visitor.scheme));
            (AppendHeaders([(header::SET_COOKIE, begins), over]), oidc::to(&to)).into_response()
        }
        Ok(Entered::Connected { user, to }) => {
            app.audit.record(known(&user, "oidc.connected")).await;
            tracing::info!(user, "connected by single sign-on");
            (AppendHeaders([over]), oidc::to(&to)).into_response()
        }
        // Another window's sign-in may be under way in this browser: its cookie stays.
        Err(error) => {
            let ours = matches!(error.problem, OidcProblem::Internal | OidcProblem::NoAnswer);
            let outcome = if ours { AuditOutcome::Failed } else { AuditOutcome::Refused };
            let detail = Some(format!("{BY}; {}", error.problem.as_str()));
            app.audit.record_stranger(Draft { outcome, detail, ..draft }).await;
            oidc::told(&error)
        }
    }
}
