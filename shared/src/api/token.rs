//! API tokens.

use serde::{Deserialize, Serialize};

/// Asks for an API token of the person who sends it. `POST /api/v1/tokens`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// What it is for: 1 to 100 characters, none of them a control character; unique among the person's tokens.
    pub label: String,
}

/// A new API token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
