//! `GET` and `POST /api/v1/keys`

use axum::{extract::State, http::StatusCode};
use berth_shared::api::{AddSshKey, Page, Problem, SshKey};

use super::{
    App,
    audited::Note,
    extract::{By, Json},
    problem::Failure,
};
use crate::auth::PublicKeyText;

/// The longest label, in characters.
const LABEL: usize = 100;

/// How many keys a person may have.
const KEYS: usize = 100;

/// SSH keys of the person who asks, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/keys",
    tag = "ssh",
    responses((status = 200, description = "the keys", body = Page<SshKey>)),
)]
pub(super) async fn list(State(app): State<App>, By(caller): By) -> Result<Json<Page<SshKey>>, Failure> {
    Ok(Json(Page { items: app.auth.ssh_keys(&caller.user).await?, next: None }))
}

/// Adds an SSH public key of the person who asks. A key is one person's alone.
#[utoipa::path(
    post,
    path = "/api/v1/keys",
    tag = "ssh",
    request_body = AddSshKey,
    responses(
        (status = 201, description = "added", body = SshKey),
        (status = 409, description = "`key-there`: it was added before; `key-label-taken`: the person has one of this label; `key-of-somebody-else`; `too-many-keys`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`key-invalid`, `key-label-invalid`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add(
    State(app): State<App>,
    By(caller): By,
    note: Note,
    Json(request): Json<AddSshKey>,
) -> Result<(StatusCode, Json<SshKey>), Failure> {
    let refuse = |code, detail: String| Failure::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
    let conflict = |code, detail: String| Failure::new(StatusCode::CONFLICT, code, detail);
    let key = PublicKeyText::parse(&request.public_key)
        .map_err(|error| refuse("key-invalid", error.to_string()))?;
    let label = match request.label.as_deref().map(str::trim) {
        Some(label) => label.to_owned(),
        None => label_of(&key),
    };
    if label.is_empty() || label.chars().count() > LABEL || label.chars().any(char::is_control) {
        let detail = format!("a key's label is a text of 1 to {LABEL} characters on one line");
        return Err(refuse("key-label-invalid", detail));
    }
    note.target(label.as_str());
    note.detail(key.fingerprint.as_str());
    match app.auth.ssh_key_owner(&key.fingerprint).await? {
        Some(owner) if owner == caller.user => {
            return Err(conflict("key-there", format!("the key {} is yours already", key.fingerprint)));
        }
        Some(_) => {
            let detail =
                "somebody else has added this key; a key is one person's alone, so use one of your own";
            return Err(conflict("key-of-somebody-else", detail.to_owned()));
        }
        None => {}
    }
    if app.auth.ssh_keys(&caller.user).await?.len() >= KEYS {
        return Err(conflict("too-many-keys", format!("a person may have {KEYS} keys; remove one first")));
    }
    match app.auth.add_ssh_key(&caller.user, key, label.clone()).await {
        Ok(key) => {
            tracing::info!(user = caller.user, label, fingerprint = key.fingerprint, "SSH key added");
            Ok((StatusCode::CREATED, Json(key)))
        }
        Err(error) if error.is_taken() => {
            let detail = format!(
                "there is a key labelled `{label}` already; choose another label, or remove that one"
            );
            Err(conflict("key-label-taken", detail))
        }
        Err(error) => Err(error.into()),
    }
}

/// The comment behind the key, or else its fingerprint.
fn label_of(key: &PublicKeyText) -> String {
    let comment: String = key.comment.chars().filter(|c| !c.is_control()).take(LABEL).collect();
    if comment.trim().is_empty() { key.fingerprint.clone() } else { comment.trim().to_owned() }
}
