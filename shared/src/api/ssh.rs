//! SSH: the keys by which people come in, and where they come in.

use serde::{Deserialize, Serialize};

use crate::{json::FromJson, time::Timestamp};

/// A public key by which its owner comes in over SSH. `GET /api/v1/keys`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SshKey {
    /// What its owner calls it; unique among theirs.
    pub label: String,
    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
    /// The key in OpenSSH's form: `ssh-ed25519 AAAA…`.
    pub public_key: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Adds a public key of the person who sends it. `POST /api/v1/keys`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddSshKey {
    /// The line of a `.pub` file.
    pub public_key: String,
    /// What to call it: 1 to 100 characters, none of them a control character. Absent: the comment at the key's end, or else
    /// its fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Where the server takes SSH connections. `GET /api/v1/ssh`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SshGateway {
    /// The host to connect to; absent where it is the one that the page comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The port, 1 to 65535.
    pub port: u16,
    /// The server's own public key in OpenSSH's form, to be known before the first connection.
    pub host_key: String,
}
