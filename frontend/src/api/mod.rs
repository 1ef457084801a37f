//! Requests to the server.

mod client;

pub use client::{bytes, delete, get, patch, post, post_empty, put, put_blob};

use berth_texts::{t, tf};
use std::{cell::RefCell, rc::Rc};

use berth_shared::api::Problem;

/// Why a request brought nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum ApiError {
    /// The server refused it and says why.
    Problem(Box<Problem>),
    /// The server has had too many requests, says so, and after how many seconds it takes the next.
    TooMany(Box<Problem>, u32),
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
            Self::Problem(problem) | Self::TooMany(problem, _) => Some(problem.status),
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
            Self::Problem(problem) | Self::TooMany(problem, _) => &problem.code,
            _ => "",
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Problem(problem) | Self::TooMany(problem, _) if problem.detail.is_empty() => {
                f.write_str(&problem.title)
            }
            Self::Problem(problem) | Self::TooMany(problem, _) => f.write_str(&problem.detail),
            Self::Unreachable => {
                f.write_str(t!("The server does not answer. Nothing was changed; try again in a moment."))
            }
            Self::Garbled(status) => f.write_str(&tf!(
                "The server gave an answer that this page does not understand (HTTP {status}). Load the page again."
            )),
        }
    }
}

thread_local! {
    /// What is done when the server does not know or not allow whoever asks.
    static DOUBT: RefCell<Option<Rc<dyn Fn()>>> = RefCell::default();
}

/// Has `ask` called whenever an answer says that there is no session (401) or that this is not for whoever asks (403): what
/// the page knows of its reader may be old then. Called once, at the root.
pub(crate) fn when_in_doubt(ask: impl Fn() + 'static) {
    DOUBT.set(Some(Rc::new(ask)));
}

fn doubt() {
    if let Some(ask) = DOUBT.with_borrow(Clone::clone) {
        ask();
    }
}
