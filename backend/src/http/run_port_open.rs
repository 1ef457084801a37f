//! `GET /api/v1/runs/{name}/ports/{port}/open`

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use berth_shared::api::Problem;
use serde::Deserialize;

use super::{
    extract::{By, Here, Path, Query},
    problem::Failure,
    run_ports::host,
};
use crate::{
    access::ports::{self, Addresses, Place},
    auth::{Preview, Proof},
};

/// Where in the preview.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// Path and query of what is to be shown there, from the `/` on; its first page where this is absent or leads elsewhere.
    to: Option<String>,
}

/// Leads a browser that is signed in to the preview of a port, which has an address of its own, and lets it in there: the address that it is
/// led to carries a ticket, good once and for a minute.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}/ports/{port}/open",
    tag = "ports",
    params(
        ("name" = String, Path, description = "the run's name"),
        ("port" = u16, Path, description = "the port in the environment; the configuration names it"),
        Params,
    ),
    responses(
        (status = 303, description = "to the preview"),
        (status = 403, description = "`session-needed`: by an API token there is no preview; `not-allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "no run has or had this name, or `port-not-listed`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`no-previews`: the server has no address for it", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn open(
    Here(app): Here,
    By(caller): By,
    headers: HeaderMap,
    Path((name, port)): Path<(String, u16)>,
    Query(params): Query<Params>,
) -> Result<(StatusCode, [(HeaderName, String); 1]), Failure> {
    let Proof::Session { digest, expires_at, .. } = caller.proof else {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "session-needed",
            "a preview is for a browser that is signed in; a program reaches the port with `berth attach`, or over SSH",
        ));
    };
    let run = app.control.run(&name).await?.run;
    if !run.ports.iter().any(|(_, listed)| *listed == u32::from(port)) {
        return Err(Failure::new(
            StatusCode::NOT_FOUND,
            "port-not-listed",
            format!(
                "the configuration of `{name}` does not name port {port}; it lists what is shown under `ports`"
            ),
        ));
    }
    let place = Place { project: run.project, run: run.name, port };
    let Some(preview) = app.previews.of(&place, host(&headers)) else {
        return Err(Failure::new(StatusCode::CONFLICT, "no-previews", Addresses::NONE));
    };
    let of =
        Preview { user: caller.user, session: digest, session_expires_at: expires_at, run: run.id, port };
    let ticket = app.auth.preview_ticket(&of).await?;
    Ok((
        StatusCode::SEE_OTHER,
        [(header::LOCATION, ports::entrance(&preview, &ticket, params.to.as_deref()))],
    ))
}
