//! `GET /api/v1/ssh`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::{Problem, SshGateway};

use super::{App, extract::Json, problem::Failure};

/// Where the server takes SSH connections.
#[utoipa::path(
    get,
    path = "/api/v1/ssh",
    tag = "ssh",
    responses(
        (status = 200, description = "there", body = SshGateway),
        (status = 404, description = "`ssh-off`: this server takes none", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn gateway(State(app): State<App>) -> Result<Json<SshGateway>, Failure> {
    app.ssh.clone().map(Json).ok_or_else(|| {
        let detail = "this server takes no SSH connections; whoever runs it can start it with `--ssh-listen`";
        Failure::new(StatusCode::NOT_FOUND, "ssh-off", detail)
    })
}
