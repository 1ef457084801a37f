//! Why a server did not give what it was asked for.

use berth_shared::api::Problem;

use crate::cli::{saved::SavedError, words::visible};

/// Why not.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ClientError {
    #[error(
        "not logged in to any server: run `berth login` with the link that `berth serve` printed, or set BERTH_SERVER \
         and BERTH_TOKEN"
    )]
    NoServer,
    #[error(
        "not logged in; a server of this machine is at {0}: run `berth login` without an address, as the user who \
         started it"
    )]
    OnlyHere(String),
    #[error("not logged in to {0}: run `berth login {0}`, or set BERTH_TOKEN")]
    NoToken(String),
    #[error("`{0}` is no server's address: {1}")]
    Address(String, String),
    #[error(transparent)]
    Saved(#[from] SavedError),
    #[error("cannot prepare the connection")]
    Prepare(#[source] reqwest::Error),
    #[error("cannot reach the server at {server}: {cause}; {}", advice(.cause))]
    Unreachable { server: String, cause: String },
    #[error("what answers at {server} is not a Berth server ({what}); check the address")]
    Stranger { server: String, what: String },
    #[error("{}", refused(.problem, *.retry_after))]
    Refused { problem: Box<Problem>, retry_after: Option<u64> },
    #[error(
        "{server} does not accept {}: it was revoked, or is another server's; {}",
        if *.from_environment { "the token in BERTH_TOKEN" } else { "this login any more" },
        if *.from_environment { "`berth token create NAME`, run where the server runs, makes another".to_owned() } else { format!("run `berth login {server}`") }
    )]
    NotAccepted { server: String, from_environment: bool },
}

impl ClientError {
    /// The exit status: 1 the answer is no, 2 wrong usage, 3 there is no server to be reached.
    pub(in crate::cli) fn status(&self) -> u8 {
        match self {
            Self::NoServer | Self::OnlyHere(_) | Self::Unreachable { .. } | Self::Stranger { .. } => 3,
            Self::Address(..) => 2,
            _ => 1,
        }
    }

    /// The stable name of the server's reason.
    pub(in crate::cli) fn code(&self) -> Option<&str> {
        self.problem().map(|problem| problem.code.as_str())
    }

    /// What the server said.
    pub(in crate::cli) fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Whether the same may work a little later, as when the server is being started anew.
    pub(in crate::cli) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Stranger { .. } => true,
            Self::Refused { problem, .. } => problem.status >= 500 || problem.status == 429,
            _ => false,
        }
    }
}

/// What may help.
fn advice(cause: &str) -> &'static str {
    if cause.contains("certificate") {
        "this machine does not trust who answers there; SSL_CERT_FILE may name a file with the certificate of a further \
         authority"
    } else {
        "check that `berth serve` runs there, and the address"
    }
}

/// What the server said, when it is worth another try, and where its log says more.
fn refused(problem: &Problem, retry_after: Option<u64>) -> String {
    let mut text = visible(&problem.detail);
    match retry_after {
        // The server may have said so itself.
        Some(seconds) if !text.contains(&format!("{seconds} s")) => {
            text.push_str(&format!("; try again in {seconds} s"));
        }
        _ => {}
    }
    if problem.status >= 500 {
        text.push_str(&format!(" (request {})", visible(&problem.request_id)));
    }
    text
}
