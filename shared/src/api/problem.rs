//! Errors over HTTP: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::diagnostics::Diagnostic;

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable name of the kind: `run-name-taken`, `no-offers`.
    pub code: String,
    /// The kind, in a few words.
    pub title: String,
    /// What is wrong and what to do, in a sentence or two.
    pub detail: String,
    /// The request, for whoever looks into the server's log.
    pub request_id: String,
    /// What is wrong with the configuration, when that is it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}
