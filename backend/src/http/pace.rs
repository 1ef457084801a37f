//! How fast the API may be asked: each person and each token so many times a minute, and so each address from which nobody is signed in.
//!
//! Who is signed in is never held up by what others do at the same address. Files, health and what goes over WebSockets are not counted.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use std::net::IpAddr;

use super::{App, limit::Limit, problem::Failure, session, visitor::Visitor};
use crate::auth::{Caller, Digest, Proof};

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Known {
    /// Somebody with a session, however many they have.
    Person(String),
    /// A program.
    Token(Digest),
}

impl Known {
    fn of(caller: &Caller) -> Self {
        match &caller.proof {
            Proof::ApiToken { digest, .. } => Self::Token(digest.clone()),
            Proof::Session { .. } => Self::Person(caller.user.clone()),
        }
    }
}

/// What is left to everybody.
#[derive(Debug)]
pub(super) struct Pace {
    known: Limit<Known>,
    strangers: Limit<IpAddr>,
}

impl Pace {
    pub(super) fn new(per_minute: u32) -> Self {
        Self { known: Limit::new(per_minute), strangers: Limit::new(per_minute) }
    }
}

/// Counts who is signed in. Comes after `session::authenticate`.
pub(super) async fn known(State(app): State<App>, request: Request, next: Next) -> Result<Response, Failure> {
    if let Some(caller) = request.extensions().get::<Caller>() {
        let taken = app.pace.known.take(&Known::of(caller), app.clock.now());
        taken.map_err(|seconds| too_many(app.pace.known.per_minute(), seconds))?;
    }
    Ok(next.run(request).await)
}

/// Counts who is not: requests that carry nothing, before anything is looked up, and those whose session or token is none, after.
pub(super) async fn strangers(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let path = request.uri().path();
    if !path.starts_with("/api/") && path != "/metrics" {
        return Ok(next.run(request).await);
    }
    let Some(visitor) = request.extensions().get::<Visitor>().copied() else {
        return Ok(next.run(request).await);
    };
    let take = || {
        let taken = app.pace.strangers.take(&visitor.household(), app.clock.now());
        taken.map_err(|seconds| too_many(app.pace.strangers.per_minute(), seconds))
    };
    if !session::is_claimed(&app, visitor, request.headers()) {
        take()?;
        return Ok(next.run(request).await);
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        take()?;
    }
    Ok(response)
}

fn too_many(per_minute: u32, seconds: u32) -> Failure {
    Failure {
        retry_after: Some(seconds),
        ..Failure::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-requests",
            format!(
                "this server takes {per_minute} requests a minute from each person, token or address; the next is possible in \
                 {seconds} s. Whoever runs it can allow more with `--requests-per-minute`"
            ),
        )
    }
}
