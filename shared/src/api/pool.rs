//! Pools: instances that outlive a run and wait for the next one.

use serde::{Deserialize, Serialize};

use super::{InstanceId, project::default_project};
use crate::{json::FromJson, time::Timestamp};

/// The pool that is there from the start, and the default until another one is made so (`spec/dstack-0.18.md` §9).
pub const DEFAULT_POOL: &str = "default-pool";

/// A pool. `GET /api/v1/pools`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pool {
    /// Its name: 1 to 100 characters, none of them a control character, no space at either end.
    pub name: String,
    /// The project that it belongs to.
    #[serde(default = "default_project")]
    pub project: String,
    /// Whether the project's runs that name no pool use it.
    pub default: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Instances in it that are not terminated.
    #[serde(default)]
    pub instances: u64,
    /// Those of them that wait for a run.
    #[serde(default)]
    pub idle: u64,
}

impl Pool {
    /// Whether a text can be a pool's name.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        (1..=100).contains(&name.chars().count()) && name.trim() == name && !name.contains(char::is_control)
    }
}

/// Makes a pool. `POST /api/v1/pools`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreatePool {
    /// Its name.
    pub name: String,
}

/// Removes a pool. `POST /api/v1/pools/NAME/delete`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeletePool {
    /// Removes its instances, too; those with a run interrupt it. Refused (409 `pool-not-empty`) when it has some and this
    /// is not said.
    #[serde(default)]
    pub force: bool,
}

/// Adds an instance to a pool without a run. `POST /api/v1/pools/NAME/instances`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddInstance {
    /// The text of a `.dstack.yml` of which the resources and the profile's fields count: what the instance must have, what
    /// it may cost, how long it is kept (3 days when `termination_idle_time` is not given), whether it is tried again.
    pub configuration: String,
    /// The most that was agreed to, US dollars an hour; as for a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_price: Option<f64>,
}

/// Has an instance removed. `POST /api/v1/instances/ID/remove`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoveInstance {
    /// Also when a run is on it, which that interrupts. Refused (409 `instance-busy`) otherwise.
    #[serde(default)]
    pub force: bool,
    /// Writes it off without its provider's word, when removing it fails and fails: it may still cost money, and the sweep
    /// goes on to look for it. Refused (409 `instance-not-stuck`) unless removing it has failed.
    #[serde(default)]
    pub forget: bool,
}

/// Moves the moment when an idle instance stops by itself. `POST /api/v1/instances/ID/keep`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeepInstance {
    /// How many seconds from now on it is kept at least, 1 to 2,592,000 (30 days).
    pub seconds: i64,
}

/// Something that a provider has and no row tells of. `GET /api/v1/orphans`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Orphan {
    /// The backend.
    pub backend: String,
    /// The provider's own name for it.
    pub handle: String,
    /// The tag that it carries.
    pub id: InstanceId,
    /// The name that it carries for people.
    pub name: Option<String>,
    /// Whether this installation made it. Others are shown and never removed.
    pub ours: bool,
    /// When a sweep found it.
    pub found_at: Timestamp,
    /// When it is removed unless somebody wants it kept; `None` = it is not.
    pub remove_at: Option<Timestamp>,
    /// When it was seen to be gone.
    pub gone_at: Option<Timestamp>,
    /// When it began to cost, as far as its provider says.
    pub billed_from: Option<Timestamp>,
    /// When it ceased to cost.
    pub billed_to: Option<Timestamp>,
    /// US dollars an hour, when its provider says.
    pub price: Option<f64>,
}

/// Decides about an orphan. `POST /api/v1/orphans/decide`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DecideOrphan {
    /// Its backend.
    pub backend: String,
    /// The provider's own name for it.
    pub handle: String,
    /// Whether it stays; else the next sweep removes it.
    pub keep: bool,
}

impl Orphan {
    /// US dollars so far; what it came to once it is gone. 0 when its provider does not say.
    #[must_use]
    pub fn cost(&self, now: Timestamp) -> f64 {
        match (self.price, self.billed_from) {
            (Some(price), Some(from)) => {
                crate::time::cost(price, from, self.billed_to.or(self.gone_at).unwrap_or(now))
            }
            _ => 0.0,
        }
    }
}
