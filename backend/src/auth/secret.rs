//! Secrets that open doors, and the digests that are kept of them.

use std::fmt;

use rand::CryptoRng;
use sha2::{Digest as _, Sha256};

/// A random secret of 256 bits. Shown once, to its owner; only its [`Digest`] is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Draws one. `prefix` says what it is for, so that a leaked one can be recognised.
    pub fn draw(prefix: &str, rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(format!("{prefix}{}", hex(&bytes)))
    }

    /// The text to hand to its owner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of a [`Secret`], in lower-case hexadecimal. The secret has 256 random bits, so neither salt nor a
/// slow hash would add anything; looking a digest up instead of comparing secrets leaves no timing to learn
/// from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest(String);

impl Digest {
    /// Of whatever somebody presents as a secret.
    #[must_use]
    pub fn of(presented: &str) -> Self {
        Self(hex(&Sha256::digest(presented.as_bytes())))
    }

    /// One that a store has kept.
    pub(crate) fn from_stored(digits: &str) -> Self {
        Self(digits.to_owned())
    }

    /// 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_sha_256_in_hexadecimal() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            Digest::of("abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        use rand::SeedableRng;
        let secret = Secret::draw("berth_", &mut rand::rngs::StdRng::seed_from_u64(1));
        assert_eq!(secret.reveal().len(), "berth_".len() + 64);
        assert!(!format!("{secret:?}").contains(secret.reveal()));
    }
}
