//! The audit log: who did what, from where, and when.

use serde::{Deserialize, Serialize};

use crate::{json::FromJson, time::Timestamp};

/// By what somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditVia {
    /// A session of a browser.
    Session,
    /// An API token.
    Token,
    /// An SSH key.
    SshKey,
    /// The machine itself: the command line on the data directory.
    Machine,
    /// Nothing: somebody who tried to sign in.
    Nothing,
}

impl AuditVia {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Session, Self::Token, Self::SshKey, Self::Machine, Self::Nothing];

    /// As it is written and kept.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::SshKey => "ssh_key",
            Self::Machine => "machine",
            Self::Nothing => "nothing",
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// Whoever asked may not.
    Refused,
    /// It could not be done, or made no sense.
    Failed,
}

impl AuditOutcome {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Done, Self::Refused, Self::Failed];

    /// As it is written and kept.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One thing that somebody did, or tried to. `GET /api/v1/audit`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its number: 1, 2, 3 … without a gap.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a person's name; absent = nobody who is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// By what they proved it.
    pub via: AuditVia,
    /// From where: an IP address; absent for the machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What: a stable word such as `run.submit`, `person.role`, `terminal.open`.
    pub action: String,
    /// To what: a run, a person, a secret …; absent when there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What became of it.
    pub outcome: AuditOutcome,
    /// More in words, such as the new role or why it was refused; never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// SHA-256 of the entry and of the hash before it, in hexadecimal: whoever changes one has to change all that follow.
    pub hash: String,
}

/// A piece of the audit log, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    /// The entries.
    pub items: Vec<AuditEntry>,
    /// Give this as `?before=` to go on; absent = there are no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_is_told() {
        for via in AuditVia::ALL {
            assert_eq!(serde_json::to_value(via).expect("JSON"), via.as_str());
        }
        for outcome in AuditOutcome::ALL {
            assert_eq!(serde_json::to_value(outcome).expect("JSON"), outcome.as_str());
        }
    }
}
