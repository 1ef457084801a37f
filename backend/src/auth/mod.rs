//! Who may come in: one-time login tokens, sessions, API tokens, SSH keys.
//!
//! Nothing here can be turned back into a secret: the store keeps [`Digest`]s.

mod attempts;
mod previews;
mod public_key;
mod secret;
mod store;

pub use previews::{PREVIEW_SECONDS, Preview};
pub use public_key::{PublicKeyError, PublicKeyText, fingerprint};
pub use secret::{Digest, Secret};
pub use store::{ApiToken, AuthStore, Ended};

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use berth_shared::{api::SshKey, time::Timestamp};
use rand::rngs::StdRng;
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::sleep,
};

use crate::{clock::Clock, store::StoreError};
use attempts::Attempts;

/// The user that is made at the first start.
pub const ADMIN: &str = "admin";

/// For how long a login token can be used.
pub const LOGIN_TOKEN_SECONDS: i64 = 3600;

/// How often open connections make sure that their API token still stands.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// For how long a session lasts.
pub const SESSION_SECONDS: i64 = 30 * 24 * 3600;

/// How a request proved who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's name.
    pub user: String,
    /// By what.
    pub proof: Proof,
}

/// What a request carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A session cookie.
    Session {
        /// Which.
        digest: Digest,
        /// When the session ends by itself.
        expires_at: Timestamp,
    },
    /// An API token.
    ApiToken {
        /// Which.
        digest: Digest,
    },
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such token was ever given out.
    #[error("this login token is not one of this server's")]
    Invalid,
    /// It was given out too long ago.
    #[error("this login token is older than an hour")]
    Expired,
    /// It let somebody in before.
    #[error("this login token was used already; each lets in once")]
    Used,
    /// Too many guesses.
    #[error("too many failed logins from this address")]
    TooMany {
        /// When to try again.
        wait_seconds: u32,
    },
    /// The store failed.
    #[error("cannot look the token up")]
    Store(#[from] StoreError),
}

/// The doorkeeper.
pub struct Auth {
    store: AuthStore,
    clock: Arc<dyn Clock>,
    rng: Mutex<StdRng>,
    attempts: Mutex<Attempts>,
}

impl Auth {
    /// Works on `store`, which has its tables already.
    #[must_use]
    pub fn new(store: AuthStore, clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        Self { store, clock, rng: Mutex::new(rng), attempts: Mutex::default() }
    }

    /// Makes the admin user if there is none, and forgets what has expired.
    pub async fn begin(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.ensure_user(ADMIN, now).await?;
        self.store.forget_expired(now).await
    }

    /// A new one-time login token for `user`.
    pub async fn login_token(&self, user: &str) -> Result<Secret, StoreError> {
        let now = self.clock.now();
        let secret = self.draw("");
        self.store
            .add_login_token(&secret.digest(), user, now, now.plus_seconds(LOGIN_TOKEN_SECONDS))
            .await?;
        Ok(secret)
    }

    /// Exchanges a one-time token for a session: its secret, for the cookie, and its user.
    pub async fn log_in(&self, token: &str, from: IpAddr) -> Result<(Secret, String), LoginError> {
        let now = self.clock.now();
        if let Some(wait_seconds) = lock(&self.attempts).wait(from, now) {
            return Err(LoginError::TooMany { wait_seconds });
        }
        match self.store.use_login_token(&Digest::of(token), now).await {
            Ok(user) => {
                let session = self.draw("");
                let expires_at = now.plus_seconds(SESSION_SECONDS);
                self.store.add_session(&session.digest(), &user, now, expires_at).await?;
                Ok((session, user))
            }
            Err(error) => {
                if !matches!(error, LoginError::Store(_)) {
                    lock(&self.attempts).failed(from, now);
                }
                Err(error)
            }
        }
    }

    /// Who a session cookie belongs to; `None` when it does not, or no longer.
    pub async fn session(&self, cookie: &str) -> Result<Option<Caller>, StoreError> {
        let digest = Digest::of(cookie);
        let found = self.store.session(&digest, self.clock.now()).await?;
        Ok(found.map(|(user, expires_at)| Caller { user, proof: Proof::Session { digest, expires_at } }))
    }

    /// Ends a session, and every connection that lives by it.
    pub async fn log_out(&self, session: &Digest) -> Result<(), StoreError> {
        self.store.end_session(session).await?;
        self.store.ended().tell(session.clone());
        Ok(())
    }

    /// Tells which sessions were ended by [`Auth::log_out`], and which API tokens by [`Auth::revoke_api_token`], on this
    /// server and on others of the same database.
    #[must_use]
    pub fn ended_sessions(&self) -> broadcast::Receiver<Digest> {
        self.store.ended().listen()
    }

    /// Who an API token belongs to.
    pub async fn api_token(&self, token: &str) -> Result<Option<Caller>, StoreError> {
        let digest = Digest::of(token);
        let user = self.store.api_token(&digest).await?;
        Ok(user.map(|user| Caller { user, proof: Proof::ApiToken { digest } }))
    }

    /// Resolves when an API token is revoked: at once when a server of this database does it, else, as when the command
    /// line writes to the database itself, within a minute.
    pub(crate) fn api_token_ended(&self, token: Digest) -> impl Future<Output = ()> + Send + use<> {
        let (store, mut ended) = (self.store.clone(), self.ended_sessions());
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
                if matches!(store.api_token(&token).await, Ok(None)) {
                    return;
                }
            }
        }
    }

    /// A new API token for `user`; `label` is for people and unique among the user's.
    pub async fn create_api_token(&self, user: &str, label: &str) -> Result<Secret, StoreError> {
        let secret = self.draw("berth_");
        self.store.add_api_token(&secret.digest(), user, label, self.clock.now()).await?;
        Ok(secret)
    }

    /// Makes an API token worthless, and ends every connection that lives by it; tells whether `user` had one of this label.
    pub async fn revoke_api_token(&self, user: &str, label: &str) -> Result<bool, StoreError> {
        let revoked = self.store.revoke_api_token(user, label).await?;
        let there = revoked.is_some();
        revoked.into_iter().for_each(|token| self.store.ended().tell(token));
        Ok(there)
    }

    /// Adds a public key of `user`; `label` is for people and unique among the user's. A key is one account's alone.
    pub async fn add_ssh_key(
        &self,
        user: &str,
        key: PublicKeyText,
        label: String,
    ) -> Result<SshKey, StoreError> {
        let key = key.into_key(label, self.clock.now());
        self.store.add_ssh_key(user, &key).await?;
        Ok(key)
    }

    /// The public keys of `user`, oldest first.
    pub async fn ssh_keys(&self, user: &str) -> Result<Vec<SshKey>, StoreError> {
        self.store.ssh_keys(user).await
    }

    /// Who has this key already.
    pub async fn ssh_key_owner(&self, fingerprint: &str) -> Result<Option<String>, StoreError> {
        self.store.ssh_key_owner(fingerprint).await
    }

    /// Removes a public key, and ends every connection that lives by it; tells whether `user` had one of this label.
    pub async fn remove_ssh_key(&self, user: &str, label: &str) -> Result<bool, StoreError> {
        self.store.remove_ssh_key(user, label).await
    }

    fn draw(&self, prefix: &str) -> Secret {
        Secret::draw(prefix, &mut *lock(&self.rng))
    }
}

/// Nothing here is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
