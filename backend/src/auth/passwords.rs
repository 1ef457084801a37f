//! Passwords: what they must be, and how they are kept.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use berth_shared::api::PASSWORD_CHARACTERS;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Memory that a hash takes, KiB. With two passes over it what OWASP asks for at least.
const MEMORY_KIB: u32 = 19 * 1024;

/// Passes over the memory.
const PASSES: u32 = 2;

/// How many hashes are made at once: what they take of memory and cores is bounded, however many sign in.
const AT_ONCE: usize = 2;

/// How many may wait for their turn. One takes some tens of milliseconds.
const WAITING: usize = 64;

/// What stands in for the salt of somebody who has no password.
const NOBODYS_SALT: [u8; 16] = *b"nobody's salt...";

/// Why a text cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error(
        "a password has {} to {} characters; a few words that do not belong together make a good one",
        PASSWORD_CHARACTERS.start(), PASSWORD_CHARACTERS.end()
    )]
    Length,
    /// Whoever knows the name knows it.
    #[error("a password that is the name of its owner is the first that is guessed; choose another")]
    Name,
}

/// Too many passwords are being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy;

/// Whether `password` can be one of `name`.
pub(super) fn check(name: &str, password: &str) -> Result<(), PasswordError> {
    if !PASSWORD_CHARACTERS.contains(&password.chars().count()) {
        return Err(PasswordError::Length);
    }
    // The name, over and over, is the name.
    let without = password.to_lowercase().replace(name, "");
    if without.trim().is_empty() { Err(PasswordError::Name) } else { Ok(()) }
}

/// Hashes passwords, a few at once.
#[derive(Debug)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
        }
    }
}

impl Passwords {
    /// What is kept of a password.
    pub(super) async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, Busy> {
        self.work(move || hash(&password, &salt)).await?.ok_or(Busy)
    }

    /// Whether a password is the one that `kept` was made of. Takes as long where there is none.
    pub(super) async fn fits(&self, password: String, kept: Option<String>) -> Result<bool, Busy> {
        self.work(move || match kept.as_deref().map(PasswordHash::new) {
            Some(Ok(kept)) => hasher().verify_password(password.as_bytes(), &kept).is_ok(),
            // Nobody learns from how long it takes who there is, and who has a password.
            Some(Err(_)) | None => {
                let _ = hash(&password, &NOBODYS_SALT);
                false
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Busy)?;
        // Somebody who goes away meanwhile does not make room for another before the work is done.
        let done = spawn_blocking(move || {
            let _held = (waiting, turn);
            work()
        });
        done.await.map_err(|_| Busy)
    }
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("they are within what argon2 takes");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// `None` only for what argon2 does not take; what is long enough for that was refused before.
fn hash(password: &str, salt: &[u8; 16]) -> Option<String> {
    let hash: PasswordHash = hasher().hash_password_with_salt(password.as_bytes(), salt).ok()?;
    Some(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_kept_as_what_only_it_fits() {
        let passwords = Passwords::default();
        let kept = passwords.hash("correct horse battery".to_owned(), [7; 16]).await.expect("hashed");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        for (tried, fits) in [("correct horse battery", true), ("correct horse batterx", false), ("", false)]
        {
            assert_eq!(passwords.fits(tried.to_owned(), Some(kept.clone())).await, Ok(fits), "{tried}");
        }
        assert_eq!(passwords.fits("correct horse battery".to_owned(), None).await, Ok(false));
        assert_eq!(passwords.fits("x".to_owned(), Some("no hash".to_owned())).await, Ok(false));
    }

    #[test]
    fn a_password_has_twelve_to_two_hundred_characters_and_is_not_the_name() {
        for (password, said) in [
            ("elevenchars", Err(PasswordError::Length)),
            ("twelve chars", Ok(())),
            ("ÄÖÜÄÖÜÄÖÜÄÖÜ", Ok(())),
            ("annannannann", Err(PasswordError::Name)),
            ("  ANN ann Ann ann ", Err(PasswordError::Name)),
            ("ann and the sea", Ok(())),
        ] {
            assert_eq!(check("ann", password), said, "{password}");
        }
        assert_eq!(check("ann", &"x".repeat(200)), Ok(()));
        assert_eq!(check("ann", &"x".repeat(201)), Err(PasswordError::Length));
    }

    #[tokio::test]
    async fn whoever_waits_too_far_behind_is_told_so() {
        let passwords = Passwords::default();
        let _all = Arc::clone(&passwords.waiting).try_acquire_many_owned(66).expect("they are free");
        assert_eq!(passwords.fits("x".to_owned(), None).await, Err(Busy));
    }
}
