//! Who may come in: people, one-time login tokens, passwords, single sign-on, sessions, API tokens, SSH keys. What they may do then,
//! [`berth_shared::policy`] says.
//!
//! Nothing here can be turned back into a secret: the store keeps [`Digest`]s, and of passwords argon2id.

mod attempts;
mod lasting;
mod login;
pub mod oidc;
mod passwords;
mod people;
mod previews;
mod projects;
mod public_key;
mod secret;
mod store;

pub(crate) use attempts::network;
pub use login::LoginError;
pub use passwords::PasswordError;
pub use people::{INVITATION_SECONDS, PersonError, SetPasswordError, is_name};
pub use previews::{PREVIEW_SECONDS, Preview};
pub use projects::ProjectError;
pub use public_key::{PublicKeyError, PublicKeyText, fingerprint};
pub use secret::{Digest, Secret};
pub use store::{AuthStore, Ended, NewApiToken};

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use berth_shared::{
    api::{ApiToken, Role, SessionInfo, SshKey, User},
    policy::Roles,
    time::Timestamp,
};
use rand::{Rng as _, rngs::StdRng};
use tokio::sync::broadcast;

use crate::{clock::Clock, store::StoreError};
use attempts::Attempts;
use passwords::Passwords;

/// The person who is made at the first start.
pub const ADMIN: &str = "admin";

/// For how long a login token can be used.
pub const LOGIN_TOKEN_SECONDS: i64 = 3600;

/// For how long a session lasts.
pub const SESSION_SECONDS: i64 = 30 * 24 * 3600;

/// How a request proved who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person's name.
    pub user: String,
    /// The project that they ask about.
    pub project: String,
    /// What they may do in it: what the person may, and no more than what they prove it by.
    pub role: Role,
    /// The same about the server.
    pub server_role: Role,
    /// The most that they may do by this proof, whatever the person is; `None` = all.
    pub limit: Option<Role>,
    /// Whether the person has a password.
    pub has_password: bool,
    /// By what.
    pub proof: Proof,
}

impl Caller {
    /// As they are told who they are.
    #[must_use]
    pub fn told(&self) -> User {
        User {
            name: self.user.clone(),
            role: self.role,
            server_role: self.server_role,
            project: self.project.clone(),
            has_password: self.has_password,
        }
    }

    /// Whether something that happened in this project, or in none, is for them.
    #[must_use]
    pub fn hears_of(&self, project: Option<&str>) -> bool {
        match project {
            Some(project) => project == self.project,
            None => self.server_role > Role::Guest,
        }
    }

    /// What they are.
    #[must_use]
    pub const fn roles(&self) -> Roles {
        Roles { server: self.server_role, project: self.role }
    }
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
        /// When it began, if a link let them in.
        by_link_at: Option<Timestamp>,
    },
    /// An API token.
    ApiToken {
        /// Which.
        digest: Digest,
        /// Whether it may do less than its person, or not for ever. It makes nothing then that opens more than it does.
        is_limited: bool,
    },
}

/// From where somebody comes.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The address.
    pub address: IpAddr,
    /// What their browser says it is.
    pub agent: &'a str,
}

/// The doorkeeper.
pub struct Auth {
    store: AuthStore,
    clock: Arc<dyn Clock>,
    rng: Mutex<StdRng>,
    attempts: Mutex<Attempts>,
    passwords: Passwords,
    oidc: Option<oidc::Oidc>,
}

impl Auth {
    /// Works on `store`, which has its tables already.
    #[must_use]
    pub fn new(store: AuthStore, clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        Self {
            store,
            clock,
            rng: Mutex::new(rng),
            attempts: Mutex::default(),
            passwords: Passwords::default(),
            oidc: None,
        }
    }

    /// Makes an admin if there is none, and forgets what has expired.
    pub async fn begin(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.ensure_admin(ADMIN, now).await?;
        self.store.forget_expired(now).await
    }

    /// The admin who has been there longest; whoever has the machine comes in as this one.
    pub async fn first_admin(&self) -> Result<String, StoreError> {
        Ok(self.store.first_admin().await?.unwrap_or_else(|| ADMIN.to_owned()))
    }

    /// Who a session cookie belongs to, who asks about `project`; `None` when it does not, or no longer.
    pub async fn session(
        &self,
        cookie: &str,
        project: &str,
        from: Visit<'_>,
    ) -> Result<Option<Caller>, StoreError> {
        let (digest, now) = (Digest::of(cookie), self.clock.now());
        let Some((caller, is_due)) = self.store.session(&digest, project, now).await? else {
            return Ok(None);
        };
        if is_due {
            noted(self.store.session_seen(&digest, &caller.user, from, now).await);
        }
        Ok(Some(caller))
    }

    /// Ends a session, and every connection that lives by it.
    pub async fn log_out(&self, session: &Digest) -> Result<(), StoreError> {
        self.store.end_session(session).await
    }

    /// The sessions of the person who asks, the last used first.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<SessionInfo>, StoreError> {
        let current = match &caller.proof {
            Proof::Session { digest, .. } => Some(digest),
            Proof::ApiToken { .. } => None,
        };
        self.store.sessions(&caller.user, current, self.clock.now()).await
    }

    /// Ends a session of `user`, and every connection that lives by it; tells whether there was one.
    pub async fn end_session(&self, user: &str, id: &str) -> Result<bool, StoreError> {
        self.store.end_session_of(user, id).await
    }

    /// Tells which sessions were ended by [`Auth::log_out`], and which API tokens by [`Auth::revoke_api_token`], on this
    /// server and on others of the same database.
    #[must_use]
    pub fn ended_sessions(&self) -> broadcast::Receiver<Digest> {
        self.store.ended().listen()
    }

    /// Who an API token belongs to, who asks about `project`.
    pub async fn api_token(&self, token: &str, project: &str) -> Result<Option<Caller>, StoreError> {
        let (digest, now) = (Digest::of(token), self.clock.now());
        let Some((caller, is_due)) = self.store.api_token(&digest, project, now).await? else {
            return Ok(None);
        };
        if is_due {
            noted(self.store.api_token_used(&digest, &caller.user, now).await);
        }
        Ok(Some(caller))
    }

    /// A new API token.
    pub async fn create_api_token(&self, new: NewApiToken<'_>) -> Result<Secret, StoreError> {
        let secret = self.draw("berth_");
        self.store.add_api_token(&secret.digest(), new, self.clock.now()).await?;
        Ok(secret)
    }

    /// The API tokens of `user`, oldest first.
    pub async fn api_tokens(&self, user: &str) -> Result<Vec<ApiToken>, StoreError> {
        self.store.api_tokens_of(user).await
    }

    /// Makes an API token worthless, and ends every connection that lives by it; tells whether `user` had one of this label.
    pub async fn revoke_api_token(&self, user: &str, label: &str) -> Result<bool, StoreError> {
        self.store.revoke_api_token(user, label).await
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

    fn salt(&self) -> [u8; 16] {
        let mut salt = [0; 16];
        lock(&self.rng).fill_bytes(&mut salt);
        salt
    }

    fn draw(&self, prefix: &str) -> Secret {
        Secret::draw(prefix, &mut *lock(&self.rng))
    }
}

/// When somebody was seen last is worth nothing that would have to fail with it.
fn noted(written: Result<(), StoreError>) {
    if let Err(error) = written {
        tracing::debug!(error = crate::http::chain(&error), "cannot write down who was seen");
    }
}

/// Nothing here is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
