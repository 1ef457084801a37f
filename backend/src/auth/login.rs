//! Signing in, by a link or by name and password.

use berth_shared::{
    api::{DEFAULT_PROJECT, LoginRequest, PasswordLogin, User},
    time::Timestamp,
};

use super::{
    Auth, Digest, LOGIN_TOKEN_SECONDS, SESSION_SECONDS, Secret, Visit, attempts::TooMany, is_name, lock,
    passwords::Busy, store::NewSession,
};
use crate::store::StoreError;

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such token was ever given out.
    #[error("this login token is not one of this server's")]
    Invalid,
    /// It was given out too long ago.
    #[error("this login token has expired")]
    Expired,
    /// It let somebody in before.
    #[error("this login token was used already; each lets in once")]
    Used,
    /// No such person, or another password.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many guesses.
    #[error("too many failed logins {}", if *.by_name { "for this name" } else { "from this address" })]
    TooMany {
        /// When to try again.
        wait_seconds: u32,
        /// Whether they were for one name, from wherever.
        by_name: bool,
    },
    /// Too many passwords are being looked at.
    #[error("too many people sign in at the moment; try again")]
    Busy,
    /// The store failed.
    #[error("cannot look the person up")]
    Store(#[from] StoreError),
}

impl From<TooMany> for LoginError {
    fn from(TooMany { wait_seconds, by_name }: TooMany) -> Self {
        Self::TooMany { wait_seconds, by_name }
    }
}

impl From<Busy> for LoginError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl Auth {
    /// A new one-time login token for `user`, who must be there.
    pub async fn login_token(&self, user: &str) -> Result<Secret, StoreError> {
        let now = self.clock.now();
        let secret = self.draw("");
        self.store
            .add_login_token(&secret.digest(), user, now, now.plus_seconds(LOGIN_TOKEN_SECONDS))
            .await?;
        Ok(secret)
    }

    /// Begins a session: its secret, for the cookie, and whose it is.
    pub async fn log_in(&self, by: LoginRequest, from: Visit<'_>) -> Result<(Secret, User), LoginError> {
        let now = self.clock.now();
        // What nobody can be called is not remembered.
        let name = match &by {
            LoginRequest::Password(by) => Some(by.name.trim().to_lowercase()).filter(|name| is_name(name)),
            LoginRequest::Link(_) => None,
        };
        lock(&self.attempts).begin(from.address, name.as_deref(), now)?;
        let entered = match by {
            LoginRequest::Link(by) => self.by_link(by.token.trim(), from, now).await,
            LoginRequest::Password(by) => self.by_password(name.as_deref(), by, from, now).await,
        };
        // Nothing was tried when we failed.
        if matches!(entered, Ok(_) | Err(LoginError::Store(_) | LoginError::Busy)) {
            lock(&self.attempts).succeeded(from.address, name.as_deref());
        }
        let (session, user) = entered?;
        let person = self.store.person(&user).await?.ok_or(LoginError::Invalid)?;
        let project = DEFAULT_PROJECT.to_owned();
        let member = self.store.roles(&user, &project).await?;
        let role = member.map_or(person.role, |roles| roles.project);
        let (server_role, has_password) = (person.role, person.has_password);
        Ok((session, User { name: user, role, server_role, project, has_password }))
    }

    async fn by_link(
        &self,
        token: &str,
        from: Visit<'_>,
        now: Timestamp,
    ) -> Result<(Secret, String), LoginError> {
        let user = self.store.use_login_token(&Digest::of(token), now).await?;
        let session = self.begin_session(&user, None, from, now).await?;
        Ok((session.ok_or(LoginError::Invalid)?, user))
    }

    async fn by_password(
        &self,
        name: Option<&str>,
        by: PasswordLogin,
        from: Visit<'_>,
        now: Timestamp,
    ) -> Result<(Secret, String), LoginError> {
        let kept = match name {
            Some(name) => self.store.password(name).await?,
            None => None,
        };
        let fits = self.passwords.fits(by.password, kept.clone()).await?;
        match (name, kept) {
            (Some(name), Some(kept)) if fits => {
                let session = self.begin_session(name, Some(&kept), from, now).await?;
                Ok((session.ok_or(LoginError::Wrong)?, name.to_owned()))
            }
            _ => Err(LoginError::Wrong),
        }
    }

    async fn begin_session(
        &self,
        user: &str,
        password: Option<&str>,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Option<Secret>, StoreError> {
        let session = self.draw("");
        let digest = session.digest();
        let expires_at = now.plus_seconds(SESSION_SECONDS);
        let new = NewSession {
            digest: &digest,
            user,
            password,
            by_link: password.is_none(),
            visit,
            now,
            expires_at,
        };
        Ok(self.store.add_session(new).await?.then_some(session))
    }
}
