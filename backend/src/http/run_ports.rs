//! `GET /api/v1/runs/{name}/ports`

use axum::http::{HeaderMap, header};
use berth_shared::api::{Problem, Run, RunPort, RunPorts, RunStatus};
use futures_util::{StreamExt, stream};

use super::{
    extract::{By, Here, Json, Path},
    problem::Failure,
};
use crate::access::ports::{self, Addresses, Place};

/// How many ports are tried at once.
const AT_ONCE: usize = 16;

/// The ports that a run's configuration names, whether something listens on each now, and where its preview is.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}/ports",
    tag = "ports",
    params(("name" = String, Path, description = "the run's name")),
    responses(
        (status = 200, description = "the ports", body = RunPorts),
        (status = 404, description = "no run has or had this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    Here(app): Here,
    By(caller): By,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Json<RunPorts>, Failure> {
    let run = app.control.run(&name).await?.run;
    let host = host(&headers);
    let environment = match run.status {
        RunStatus::Running if ports::may_look(&caller.user, caller.role, &run).is_ok() => {
            app.control.environment(run.id).await.ok()
        }
        _ => None,
    };
    let tried = stream::iter(usable(&run)).map(|(local_port, port)| {
        let (environment, app, run) = (&environment, &app, &run);
        async move {
            let listening = match environment {
                Some(environment) => Some(ports::listens(&**environment, port).await),
                None => None,
            };
            let place = Place { project: run.project.clone(), run: run.name.clone(), port };
            RunPort { port, local_port, listening, preview: app.previews.of(&place, host) }
        }
    });
    let ports: Vec<RunPort> = tried.buffered(AT_ONCE).collect().await;
    let without = ports.iter().any(|port| port.preview.is_none());
    Ok(Json(RunPorts { ports, without_previews: without.then(|| Addresses::NONE.to_owned()) }))
}

/// The host that the dashboard is seen at.
pub(super) fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// The ports that there can be: a configuration may name one too many, with a warning.
fn usable(run: &Run) -> Vec<(Option<u16>, u16)> {
    let port = |port: u32| u16::try_from(port).ok();
    let ports = run.ports.iter().filter_map(|&(local, there)| Some((local.and_then(port), port(there)?)));
    ports.collect()
}
