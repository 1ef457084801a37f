//! `GET /api/v1/terminals/{name}/{id}`

use axum::{
    extract::{WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    response::Response,
};
use berth_shared::api::{Run, TerminalId, TerminalServerMessage, TerminalSize};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    extract::{By, Here, Path, Query},
    problem::Failure,
    stream::not_a_websocket,
    terminals::clamp,
};
use crate::{
    access::presence,
    live::{self, Life, terminal::Attach},
};

/// Where to go on, and how large the page shows it.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The byte from which on the page wants the output; absent for all that is kept.
    after: Option<u64>,
    /// Columns, 1 to 1000. With `rows`: opens the terminal when there is none with this identifier.
    cols: Option<u16>,
    /// Rows, 1 to 1000.
    rows: Option<u16>,
}

/// A terminal: a WebSocket whose binary frames are its bytes, both ways. `docs/api/stream.md` describes it.
/// What goes wrong after the handshake comes as a `failed` message, since pages cannot read a refused one.
#[utoipa::path(
    get,
    path = "/api/v1/terminals/{name}/{id}",
    tag = "terminals",
    params(
        ("name" = String, Path, description = "the run's name"),
        ("id" = Uuid, Path, description = "the terminal's identifier; the page may choose one"),
        Params,
    ),
    responses(
        (status = 101, description = "a WebSocket; each text frame from the server is one of these, each from the page a `TerminalClientMessage`", body = TerminalServerMessage),
        (status = 426, description = "not a WebSocket handshake", body = berth_shared::api::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn attach(
    Here(app): Here,
    By(caller): By,
    Path((name, id)): Path<(String, Uuid)>,
    Query(params): Query<Params>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let upgrade = live::configure(upgrade.map_err(|_| not_a_websocket())?);
    let size = params.cols.zip(params.rows).map(|(cols, rows)| clamp(TerminalSize { cols, rows }));
    let ask = Attach { id: TerminalId(id), after: params.after, size };
    let counted = app.sockets.enter();
    let control = app.control.clone();
    let found = control.run(&name).await.map(|detail| {
        let Run { id, owner, .. } = detail.run;
        (id, Life::working(&caller, owner, &app.auth, &*app.clock, app.stopping.clone()))
    });
    Ok(upgrade.on_upgrade(async move |socket| {
        let environment = match found {
            Ok((run, life)) => control.environment(run).await.map(|environment| (environment, life, run)),
            Err(refused) => Err(refused),
        };
        match environment {
            Ok((environment, life, run)) => {
                let work = live::terminal::run(socket, environment, ask, life);
                presence::attended(&*control, run, work).await;
            }
            Err(refused) => live::terminal::refuse(socket, refused.message).await,
        }
        drop(counted);
    }))
}
