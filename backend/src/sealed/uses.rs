//! What is sealed, by what it is used for: bound into each sealed text, so that none serves in another's place.

use berth_shared::api::RunId;

/// The value of a secret.
pub(crate) fn secret(name: &str) -> String {
    format!("the secret {name}")
}

/// The private key by which an SSH host is reached.
pub(crate) fn host_key(host: &str) -> String {
    format!("private key of the SSH host {host}")
}

/// The address of a webhook, and the key of its signatures.
pub(crate) fn webhook(name: &str) -> String {
    format!("the webhook {name}")
}

/// The value that a launch gives for a variable.
pub(crate) fn variable(run: RunId, name: &str) -> String {
    format!("variable {name} of the run {run}")
}
