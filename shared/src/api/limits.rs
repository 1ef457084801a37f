//! Limits: how much the project, and each person, may have and spend.

use serde::{Deserialize, Serialize};

use crate::{json::FromJson, time::Timestamp};

/// From which share of a limit on it is said that it will be reached.
pub const NEAR: f64 = 0.8;

/// The most that somebody may have at once, and spend in a month. Absent = as much as there is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Instances that are not terminated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<u32>,
    /// GPUs of these instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<u32>,
    /// What these instances cost together, US dollars an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_hour: Option<f64>,
    /// What all instances of a calendar month (UTC) cost together, US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_month: Option<f64>,
}

/// What somebody has, and has spent, of what [`Limits`] are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Used {
    /// Instances that are not terminated.
    pub instances: u32,
    /// GPUs of these.
    pub gpus: u32,
    /// What these cost together, US dollars an hour.
    pub usd_per_hour: f64,
    /// What was spent in this calendar month (UTC), US dollars.
    pub usd_this_month: f64,
}

/// One of the things that are limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Limited {
    /// [`Limits::instances`].
    Instances,
    /// [`Limits::gpus`].
    Gpus,
    /// [`Limits::usd_per_hour`].
    UsdPerHour,
    /// [`Limits::usd_per_month`].
    UsdPerMonth,
}

/// A limit that is near, or would be passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitNote {
    /// Whose limit: a person's; absent = the project's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Which.
    pub what: Limited,
    /// The limit.
    pub limit: f64,
    /// What it would come to.
    pub would_be: f64,
    /// Whether that is more than the limit; else it is 80 % of it or more.
    pub over: bool,
    /// The same in words, with what to do.
    pub message: String,
}

/// What somebody may have, and has. A part of [`LimitsOverview`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Standing {
    /// Whose: a person's; absent = the project's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What counts for them.
    pub limits: Limits,
    /// Whether these were set for this person; else they are everybody's. False for the project.
    #[serde(default)]
    pub own: bool,
    /// What they have.
    pub used: Used,
}

/// All limits, and where everybody stands. `GET /api/v1/limits`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsOverview {
    /// The project.
    pub project: Standing,
    /// Each person for whom none were set may have this.
    pub everybody: Limits,
    /// People by name: all who have an account, and whoever else has something.
    pub people: Vec<Standing>,
    /// When the calendar month (UTC) ends.
    pub month_ends_at: Timestamp,
}
