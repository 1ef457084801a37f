//! People: who has an account, and what they may do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{json::FromJson, time::Timestamp};

/// The fewest and the most characters of a password.
pub const PASSWORD_CHARACTERS: std::ops::RangeInclusive<usize> = 12..=200;

/// What a person is to the server and so to every project, or to a project. Each may do all that the one before it may;
/// `docs/permissions.md` has the table.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Has an account, and sees nothing but what projects let them see.
    Guest,
    /// Sees what goes on.
    Viewer,
    /// Launches environments and works in them.
    #[default]
    Member,
    /// Looks after everybody's environments, the pools, and the secrets.
    Manager,
    /// Looks after the people and the machines.
    Admin,
}

impl Role {
    /// All, from the least to the most.
    pub const ALL: [Self; 5] = [Self::Guest, Self::Viewer, Self::Member, Self::Manager, Self::Admin];

    /// As it is written everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no role; there are guest, viewer, member, manager and admin"))
    }
}

/// A person with an account. `GET /api/v1/people`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Their name, by which runs and instances name them.
    pub name: String,
    /// What they are to the server, and so to every project at least.
    pub role: Role,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Whether they can sign in by a password; without one, by links alone.
    pub has_password: bool,
    /// When they used a session or an API token last, to the minute; absent = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<Timestamp>,
}

/// Makes an account, and a link by which the person comes in for the first time. `POST /api/v1/people`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddPerson {
    /// 1 to 40 lower-case letters, digits, `-`, `_` and `.`, beginning with a letter or digit.
    pub name: String,
    /// What they are to be.
    #[serde(default)]
    pub role: Role,
}

/// Changes what a person is to the server. `PATCH /api/v1/people/{name}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePerson {
    /// What they are to be.
    pub role: Role,
}

/// A link by which a person comes in, once. The answer of `POST /api/v1/people` and of `POST /api/v1/people/{name}/link`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    /// Whose account it opens.
    pub person: Person,
    /// The token of the link `/login#token=…`, told this once.
    pub token: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").field("person", &self.person).finish_non_exhaustive()
    }
}

/// Gives the person who sends it a password, or another. `PUT /api/v1/me/password`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The one until now, for whoever has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The new one, 12 to 200 characters.
    pub new: String,
}

impl fmt::Debug for SetPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetPassword").finish_non_exhaustive()
    }
}

/// A session: a browser in which a person is signed in. `GET /api/v1/me/sessions`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionInfo {
    /// Names it in `DELETE /api/v1/me/sessions/{id}`; opens nothing.
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_seen_at: Timestamp,
    /// The address that it was used from last.
    pub address: String,
    /// What the browser said it is, cut to 200 characters.
    pub agent: String,
}
