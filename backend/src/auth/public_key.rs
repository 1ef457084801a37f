//! Reads the SSH public keys that people paste.

use berth_shared::api::SshKey;
use berth_shared::time::Timestamp;
use russh::keys::{Algorithm, HashAlg, PublicKey, ssh_key::public::KeyData};

/// The longest text that can be a key, bytes: RSA of 16384 bits has less than a third of it.
const LONGEST: usize = 16 * 1024;

/// The shortest RSA key that is accepted, bits.
const RSA_BITS: u32 = 2048;

/// A public key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeyText {
    /// `SHA256:…`
    pub fingerprint: String,
    /// Algorithm and key, without the comment.
    pub text: String,
    /// What stands behind the key; may be empty.
    pub comment: String,
}

/// Why a text is no key that one could come in by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Somebody was about to give their secret away.
    #[error(
        "this is a private key, which nobody else should see; give the line of the file beside it that ends in `.pub`"
    )]
    Private,
    /// Signed by somebody else's authority, which nobody here knows.
    #[error(
        "this is a certificate; give the public key itself, from the file that ends in `.pub` but not in `-cert.pub`"
    )]
    Certificate,
    /// More than one.
    #[error("these are several lines; add one key at a time")]
    Several,
    /// Something else.
    #[error(
        "this is no public key in OpenSSH's form, which is one line such as `ssh-ed25519 AAAA… name`; `ssh-keygen -i -f FILE` \
         converts others, and `ssh-keygen -t ed25519` makes a new one"
    )]
    Unreadable,
    /// Breakable, or about to be.
    #[error("a key of {0} is not safe any more; `ssh-keygen -t ed25519` makes a new one")]
    Weak(String),
}

impl PublicKeyText {
    /// Reads the line of a `.pub` file.
    ///
    /// # Errors
    /// When it is something else, or a key that does not protect.
    pub fn parse(text: &str) -> Result<Self, PublicKeyError> {
        let text = text.trim();
        if text.contains("PRIVATE KEY-----") || text.starts_with("PuTTY-User-Key-File") {
            return Err(PublicKeyError::Private);
        }
        if text.len() > LONGEST || text.starts_with("---") {
            return Err(PublicKeyError::Unreadable);
        }
        if text.lines().count() > 1 {
            return Err(PublicKeyError::Several);
        }
        if text.split_whitespace().next().is_some_and(|algorithm| algorithm.contains("-cert-v")) {
            return Err(PublicKeyError::Certificate);
        }
        let key = PublicKey::from_openssh(text).map_err(|_| PublicKeyError::Unreadable)?;
        strong(&key)?;
        let comment = key.comment().as_str_lossy().trim().to_owned();
        let bare = PublicKey::new(key.key_data().clone(), "");
        Ok(Self {
            fingerprint: fingerprint(&key),
            text: bare.to_openssh().map_err(|_| PublicKeyError::Unreadable)?,
            comment,
        })
    }

    /// As it is told to its owner.
    #[must_use]
    pub fn into_key(self, label: String, created_at: Timestamp) -> SshKey {
        SshKey { label, fingerprint: self.fingerprint, public_key: self.text, created_at }
    }
}

/// What a key is known by.
#[must_use]
pub fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

fn strong(key: &PublicKey) -> Result<(), PublicKeyError> {
    match (key.algorithm(), key.key_data()) {
        (Algorithm::Dsa, _) => Err(PublicKeyError::Weak("DSA".to_owned())),
        (_, KeyData::Rsa(rsa)) => {
            let bits = rsa.key_size();
            if bits < RSA_BITS { Err(PublicKeyError::Weak(format!("RSA with {bits} bits"))) } else { Ok(()) }
        }
        (Algorithm::Other(_), _) => Err(PublicKeyError::Unreadable),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti user@example.com";

    #[test]
    fn a_line_of_a_pub_file_is_read_and_kept_without_its_comment() {
        let key = PublicKeyText::parse(&format!("  {ED25519}\n")).unwrap();
        assert_eq!(key.comment, "user@example.com");
        assert_eq!(key.text, ED25519.rsplit_once(' ').unwrap().0);
        assert_eq!(key.fingerprint, "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ");
    }

    #[test]
    fn what_is_no_public_key_is_told_by_what_it_is() {
        let told = |text: &str| PublicKeyText::parse(text).unwrap_err();
        assert_eq!(told("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"), PublicKeyError::Private);
        assert_eq!(told("-----BEGIN RSA PRIVATE KEY-----\nMIIE"), PublicKeyError::Private);
        assert_eq!(told("PuTTY-User-Key-File-3: ssh-ed25519"), PublicKeyError::Private);
        assert_eq!(told(&format!("{ED25519}\n{ED25519}")), PublicKeyError::Several);
        assert_eq!(told("ssh-ed25519-cert-v01@openssh.com AAAA x"), PublicKeyError::Certificate);
        for text in [
            "",
            "hello",
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            "---- BEGIN SSH2 PUBLIC KEY ----",
            "~/.ssh/id.pub",
        ] {
            assert_eq!(told(text), PublicKeyError::Unreadable, "{text}");
        }
    }
}
