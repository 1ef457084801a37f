//! Plans: what a launch would do.

use serde::{Deserialize, Serialize};

use super::Allocation;
use crate::{catalog::Offer, diagnostics::Diagnostic};

/// Asks what a launch would do. `POST /api/v1/plan`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The text of the `.dstack.yml`.
    pub configuration: String,
}

/// What a launch would do right now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    /// Whether the text is valid; nothing is offered when it is not.
    pub valid: bool,
    /// What there is to say about the text; the same as in the browser.
    pub diagnostics: Vec<Diagnostic>,
    /// What can be had now, in the order in which it would be tried; at most 50.
    pub offers: Vec<PlannedOffer>,
    /// How many there are in all.
    pub total: u64,
    /// Which configured backends have nothing, and why.
    pub refusals: Vec<Refusal>,
    /// Variables whose value the submitter must give.
    pub variables: Vec<String>,
    /// Version of the catalogue that was used.
    pub catalog_version: String,
}

/// An offer that a launch would try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedOffer {
    /// The machine.
    pub offer: Offer,
    /// What the run would get of it, when it is shared.
    pub allocation: Option<Allocation>,
    /// What is worth knowing before the launch, such as a default that cannot be met.
    pub notes: Vec<PlanNote>,
}

/// Something worth knowing before a launch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanNote {
    /// Stable name: `default-unmet`, `limit-not-enforced`, `isolation`.
    pub code: String,
    /// The field it is about; empty when none.
    pub path: String,
    /// In words.
    pub message: String,
}

/// Why a configured backend has nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    /// The backend.
    pub backend: String,
    /// Every reason, as a sentence with what to do.
    pub reasons: Vec<PlanNote>,
}
