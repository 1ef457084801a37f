//! Another key in the place of the one that seals now.
//!
//! The file gets the new key before those that open; everything sealed is sealed anew in one transaction; the old keys go at the end. Servers
//! follow the file, so they open by both in between. Each step leaves a file by which everything opens, and says what comes next: what was
//! killed in the middle goes on when it is begun again.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::CryptoRng;
use ring::aead::NONCE_LEN;

use super::{KEY, KeyTexts, Sealer, SealingKeyError, texts};
use crate::{
    failpoint, private_file,
    store::{SealedStore, StoreError},
};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The new key is made and opens already, but seals nothing: for servers with copies of the file.
    Prepare,
    /// The new key seals, and everything is sealed anew; the old keys stay where it says so.
    Rotate {
        /// Whether the old keys stay in the file.
        keep_old: bool,
        /// How long to wait for what was sealed by an old key and is not written down yet.
        wait: Duration,
    },
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// How many things were sealed anew.
    pub sealed_anew: usize,
    /// How many no key opens, neither now nor before: they stay as they are.
    pub unreadable: usize,
    /// Whether it went on with what was begun before.
    pub went_on: bool,
}

/// Why the key stays.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The file cannot be read, or is none.
    #[error(transparent)]
    Key(#[from] SealingKeyError),
    /// The file cannot be written.
    #[error("cannot write the sealing key `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is a new key already.
    #[error("`{}` has more than one key: a rotation is under way; finish it with `berth secret rotate-key`", .0.display())]
    UnderWay(PathBuf),
    /// The database cannot be read or written.
    #[error("nothing is lost, and both keys stay in the file: run it again. The database cannot be used")]
    Store(#[from] StoreError),
}

/// Does it, with the key in `file` and what is sealed in `store`.
///
/// # Errors
/// See [`RotationError`].
pub async fn rotate(
    what: Rotation,
    file: &Path,
    store: &SealedStore,
    rng: &mut (impl CryptoRng + Send),
) -> Result<Rotated, RotationError> {
    let before = texts(file)?;
    let Rotation::Rotate { keep_old, wait } = what else {
        if !before.old.is_empty() || before.next.is_some() {
            return Err(RotationError::UnderWay(file.to_owned()));
        }
        write(file, &KeyTexts { next: Some(new_key(rng)), ..before })?;
        return Ok(Rotated::default());
    };
    let (keys, went_on) = followed(before, rng);
    write(file, &keys)?;
    failpoint::reach(&["rotate-key", "key", "after"]);
    let sealer = Sealer::at(file)?;
    let mut done = Rotated { went_on, ..Rotated::default() };
    seal_anew(&sealer, store, rng, &mut done).await?;
    failpoint::reach(&["rotate-key", "seal", "after"]);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    done.unreadable = 0;
    seal_anew(&sealer, store, rng, &mut done).await?;
    failpoint::reach(&["rotate-key", "drop", "before"]);
    if !keep_old {
        write(file, &KeyTexts { old: Vec::new(), ..keys })?;
    }
    Ok(done)
}

/// The keys by which it goes on: those of a rotation that was begun, or a new one before the others.
fn followed(before: KeyTexts, rng: &mut impl CryptoRng) -> (KeyTexts, bool) {
    let KeyTexts { seals, mut old, next } = before;
    if next.is_none() && !old.is_empty() {
        return (KeyTexts { seals, old, next }, true);
    }
    let new = next.unwrap_or_else(|| new_key(rng));
    old.insert(0, seals);
    (KeyTexts { seals: new, old, next: None }, false)
}

fn new_key(rng: &mut impl CryptoRng) -> String {
    let mut bytes = [0; KEY];
    rng.fill_bytes(&mut bytes);
    STANDARD.encode(bytes)
}

fn write(file: &Path, keys: &KeyTexts) -> Result<(), RotationError> {
    private_file::write(file, keys.text().as_bytes())
        .map_err(|source| RotationError::Write { path: file.to_owned(), source })
}

async fn seal_anew(
    sealer: &Sealer,
    store: &SealedStore,
    rng: &mut (impl CryptoRng + Send),
    done: &mut Rotated,
) -> Result<(), StoreError> {
    let mut each = |used_for: &str, sealed: &str| {
        if sealer.is_current(sealed, used_for) {
            return None;
        }
        match sealer.open(sealed, used_for) {
            Ok(text) => {
                let mut nonce = [0; NONCE_LEN];
                rng.fill_bytes(&mut nonce);
                done.sealed_anew += 1;
                Some(sealer.seal(&text, used_for, nonce))
            }
            Err(_) => {
                done.unreadable += 1;
                None
            }
        }
    };
    store.change_all(&mut each).await
}
