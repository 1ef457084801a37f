//! How long a socket may live: as long as its session, and the server.

use std::time::Duration;

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
    session: Option<Session>,
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
        let session = match &caller.proof {
            Proof::Session { digest, expires_at } => Some(Session {
                digest: digest.clone(),
                ended: auth.ended_sessions(),
                left: Duration::from_millis(expires_at.millis_since(clock.now()).unsigned_abs()),
            }),
            Proof::ApiToken => None,
        };
        Self { stopping, session }
    }

    /// Resolves when the socket must be closed, to the reason.
    pub(super) async fn over(self) -> End {
        let Self { mut stopping, session } = self;
        let session = async {
            match session {
                Some(session) => session.over().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // An error means that the server is gone already.
            _ = stopping.wait_for(|stopping| *stopping) => End::STOPPING,
            () = session => End::SESSION,
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
                    Err(RecvError::Closed) => return,
                }
            }
        };
        tokio::select! {
            () = ended => {}
            () = sleep(self.left) => {}
        }
    }
}
