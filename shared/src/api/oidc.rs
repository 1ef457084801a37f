//! Single sign-on by OpenID Connect.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{json::FromJson, time::Timestamp};

/// By what people sign in besides names, passwords and links. `GET /api/v1/login`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginWays {
    /// The provider of single sign-on; absent = the server has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcProvider>,
    /// Whether who asks is signed in already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signed_in: bool,
}

/// A provider of single sign-on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OidcProvider {
    /// What people call it.
    pub name: String,
    /// Whether it answered when the server asked it last. It is asked again by whoever signs in.
    pub answers: bool,
}

/// What an account is at the provider of single sign-on. `GET /api/v1/me/oidc`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OidcAccount {
    /// The provider; absent = the server has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<OidcProvider>,
    /// Who the person is there; absent = their account is connected with nobody there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected: Option<OidcConnection>,
}

/// Somebody at the provider by whom an account is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OidcConnection {
    /// What the provider called them when they were connected.
    pub label: String,
    /// When that was.
    pub connected_at: Timestamp,
}

/// Accepts an invitation by single sign-on. `POST /api/v1/oidc/invitation`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// The token of the link `/login#token=…`.
    pub token: String,
}

impl fmt::Debug for AcceptInvitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptInvitation").finish_non_exhaustive()
    }
}

/// Where a browser goes on. The answer of `POST /api/v1/me/oidc` and `POST /api/v1/oidc/invitation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OidcBegun {
    /// The provider's address, for this sign-in alone.
    pub url: String,
}

/// Why somebody who came back from the provider is not let in. It stands in the address of the page, `/login#problem=…`, as
/// [`OidcProblem::as_str`]; the words are the page's own, so that no link can have it say something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OidcProblem {
    /// The server has no provider.
    Off,
    /// The provider cannot be asked.
    NoAnswer,
    /// The sign-in is too old, over, or another browser's.
    Stale,
    /// The provider let nobody in.
    Refused,
    /// What the provider says cannot be believed.
    Unproven,
    /// Nobody here is connected with this account of the provider's.
    Unknown,
    /// The e-mail address is not confirmed, or of another domain.
    Email,
    /// No name can be made of what the provider says.
    Name,
    /// The account of the provider's opens somebody else's account here.
    Taken,
    /// The account here is connected with another one of the provider's.
    Connected,
    /// The invitation is used, too old, or none.
    Invitation,
    /// Who wanted to connect their account is not signed in any more.
    SignedOut,
    /// Too many attempts.
    TooMany,
    /// A fault of the server's.
    Internal,
}

impl OidcProblem {
    /// All.
    pub const ALL: [Self; 14] = [
        Self::Off,
        Self::NoAnswer,
        Self::Stale,
        Self::Refused,
        Self::Unproven,
        Self::Unknown,
        Self::Email,
        Self::Name,
        Self::Taken,
        Self::Connected,
        Self::Invitation,
        Self::SignedOut,
        Self::TooMany,
        Self::Internal,
    ];

    /// As it stands in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::NoAnswer => "no-answer",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Unproven => "unproven",
            Self::Unknown => "unknown",
            Self::Email => "email",
            Self::Name => "name",
            Self::Taken => "taken",
            Self::Connected => "connected",
            Self::Invitation => "invitation",
            Self::SignedOut => "signed-out",
            Self::TooMany => "too-many",
            Self::Internal => "internal",
        }
    }

    /// What happened and what to do, for whoever signs in by `provider`.
    #[must_use]
    pub fn words(self, provider: &str) -> String {
        match self {
            Self::Off => "This server has no single sign-on. Sign in by name and password, or by a link.".to_owned(),
            Self::NoAnswer => {
                format!("{provider} does not answer. Try again in a moment, or sign in by name and password, or by a link.")
            }
            Self::Stale => {
                "This sign-in took longer than ten minutes, is over already, or began in another window. Begin again.".to_owned()
            }
            Self::Refused => format!("{provider} did not let you in, or you said no there. Begin again."),
            Self::Unproven => format!(
                "What {provider} said cannot be believed, so nobody was let in. Begin again; if it stays so, whoever runs the server \
                 finds the reason in its log."
            ),
            Self::Unknown => format!(
                "Nobody here is connected with your account of {provider}. Sign in as you do otherwise and connect it on the page \
                 Account, or ask an admin for an invitation."
            ),
            Self::Email => format!(
                "{provider} gave no e-mail address that is confirmed there and of a domain that may come in here. Ask an admin."
            ),
            Self::Name => format!("No name can be made of what {provider} says about you. Ask an admin for an invitation."),
            Self::Taken => format!(
                "Your account of {provider} opens somebody else’s account here. It can be disconnected there, on the page Account."
            ),
            Self::Connected => format!(
                "Your account here is connected with another account of {provider} already. Disconnect that one on the page Account \
                 first."
            ),
            Self::Invitation => {
                "The invitation has been used, is too old, or is not one of this server’s. Ask an admin for another.".to_owned()
            }
            Self::SignedOut => "You were signed out meanwhile, so nothing was connected. Sign in and connect it again.".to_owned(),
            Self::TooMany => "There were too many failed attempts from your address. Try again in a minute.".to_owned(),
            Self::Internal => "The server could not do this; its log says why. Try again.".to_owned(),
        }
    }
}

impl FromStr for OidcProblem {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|problem| problem.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_known_by_its_code_again() {
        for problem in OidcProblem::ALL {
            assert_eq!(problem.as_str().parse(), Ok(problem));
        }
        assert_eq!("Call 555-0100".parse::<OidcProblem>(), Err(()));
    }
}
