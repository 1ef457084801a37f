//! Notifications, and the addresses that they are sent to.

use serde::{Deserialize, Serialize};

use super::{Run, project::default_project};
use crate::{json::FromJson, time::Timestamp};

/// What people are told of without looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// An environment is there.
    Running,
    /// A run failed.
    Failed,
    /// A run's machine was taken away or fell silent; the run may go on elsewhere.
    Interrupted,
    /// An idle instance will stop by itself within ten minutes.
    IdleStop,
    /// Four fifths of a month's budget are spent.
    BudgetNear,
    /// A month's budget is spent.
    BudgetReached,
    /// Somebody asked for one, to see whether it arrives.
    Test,
}

impl NotificationKind {
    /// All that can be chosen, in order.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Failed,
        Self::Interrupted,
        Self::IdleStop,
        Self::BudgetNear,
        Self::BudgetReached,
    ];
}

/// What is sent to a webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notification {
    /// The same for each try to deliver it.
    pub id: String,
    /// What it is about.
    pub kind: NotificationKind,
    /// The project that it happened in.
    #[serde(default = "default_project")]
    pub project: String,
    /// When it happened.
    pub at: Timestamp,
    /// For people.
    pub message: String,
    /// The run it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Box<Run>>,
    /// The page about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// An address that is told. `GET /api/v1/webhooks`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Where notifications are sent, by POST; what may be secret in it is left out.
    pub url: String,
    /// What it is told of.
    pub kinds: Vec<NotificationKind>,
    /// Who added it.
    pub added_by: String,
    /// When.
    pub added_at: Timestamp,
    /// The newest deliveries, newest first, at most ten.
    #[serde(default)]
    pub deliveries: Vec<Delivery>,
}

/// One notification on its way to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// The notification's.
    pub id: String,
    /// What it is about.
    pub kind: NotificationKind,
    /// When it happened.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When it arrived; absent = not yet, or never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When it is tried again; absent = it arrived, or was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// Why the last try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Adds an address, or puts another in its place. `POST /api/v1/webhooks`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddWebhook {
    /// 1 to 40 lower-case letters, digits and `-`.
    pub name: String,
    /// `https://…`, or `http://…`.
    pub url: String,
    /// What it is to be told of, without `test`; at least one.
    pub kinds: Vec<NotificationKind>,
}

/// The answer: how receivers know who sent something.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddedWebhook {
    /// As it was added.
    pub webhook: Webhook,
    /// The key of its signatures, `whsec_…`, told this once.
    pub secret: String,
}

impl std::fmt::Debug for AddedWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddedWebhook").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}
