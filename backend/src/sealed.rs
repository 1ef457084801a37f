//! What is kept sealed in the database: whoever gets at the database, or a backup of it, has nothing without the key.

mod keys;
mod rotation;
pub(crate) mod uses;

use std::{
    fmt, fs,
    io::{self, Read as _},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};

use crate::private_file;
use keys::Keys;

pub(crate) use keys::KeyTexts;
pub use rotation::{Rotated, Rotation, RotationError, rotate};

/// Its file in the data directory, where no other key is given.
pub(crate) const FILE: &str = "sealing.key";

/// What a sealed text begins with.
pub const MARK: &str = "sealed1:";

/// Bytes of a key.
const KEY: usize = 32;

/// Seals and opens short texts, by ChaCha20-Poly1305. Cheap to clone. One that was made from a file follows it: the key may be changed
/// while servers run.
#[derive(Clone)]
pub struct Sealer(Arc<Inner>);

struct Inner {
    /// Where its keys are from, where that is a file.
    file: Option<PathBuf>,
    known: Mutex<Known>,
}

/// Keys, and which file they were read from.
struct Known {
    keys: Arc<Keys>,
    stamp: Option<Stamp>,
}

/// What another file would have otherwise: when it was changed last, its number, and its length.
type Stamp = (i64, i64, u64, u64);

/// How much of a key file is read, bytes.
const MOST: u64 = 4096;

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
        let keys = KeyTexts::parse(key).and_then(|texts| texts.keys()).ok_or_else(unreadable)?;
        Ok(Self::of(None, Known { keys: Arc::new(keys), stamp: None }))
    }

    fn of(file: Option<PathBuf>, known: Known) -> Self {
        Self(Arc::new(Inner { file, known: Mutex::new(known) }))
    }

    /// By the key in a file, which may be one that several servers share.
    ///
    /// # Errors
    /// See [`SealingKeyError`].
    pub fn at(path: &Path) -> Result<Self, SealingKeyError> {
        Ok(Self::of(Some(path.to_owned()), known(path)?))
    }

    /// The keys as they are now: of a file that was changed, the ones in it.
    fn keys(&self) -> Arc<Keys> {
        let mut now = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &self.0.file
            && stamp(file).ok() != now.stamp
        {
            match known(file) {
                Ok(known) => *now = known,
                // A file that is written just now, or away: what was known is good still.
                Err(error) => {
                    tracing::warn!(error = crate::http::chain(&error), "the sealing key stays what it was");
                }
            }
        }
        Arc::clone(&now.keys)
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
        let sealed = self.keys().seals.seal_in_place_append_tag(
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
        let keys = self.keys();
        let mut all = std::iter::once(&keys.seals).chain(&keys.others);
        all.find_map(|key| opened(key, sealed, used_for)).ok_or(DoesNotOpen)
    }

    /// Whether the key that seals now has sealed this.
    pub(crate) fn is_current(&self, sealed: &str, used_for: &str) -> bool {
        opened(&self.keys().seals, sealed, used_for).is_some()
    }
}

/// The text, if this key opens it.
fn opened(key: &LessSafeKey, sealed: &str, used_for: &str) -> Option<String> {
    let bytes = STANDARD.decode(sealed.strip_prefix(MARK)?).ok()?;
    let (nonce, rest) = bytes.split_first_chunk::<NONCE_LEN>()?;
    let mut rest = rest.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let text = key.open_in_place(nonce, Aad::from(used_for.as_bytes()), &mut rest).ok()?;
    String::from_utf8(text.to_vec()).ok()
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let found = fs::metadata(path)?;
    Ok((found.mtime(), found.mtime_nsec(), found.ino(), found.len()))
}

/// The keys in a file.
fn known(path: &Path) -> Result<Known, SealingKeyError> {
    // What is changed between the two is read again the next time.
    let stamp = stamp(path).map_err(|source| SealingKeyError::File { path: path.to_owned(), source })?;
    let unreadable = || SealingKeyError::Unreadable(format!("`{}`", path.display()));
    let keys = texts(path)?.keys().ok_or_else(unreadable)?;
    Ok(Known { keys: Arc::new(keys), stamp: Some(stamp) })
}

/// The keys in a file, as they stand there.
pub(crate) fn texts(path: &Path) -> Result<KeyTexts, SealingKeyError> {
    let failed = |source| SealingKeyError::File { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.mode() & 0o077 != 0 {
        return Err(SealingKeyError::Open(path.to_owned()));
    }
    let mut text = String::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(MOST).read_to_string(&mut text).map_err(failed)?;
    KeyTexts::parse(&text).ok_or_else(|| SealingKeyError::Unreadable(format!("`{}`", path.display())))
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
    fn a_key_that_is_changed_in_its_file_is_followed_and_the_ones_before_open_still() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(FILE);
        let text = |byte| STANDARD.encode([byte; KEY]);
        let write = |text: &str| private_file::write(&file, text.as_bytes()).expect("written");
        write(&text(1));
        let sealer = Sealer::at(&file).expect("a key");
        let old = sealer.seal("x", "y", [1; NONCE_LEN]);
        write(&format!("{}\n{}\n", text(2), text(1)));
        assert_eq!(sealer.open(&old, "y").as_deref(), Ok("x"));
        assert!(!sealer.is_current(&old, "y"));
        let new = sealer.seal("x", "y", [2; NONCE_LEN]);
        assert!(sealer.is_current(&new, "y"));
        // A file that is no key any more changes nothing.
        write("nonsense");
        assert_eq!(sealer.open(&new, "y").as_deref(), Ok("x"));
        write(&text(2));
        assert_eq!(sealer.open(&old, "y"), Err(DoesNotOpen));
        assert_eq!(sealer.open(&new, "y").as_deref(), Ok("x"));
    }

    #[test]
    fn a_key_that_is_to_follow_opens_already_and_does_not_seal_yet() {
        let text = |byte| STANDARD.encode([byte; KEY]);
        let both = Sealer::new(&format!("{}\nnext {}", text(1), text(2)), "a test").expect("keys");
        let by_next = sealer(2).seal("x", "y", [1; NONCE_LEN]);
        assert_eq!(both.open(&by_next, "y").as_deref(), Ok("x"));
        let sealed = both.seal("x", "y", [2; NONCE_LEN]);
        assert_eq!(sealer(1).open(&sealed, "y").as_deref(), Ok("x"));
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
