//! Typed identifiers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::json::FromJson;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// A run: what somebody asked for.
    RunId
}
id! {
    /// One attempt to carry a run out.
    JobId
}
id! {
    /// A machine, or a share of one. Doubles as the tag that every provider puts on what it creates.
    InstanceId
}
id! {
    /// A terminal in an environment.
    TerminalId
}

/// Number of an event: 1, 2, 3 … without gaps, in the order in which things happened.
pub type EventSeq = u64;
