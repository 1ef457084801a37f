//! API tokens.

use serde::{Deserialize, Serialize};

use super::Role;
use crate::{json::FromJson, time::Timestamp};

/// Asks for an API token of the person who sends it. `POST /api/v1/tokens`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// What it is for: 1 to 100 characters, none of them a control character; unique among the person's tokens.
    pub label: String,
    /// The most that it may do; absent = all that the person may. What the person may do no longer, it may not either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// After how many seconds it opens nothing more, 60 to 315,360,000 (ten years); absent = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
}

/// An API token, without its secret. `GET /api/v1/tokens`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiToken {
    /// What it is for.
    pub label: String,
    /// Whose it is.
    pub user: String,
    /// The most that it may do; absent = all that the person may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works; absent = without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute; absent = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// A new API token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewToken {
    /// The secret: told this once, and kept nowhere on the server.
    pub token: String,
    /// What it is for.
    pub label: String,
    /// Whose it is.
    pub user: String,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken")
            .field("label", &self.label)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
