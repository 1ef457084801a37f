//! Secrets: values that configurations name and nobody reads again.

use serde::{Deserialize, Serialize};

use crate::{json::FromJson, time::Timestamp};

/// The longest value of a secret, bytes.
pub const SECRET_VALUE_LIMIT: usize = 32 * 1024;

/// A secret, without its value: that is never told again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Secret {
    /// What configurations call it: `${{ secrets.NAME }}`.
    pub name: String,
    /// Who gave its value.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
}

/// Gives a secret its value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetSecret {
    /// The value, 1 to 32,768 bytes.
    pub value: String,
}

impl std::fmt::Debug for SetSecret {
    /// Without the value, wherever this is printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetSecret").finish_non_exhaustive()
    }
}
