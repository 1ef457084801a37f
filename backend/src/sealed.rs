//! What is kept sealed in the database: whoever gets at the database, or a backup of it, has nothing without the key.

use std::{
    fmt, fs,
    io::{self, Read as _},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::private_file;

/// Its file in the data directory, where no other key is given.
const FILE: &str = "sealing.key";

/// What a sealed text begins with.
pub const MARK: &str = "sealed1:";

/// Bytes of a key.
const KEY: usize = 32;

/// Seals and opens short texts, by ChaCha20-Poly1305. Cheap to clone.
#[derive(Clone)]
pub struct Sealer(Arc<LessSafeKey>);

impl fmt::Debug for Sealer {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SealingKeyError {
    /// The file cannot be read or written.
    #[error("cannot use the sealing key `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds something else.
    #[error(
        "{0} is no sealing key: it is 32 random bytes in Base64, as `head -c 32 /dev/urandom | base64` makes them"
    )]
    Unreadable(String),
    /// Others of the machine could open everything.
    #[error("the sealing key `{}` can be read by others; `chmod 600` it", .0.display())]
    Open(PathBuf),
}

/// A sealed text that this key does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was sealed by another key than the server has now, or has been changed")]
pub struct DoesNotOpen;

impl Sealer {
    /// By this key in Base64; `named` says for people where it is from.
    ///
    /// # Errors
    /// When it is no key.
    pub fn new(key: &str, named: &str) -> Result<Self, SealingKeyError> {
        let unreadable = || SealingKeyError::Unreadable(named.to_owned());
        let bytes = STANDARD.decode(key.trim()).map_err(|_| unreadable())?;
        let bytes: [u8; KEY] = bytes.try_into().map_err(|_| unreadable())?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| unreadable())?;
        Ok(Self(Arc::new(LessSafeKey::new(key))))
    }

    /// By the key in a file, which may be one that several servers share.
    ///
    /// # Errors
    /// See [`SealingKeyError`].
    pub fn at(path: &Path) -> Result<Self, SealingKeyError> {
        let failed = |source| SealingKeyError::File { path: path.to_owned(), source };
        if fs::metadata(path).map_err(failed)?.mode() & 0o077 != 0 {
            return Err(SealingKeyError::Open(path.to_owned()));
        }
        let mut text = String::new();
        let file = fs::File::open(path).map_err(failed)?;
        file.take(1024).read_to_string(&mut text).map_err(failed)?;
        Self::new(&text, &format!("`{}`", path.display()))
    }

    /// By the key in the data directory, which is made from these random bytes at the first start.
    ///
    /// # Errors
    /// See [`SealingKeyError`].
    pub fn in_directory(directory: &Path, random: [u8; KEY]) -> Result<Self, SealingKeyError> {
        let path = directory.join(FILE);
        if !path.exists() {
            let text = format!("{}\n", STANDARD.encode(random));
            private_file::write(&path, text.as_bytes())
                .map_err(|source| SealingKeyError::File { path: path.clone(), source })?;
        }
        Self::at(&path)
    }

    /// Seals a text for this use; it opens for the same use only. `nonce` has to be random, and another one each time.
    #[must_use]
    pub fn seal(&self, text: &str, used_for: &str, nonce: [u8; NONCE_LEN]) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let sealed = self.0.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(used_for.as_bytes()),
            &mut bytes,
        );
        // It fails for texts beyond 256 GiB.
        debug_assert!(sealed.is_ok());
        format!("{MARK}{}", STANDARD.encode([nonce.as_slice(), &bytes].concat()))
    }

    /// Opens it.
    ///
    /// # Errors
    /// When it was sealed otherwise.
    pub fn open(&self, sealed: &str, used_for: &str) -> Result<String, DoesNotOpen> {
        let coded = sealed.strip_prefix(MARK).ok_or(DoesNotOpen)?;
        let bytes = STANDARD.decode(coded).map_err(|_| DoesNotOpen)?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(DoesNotOpen)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = self
            .0
            .open_in_place(nonce, Aad::from(used_for.as_bytes()), &mut rest)
            .map_err(|_| DoesNotOpen)?;
        String::from_utf8(text.to_vec()).map_err(|_| DoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&STANDARD.encode([byte; KEY]), "a test").expect("a key")
    }

    #[test]
    fn what_is_sealed_opens_by_the_same_key_for_the_same_use_only() {
        let sealed = sealer(1).seal("wörd", "host a", [7; NONCE_LEN]);
        assert!(!sealed.contains("rd"), "{sealed}");
        assert_eq!(sealer(1).open(&sealed, "host a").as_deref(), Ok("wörd"));
        assert_eq!(sealer(2).open(&sealed, "host a"), Err(DoesNotOpen), "another key");
        assert_eq!(sealer(1).open(&sealed, "host b"), Err(DoesNotOpen), "another use");
        let mut changed = sealed.clone();
        changed.replace_range(
            MARK.len() + 20..MARK.len() + 21,
            if sealed.as_bytes()[MARK.len() + 20] == b'A' { "B" } else { "A" },
        );
        assert_eq!(sealer(1).open(&changed, "host a"), Err(DoesNotOpen), "changed");
        for nonsense in ["", "wörd", "sealed1:", "sealed1:AAAA"] {
            assert_eq!(sealer(1).open(nonsense, "host a"), Err(DoesNotOpen));
        }
    }

    #[test]
    fn the_key_is_made_once_for_its_owner_alone_and_what_is_none_is_refused() {
        let folder =
            std::env::temp_dir().join(format!("berth-sealing-{}", uuid::Uuid::from_u128(rand::random())));
        fs::create_dir(&folder).expect("a folder");
        let sealed = Sealer::in_directory(&folder, [3; KEY]).expect("made").seal("x", "y", [1; NONCE_LEN]);
        let again = Sealer::in_directory(&folder, [4; KEY]).expect("found");
        assert_eq!(again.open(&sealed, "y").as_deref(), Ok("x"));
        let file = folder.join(FILE);
        assert_eq!(fs::metadata(&file).expect("there").mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("set");
        assert!(matches!(Sealer::at(&file), Err(SealingKeyError::Open(_))));
        assert!(matches!(Sealer::new("short", "it"), Err(SealingKeyError::Unreadable(_))));
        fs::remove_dir_all(folder).expect("removed");
    }
}
