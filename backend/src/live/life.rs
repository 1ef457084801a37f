//! How long a socket may live: as long as its session, and the server.

use std::{pin::Pin, time::Duration};

use berth_shared::policy::Action;
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::sleep,
};

use super::socket::End;
use crate::{
    auth::{Auth, Caller, Digest, Proof},
    clock::Clock,
};

/// Watches over a socket's right to exist.
pub(crate) struct Life {
    stopping: watch::Receiver<bool>,
    right: Right,
    /// Resolves when its owner may have it no longer, whatever they came in by.
    barred: Pin<Box<dyn Future<Output = End> + Send>>,
}

/// What it lives by.
enum Right {
    Session(Session),
    /// Resolves when the API token is revoked.
    ApiToken(Pin<Box<dyn Future<Output = ()> + Send>>),
}

struct Session {
    digest: Digest,
    ended: broadcast::Receiver<Digest>,
    left: Duration,
}

impl Life {
    /// Of a socket that `caller` opens now.
    pub(crate) fn new(
        caller: &Caller,
        auth: &Auth,
        clock: &dyn Clock,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let right = match &caller.proof {
            Proof::Session { digest, expires_at, .. } => Right::Session(Session {
                digest: digest.clone(),
                ended: auth.ended_sessions(),
                left: Duration::from_millis(expires_at.millis_since(clock.now()).unsigned_abs()),
            }),
            Proof::ApiToken { digest, .. } => Right::ApiToken(Box::pin(auth.api_token_ended(digest.clone()))),
        };
        Self { stopping, right, barred: Box::pin(std::future::pending()) }
    }

    /// Of a socket in which somebody works in what is `owner`'s, for as long as they may.
    pub(crate) fn working(
        caller: &Caller,
        owner: String,
        auth: &Auth,
        clock: &dyn Clock,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let barred = auth.may_no_longer(caller, Action::Work, owner);
        let barred = Box::pin(async {
            barred.await;
            End::NOT_ALLOWED
        });
        Self { barred, ..Self::new(caller, auth, clock, stopping) }
    }

    /// Of a socket whose greeting tells what its owner may do, until that changes.
    pub(crate) fn greeted(
        caller: &Caller,
        auth: &Auth,
        clock: &dyn Clock,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let changed = auth.role_changed(caller);
        let barred = Box::pin(async {
            changed.await;
            End::ROLE_CHANGED
        });
        Self { barred, ..Self::new(caller, auth, clock, stopping) }
    }

    /// Resolves when the socket must be closed, to the reason.
    pub(crate) async fn over(self) -> End {
        let Self { mut stopping, right, barred } = self;
        let ended = async {
            match right {
                Right::Session(session) => session.over().await,
                Right::ApiToken(revoked) => revoked.await,
            }
        };
        tokio::select! {
            // A server that stops ends everything at once; that is the reason to tell then.
            biased;
            // An error means that the server is gone already.
            _ = stopping.wait_for(|stopping| *stopping) => End::STOPPING,
            () = ended => End::SESSION,
            end = barred => end,
        }
    }
}

impl Session {
    async fn over(mut self) {
        let ended = async {
            loop {
                match self.ended.recv().await {
                    Ok(digest) if digest != self.digest => {}
                    // Who missed some cannot know; the page connects again and is asked for its session.
                    Ok(_) | Err(RecvError::Lagged(_)) => return,
                    // Nobody is left to end sessions: the server stops, and says so itself.
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = ended => {}
            () = sleep(self.left) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_stops_is_the_reason_even_when_sessions_are_gone_with_it() {
        let (ends, ended) = broadcast::channel(1);
        let (stop, stopping) = watch::channel(false);
        let session = Session { digest: Digest::of("a session"), ended, left: Duration::from_secs(3600) };
        drop(ends);
        let barred = Box::pin(std::future::pending());
        let life = Life { stopping, right: Right::Session(session), barred };
        let over = tokio::spawn(life.over());
        tokio::task::yield_now().await;
        assert!(!over.is_finished(), "nothing has ended it yet");
        stop.send_replace(true);
        assert_eq!(over.await.expect("it ends").reason, End::STOPPING.reason);
    }
}
