//! What was spent, day by day.

use serde::{Deserialize, Serialize};

use crate::json::FromJson;

/// By what spending is told apart.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SpendBy {
    /// Who pays: the owner of the run on an instance, else of the instance.
    #[default]
    Person,
    /// Where the instance is.
    Backend,
    /// The GPU's name; `""` = none.
    Gpu,
    /// The run on the instance; `""` = it was idle.
    Run,
}

/// What was spent in a time. `GET /api/v1/spend`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Spend {
    /// By what it is told apart.
    pub by: SpendBy,
    /// Each day of the time, oldest first, those without spending too.
    pub days: Vec<SpendDay>,
    /// All of them together, US dollars.
    pub usd: f64,
    /// Of that, what was paid for instances without a run, US dollars.
    pub idle_usd: f64,
}

/// A day of [`Spend`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpendDay {
    /// `YYYY-MM-DD`, in the asker's offset from UTC.
    pub date: String,
    /// What was spent, the dearest first; equal ones by key.
    pub items: Vec<SpendItem>,
}

/// What was spent on something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpendItem {
    /// The person, backend, GPU or run.
    pub key: String,
    /// US dollars, not rounded.
    pub usd: f64,
}
