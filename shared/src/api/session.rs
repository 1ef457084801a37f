//! Who is there.

use serde::{Deserialize, Serialize};

use super::{Role, SshGateway, project::default_project};
use crate::{json::FromJson, policy::Roles};

/// Begins a session, whose secret goes into a cookie. `POST /api/v1/login`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum LoginRequest {
    /// By a link that lets in once.
    Link(LinkLogin),
    /// By name and password.
    Password(PasswordLogin),
}

/// Signs in by a link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkLogin {
    /// The token of the link: `berth serve` prints one at its first start, an invitation has one.
    pub token: String,
}

/// Signs in by name and password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordLogin {
    /// The person's name.
    pub name: String,
    /// Their password.
    pub password: String,
}

impl std::fmt::Debug for LoginRequest {
    /// Without what lets in, wherever this is printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Link(_) => "LoginRequest::Link(…)",
            Self::Password(_) => "LoginRequest::Password(…)",
        })
    }
}

/// Who is signed in. `GET /api/v1/me`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Their name.
    pub name: String,
    /// What they are to the project; for an API token that may do less, that.
    pub role: Role,
    /// The same to the server.
    #[serde(default)]
    pub server_role: Role,
    /// The project that was asked.
    #[serde(default = "default_project")]
    pub project: String,
    /// Whether they have a password.
    pub has_password: bool,
}

impl User {
    /// What they are.
    #[must_use]
    pub const fn roles(&self) -> Roles {
        Roles { server: self.server_role, project: self.role }
    }
}

/// The server, as a page needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerInfo {
    /// Its version; a page of another version loads itself anew.
    pub version: String,
    /// Backends that launches can use, in the order in which equal prices are tried.
    pub backends: Vec<String>,
    /// Version of the catalogue.
    pub catalog_version: String,
    /// Where the packed catalogue is; its name changes with its content.
    pub catalog_url: String,
    /// Whether nothing here is real: its clouds are simulated, and every page says so.
    #[serde(default)]
    pub demo: bool,
    /// Where it takes SSH connections, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh: Option<SshGateway>,
}

/// The catalogue of offers that the server carries. `GET /api/v1/catalog`, and each new one over the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CatalogInfo {
    /// Its version.
    pub version: String,
    /// Where the packed catalogue is; its name changes with its content.
    pub url: String,
    /// Its size, packed.
    pub bytes: u64,
    /// How many offers it has.
    pub offers: u64,
    /// Where the server has it from.
    pub origin: CatalogOrigin,
}

/// Where a server has its catalogue from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CatalogOrigin {
    /// It came with the program.
    BuiltIn,
    /// `berth catalog` put it into the data directory.
    Imported,
}

impl std::fmt::Display for CatalogOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::BuiltIn => "built-in",
            Self::Imported => "imported",
        })
    }
}
