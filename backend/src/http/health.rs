//! `GET /healthz` and `GET /readyz`

use axum::{extract::State, http::StatusCode};

use super::{App, problem::Failure};

/// Answers as long as the process does.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Answers with 200 when the state can be read, so that requests can be served, and what they do is written down.
pub(super) async fn readyz(State(app): State<App>) -> Result<&'static str, Failure> {
    if *app.stopping.borrow() {
        return Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "the server is stopping"));
    }
    let newest = *app.control.newest().borrow();
    match app.control.events_after(newest, 1).await {
        Ok(_) if !app.audit.is_whole().await => Err(Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "audit-not-written",
            "the audit log cannot be written; the server's log says why, and has what is missing",
        )),
        Ok(_) => Ok("ready\n"),
        Err(refused) => Err(Failure {
            cause: Some(super::problem::chain(&refused)),
            ..Failure::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "the database cannot be read")
        }),
    }
}
