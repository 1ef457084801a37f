//! People: who has an account, what they are to the project, and their passwords.

use berth_shared::{
    api::{Person, Role},
    time::Timestamp,
};

use super::{
    Auth, Caller, PasswordError, Proof, Secret, lock,
    passwords::{self, Busy},
    store::Changed,
};
use crate::store::StoreError;

/// For how long an invitation can be used.
pub const INVITATION_SECONDS: i64 = 7 * 24 * 3600;

/// For how long somebody who came in by a link may set a password without saying the one until then.
const FRESH_SECONDS: i64 = 3600;

/// The longest name, characters.
pub(super) const NAME: usize = 40;

/// Why nothing was done to a person.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// Nobody has this name.
    #[error("nobody here is called `{0}`")]
    NotFound(String),
    /// Somebody has it.
    #[error("somebody is called `{0}` already; choose another name")]
    Taken(String),
    /// No name that somebody can have.
    #[error(
        "a name is 1 to {NAME} lower-case letters, digits, `-`, `_` and `.`, and begins with a letter or digit"
    )]
    Name,
    /// Nobody would be left to look after the people.
    #[error("`{0}` is the last admin, and there has to be one; make somebody else an admin first")]
    LastAdmin(String),
    /// The store failed.
    #[error("cannot look the person up")]
    Store(#[from] StoreError),
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// It will not do.
    #[error(transparent)]
    Invalid(#[from] PasswordError),
    /// The one until now was not said.
    #[error(
        "say the password until now; whoever has forgotten it comes in by a new link of an admin's, and needs none within the hour"
    )]
    Needed,
    /// The one until now is another.
    #[error("that is not the password until now")]
    Wrong,
    /// Too many guesses.
    #[error("too many wrong passwords; the next try is possible in {wait_seconds} s")]
    TooMany {
        /// When to try again.
        wait_seconds: u32,
    },
    /// Too many passwords are being looked at.
    #[error("too many people sign in at the moment; try again")]
    Busy,
    /// The store failed.
    #[error("cannot set the password")]
    Store(#[from] StoreError),
}

impl From<Busy> for SetPasswordError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

/// Whether this can be a person's name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= NAME
        && text.bytes().next().is_some_and(fits)
        && text.bytes().all(|byte| fits(byte) || b"._-".contains(&byte))
}

impl Auth {
    /// Everybody, by name.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.store.people().await
    }

    /// Makes an account, and a link by which its owner comes in: the link's token, and until when it works.
    pub async fn invite(&self, name: &str, role: Role) -> Result<(Person, Secret, Timestamp), PersonError> {
        if !is_name(name) {
            return Err(PersonError::Name);
        }
        match self.store.add_person(name, role, self.clock.now()).await {
            Ok(()) => self.link(name).await,
            Err(error) if error.is_taken() => Err(PersonError::Taken(name.to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    /// A new link for somebody who is there; their earlier ones work no longer.
    pub async fn link(&self, name: &str) -> Result<(Person, Secret, Timestamp), PersonError> {
        let person = self.person(name).await?;
        self.store.forget_links(name).await?;
        let (secret, now) = (self.draw(""), self.clock.now());
        let expires_at = now.plus_seconds(INVITATION_SECONDS);
        self.store.add_login_token(&secret.digest(), name, now, expires_at).await?;
        Ok((person, secret, expires_at))
    }

    /// Who has this name.
    pub async fn person(&self, name: &str) -> Result<Person, PersonError> {
        self.store.person(name).await?.ok_or_else(|| PersonError::NotFound(name.to_owned()))
    }

    /// Changes what somebody is to the project, from their next request on; what is open and may not be any more ends at once.
    pub async fn set_role(&self, name: &str, role: Role) -> Result<Person, PersonError> {
        changed(name, self.store.set_role(name, role).await?)?;
        self.person(name).await
    }

    /// Removes somebody, and ends all by which they are in. What they launched stays.
    pub async fn remove_person(&self, name: &str) -> Result<(), PersonError> {
        changed(name, self.store.remove_person(name).await?)
    }

    /// Gives the person who asks a password, and ends their other sessions.
    pub async fn set_password(
        &self,
        caller: &Caller,
        current: Option<String>,
        new: String,
    ) -> Result<(), SetPasswordError> {
        passwords::check(&caller.user, &new)?;
        let now = self.clock.now();
        let (session, by_link_at) = match &caller.proof {
            Proof::Session { digest, by_link_at, .. } => (Some(digest), *by_link_at),
            Proof::ApiToken { .. } => (None, None),
        };
        let is_fresh = by_link_at.is_some_and(|began| now < began.plus_seconds(FRESH_SECONDS));
        if let Some(kept) = self.store.password(&caller.user).await?
            && !is_fresh
        {
            let current = current.ok_or(SetPasswordError::Needed)?;
            lock(&self.attempts)
                .begin_for(&caller.user, now)
                .map_err(|many| SetPasswordError::TooMany { wait_seconds: many.wait_seconds })?;
            if !self.passwords.fits(current, Some(kept)).await? {
                return Err(SetPasswordError::Wrong);
            }
            lock(&self.attempts).succeeded_for(&caller.user);
        }
        let hash = self.passwords.hash(new, self.salt()).await?;
        self.store.set_password(&caller.user, &hash, session).await?;
        Ok(())
    }
}

fn changed(name: &str, changed: Changed) -> Result<(), PersonError> {
    match changed {
        Changed::Done => Ok(()),
        Changed::NotFound => Err(PersonError::NotFound(name.to_owned())),
        Changed::LastAdmin => Err(PersonError::LastAdmin(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_plain_and_begins_with_a_letter_or_digit() {
        for name in ["a", "ann", "7of9", "ann.b-c_d", &"x".repeat(40)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-ann", ".ann", "_a", "Ann", "ann b", "änn", "a/b", "a\n", &"x".repeat(41)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
