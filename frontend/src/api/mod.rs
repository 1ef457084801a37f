//! Requests to the server.

mod client;

pub use client::{bytes, delete, get, post, post_empty};

use berth_shared::api::Problem;

/// Why a request brought nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum ApiError {
    /// The server refused it and says why.
    Problem(Box<Problem>),
    /// No answer came: the network or the server is away.
    Unreachable,
    /// An answer came that makes no sense here, with its HTTP status.
    Garbled(u16),
}

impl ApiError {
    /// The HTTP status, when there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            Self::Garbled(status) => Some(*status),
            Self::Unreachable => None,
        }
    }

    /// Whether the session is over or was never there.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// The stable name of the problem; empty when the server gave none.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Problem(problem) => &problem.code,
            _ => "",
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Problem(problem) if problem.detail.is_empty() => f.write_str(&problem.title),
            Self::Problem(problem) => f.write_str(&problem.detail),
            Self::Unreachable => {
                f.write_str("The server does not answer. Nothing was changed; try again in a moment.")
            }
            Self::Garbled(status) => write!(
                f,
                "The server gave an answer that this page does not understand (HTTP {status}). Load the page again."
            ),
        }
    }
}
