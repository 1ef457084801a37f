//! Errors over HTTP: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};

use super::LimitNote;
use crate::{catalog::Offer, diagnostics::Diagnostic, json::FromJson};

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
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
    // The page reads the text itself, and has no code to read this.
    #[json(skip)]
    pub diagnostics: Vec<Diagnostic>,
    /// What the first offer costs now, when it is no longer the price that was agreed to (`price-changed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceChange>,
    /// Which limits it would pass (`limit-reached`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitNote>,
}

/// A price that has risen between the plan and the launch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceChange {
    /// US dollars an hour that were agreed to.
    pub agreed: f64,
    /// US dollars an hour now; a launch that agrees to this goes through.
    pub now: f64,
    /// The offer that would be tried first now.
    pub offer: Offer,
    /// Version of the catalogue now.
    pub catalog_version: String,
    /// Version of the catalogue that was agreed on, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_catalog: Option<String>,
}
