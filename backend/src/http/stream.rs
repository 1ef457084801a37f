//! `GET /api/v1/stream`

use axum::{
    extract::{WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::StatusCode,
    response::Response,
};
use berth_shared::api::{EventSeq, ServerMessage};
use serde::Deserialize;

use super::{
    extract::{By, Here, Query},
    problem::Failure,
};
use crate::live::{self, Life, stream::Ends};

/// Where to go on.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The last event that the page knows; absent when it knows none.
    after: Option<EventSeq>,
}

/// The stream of a project: a WebSocket with one JSON message a frame. `docs/api/stream.md` describes it.
#[utoipa::path(
    get,
    path = "/api/v1/stream",
    tag = "stream",
    params(Params),
    responses(
        (status = 101, description = "a WebSocket; each text frame from the server is one of these, each from the page a `ClientMessage`", body = ServerMessage),
        (status = 426, description = "not a WebSocket handshake", body = berth_shared::api::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn stream(
    Here(app): Here,
    By(caller): By,
    Query(params): Query<Params>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let upgrade = live::configure(upgrade.map_err(|_| not_a_websocket())?);
    let life = Life::greeted(&caller, &app.auth, &*app.clock, app.stopping.clone());
    let mut catalogues = app.catalogues.subscribe();
    // What the greeting names is known; each later one is told.
    let server = app.info(&catalogues.borrow_and_update());
    let ends = Ends {
        control: app.control.clone(),
        clock: app.clock.clone(),
        hub: app.hub.clone(),
        server,
        catalogues,
        user: caller.told(),
        caller,
    };
    let counted = (app.sockets.enter(), app.streams.enter());
    Ok(upgrade.on_upgrade(async move |socket| {
        live::stream::run(socket, ends, params.after, life).await;
        drop(counted);
    }))
}

/// A WebSocket's address was asked for something else.
pub(super) fn not_a_websocket() -> Failure {
    Failure::new(
        StatusCode::UPGRADE_REQUIRED,
        "not-a-websocket",
        "this address speaks WebSocket only; `/api/docs` describes it",
    )
}
