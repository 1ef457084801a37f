//! What stays open, and until when: connections live by what opened them, and by what their owner may do.

use std::{sync::Arc, time::Duration};

use berth_shared::{
    api::DEFAULT_PROJECT,
    policy::{self, Action, Whose},
};
use tokio::{sync::broadcast::error::RecvError, time::sleep};

use super::{Auth, Caller, Digest};

/// How often open connections make sure that their API token still stands.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

impl Auth {
    /// Resolves when an API token is revoked: at once when a server of this database does it, else, as when the command
    /// line writes to the database itself or it expires, within a minute.
    pub(crate) fn api_token_ended(&self, token: Digest) -> impl Future<Output = ()> + Send + use<> {
        let (store, mut ended, clock) = (self.store.clone(), self.ended_sessions(), Arc::clone(&self.clock));
        async move {
            loop {
                tokio::select! {
                    told = ended.recv() => match told {
                        Ok(digest) if digest != token => continue,
                        Ok(_) => return,
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return std::future::pending().await,
                    },
                    () = sleep(LOOK_AGAIN) => {}
                }
                // A database that does not answer now says nothing against it.
                if matches!(store.api_token(&token, DEFAULT_PROJECT, clock.now()).await, Ok(None)) {
                    return;
                }
            }
        }
    }

    /// Resolves when `caller` may no longer do something to what is `owner`'s: at once when a server of this database changes the
    /// person, else within a minute.
    pub(crate) fn may_no_longer(
        &self,
        caller: &Caller,
        action: Action,
        owner: String,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (store, mut changes) = (self.store.clone(), self.store.person_changes(&caller.user));
        let (user, project, limit) = (caller.user.clone(), caller.project.clone(), caller.limit);
        async move {
            loop {
                // Looked at first: it may have changed between the question and this.
                let may = match store.roles(&user, &project).await {
                    Ok(Some(roles)) => {
                        let role = roles.at_most(limit).over(action);
                        policy::may(role, action, Whose::of(&owner, &user))
                    }
                    Ok(None) => false,
                    // A database that does not answer now says nothing against it.
                    Err(_) => true,
                };
                if !may {
                    return;
                }
                changes.next().await;
            }
        }
    }

    /// Resolves when `caller` may do something else than when it came: at once when a server of this database changes the person, else
    /// within a minute.
    pub(crate) fn role_changed(&self, caller: &Caller) -> impl Future<Output = ()> + Send + use<> {
        let (store, mut changes) = (self.store.clone(), self.store.person_changes(&caller.user));
        let (user, project) = (caller.user.clone(), caller.project.clone());
        let (before, limit) = (caller.roles(), caller.limit);
        async move {
            loop {
                if let Ok(Some(roles)) = store.roles(&user, &project).await
                    && roles.at_most(limit) != before
                {
                    return;
                }
                changes.next().await;
            }
        }
    }
}
