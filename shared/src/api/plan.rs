//! Plans: what a launch would do.

use serde::{Deserialize, Serialize};

use super::{Allocation, InstanceId, InstanceStatus, LimitNote, instance::share_of};
use crate::{catalog::Offer, diagnostics::Diagnostic, json::FromJson, time::Timestamp};

/// Asks what a launch would do. `POST /api/v1/plan`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The text of the `.dstack.yml`.
    pub configuration: String,
    /// Version of the catalogue that the page's preview is of; the plan says where it differs from that. The server's
    /// present one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
}

/// What a launch would do right now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
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
    /// Version of the catalogue that the server has now.
    pub catalog_version: String,
    /// Instances that exist already and fit: those without a run first, cheapest first. The note
    /// `reused` marks the one that a launch takes.
    #[serde(default)]
    pub instances: Vec<PlannedInstance>,
    /// How this differs from what a page finds in the catalogue by itself; `None` for a text that is not valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    /// Limits of the project and of whoever asks that a launch would come near or pass; one that it would pass has it refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitNote>,
}

/// An instance that exists already and fits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedInstance {
    /// Which one.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// `idle`, or what it is busy with.
    pub status: InstanceStatus,
    /// Since when it stands there.
    pub status_since: Timestamp,
    /// What it is and costs.
    pub offer: Offer,
    /// What is worth knowing about it.
    pub notes: Vec<PlanNote>,
}

/// What a page finds in the catalogue by itself, as the server sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// Version of the catalogue that it is of: the one that was asked for, or the present one when that is gone.
    pub catalog_version: String,
    /// How many offers fit.
    pub total: u64,
    /// Those of them that the plan does not have, by backend and in its order; backends without any are left out.
    pub gone: Vec<Gone>,
}

/// Offers of the preview that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gone {
    /// The backend.
    pub backend: String,
    /// How many offers it has in the preview.
    pub offers: u64,
    /// Why they are gone: `not-configured`, `unreachable`, or `not-offered` where the backend has others or none.
    pub reason: PlanNote,
}

/// How an offer differs from the preview's of the same machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Difference {
    /// Not at all.
    Same,
    /// It has another price there.
    PriceChanged {
        /// US dollars an hour in the preview.
        was: f64,
    },
    /// The preview does not have it.
    NotInPreview,
}

/// An offer that a launch would try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedOffer {
    /// The machine.
    pub offer: Offer,
    /// What the run would get of it, when it is shared.
    pub allocation: Option<Allocation>,
    /// What is worth knowing before the launch, such as a default that cannot be met.
    pub notes: Vec<PlanNote>,
    /// When its provider said that it can be had. The date of its price is the offer's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<Timestamp>,
    /// How it differs from the preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

impl PlannedOffer {
    /// What the run would have by it: the machine, or its share of one.
    #[must_use]
    pub fn share(&self) -> Offer {
        share_of(&self.offer, self.allocation.as_ref())
    }
}

/// Something worth knowing before a launch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanNote {
    /// Stable name: `default-unmet`, `limit-not-enforced`, `isolation`, `privileged`; of instances `reused`, `free`, `not-reused`.
    pub code: String,
    /// The field it is about; empty when none.
    pub path: String,
    /// In words.
    pub message: String,
}

/// Code of a [`PlanNote`] for what a backend can never do.
pub const NOT_HONOURED: &str = "not-honoured";

/// Whether these refusals, of all backends, say that nobody would have anything later either: what is asked for is not to be had at
/// all, so that nothing is gained by trying again.
#[must_use]
pub fn are_for_good(refusals: &[Refusal]) -> bool {
    let of_those = |codes: &[&str], refusal: &Refusal| {
        refusal.reasons.iter().any(|note| codes.contains(&note.code.as_str()))
    };
    refusals.iter().all(|refusal| of_those(&[NOT_HONOURED, "excluded"], refusal))
        && refusals.iter().any(|refusal| of_those(&[NOT_HONOURED], refusal))
}

/// Why a configured backend has nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    /// The backend.
    pub backend: String,
    /// Every reason, as a sentence with what to do.
    pub reasons: Vec<PlanNote>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_for_good_when_no_backend_could_ever_and_not_for_want_of_machines_alone() {
        let refusal = |codes: &[&str]| {
            let note =
                |code: &&str| PlanNote { code: (*code).into(), path: String::new(), message: String::new() };
            Refusal { backend: "aws".into(), reasons: codes.iter().map(note).collect() }
        };
        let for_good =
            |all: &[&[&str]]| are_for_good(&all.iter().map(|codes| refusal(codes)).collect::<Vec<_>>());
        assert!(for_good(&[&["not-honoured"]]));
        assert!(for_good(&[&["no-capacity", "not-honoured"], &["excluded"]]));
        for later in [
            &[][..],
            &[&["excluded"][..]],
            &[&["not-honoured"], &["no-capacity"]],
            &[&["not-honoured"], &["unreachable"]],
        ] {
            assert!(!for_good(later), "{later:?}");
        }
    }
}
