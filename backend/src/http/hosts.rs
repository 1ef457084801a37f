//! `GET` and `POST /api/v1/hosts`

use axum::http::StatusCode;
use berth_shared::api::{AddSshHost, CreatePool, Page, Problem, SshHost};

use super::{
    Inner,
    audited::Note,
    extract::{By, Here, Json},
    problem::Failure,
};
use crate::provider::remote::{AddHostError, Hosts};

impl Inner {
    /// The SSH hosts; an error where nothing is real.
    pub(super) fn hosts(&self) -> Result<&Hosts, Failure> {
        self.hosts.as_ref().ok_or_else(|| {
            let detail = "this is a demo, where nothing is real: SSH hosts are for a server of your own";
            Failure::new(StatusCode::CONFLICT, "demo", detail)
        })
    }
}

/// SSH hosts, by name, as this server sees them.
#[utoipa::path(
    get,
    path = "/api/v1/hosts",
    tag = "hosts",
    responses((status = 200, description = "the hosts", body = Page<SshHost>)),
)]
pub(super) async fn list(Here(app): Here, By(_): By) -> Json<Page<SshHost>> {
    let items = app.hosts.as_ref().map(Hosts::list).unwrap_or_default();
    Json(Page { items, next: None })
}

/// Adds an SSH host. It is connected to and looked at first, which may take some seconds; its key is trusted as it is seen then, unless
/// one is given.
#[utoipa::path(
    post,
    path = "/api/v1/hosts",
    tag = "hosts",
    request_body = AddSshHost,
    responses(
        (status = 201, description = "added", body = SshHost),
        (status = 409, description = "`host-taken`, `host-key-unexpected`, `host-unusable`: it cannot be reached, or will not do; `demo`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`host-invalid`, `host-key-invalid`, `pool-name-invalid`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add(
    Here(app): Here,
    By(caller): By,
    note: Note,
    Json(request): Json<AddSshHost>,
) -> Result<(StatusCode, Json<SshHost>), Failure> {
    let hosts = app.hosts()?;
    if let Some(name) = request.pool.clone() {
        match app.control.create_pool(&caller.user, CreatePool { name }).await {
            Err(error) if error.code != "pool-exists" => return Err(error.into()),
            _ => {}
        }
    }
    let added = hosts.add(&caller.user, request).await.map_err(|error| refused(&error))?;
    note.target(added.name.as_str());
    note.detail(added.fingerprint.as_str());
    tracing::info!(
        user = caller.user,
        host = added.name,
        address = added.address,
        fingerprint = added.fingerprint,
        "SSH host added"
    );
    Ok((StatusCode::CREATED, Json(added)))
}

fn refused(error: &AddHostError) -> Failure {
    let (status, code) = match error {
        AddHostError::Address(_) | AddHostError::Name(_) | AddHostError::Engine(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "host-invalid")
        }
        AddHostError::Key(_) => (StatusCode::UNPROCESSABLE_ENTITY, "host-key-invalid"),
        AddHostError::Taken(_) => (StatusCode::CONFLICT, "host-taken"),
        AddHostError::Fingerprint { .. } => (StatusCode::CONFLICT, "host-key-unexpected"),
        AddHostError::Unusable(_) => (StatusCode::CONFLICT, "host-unusable"),
        AddHostError::Book(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    Failure::new(status, code, error.to_string())
}
