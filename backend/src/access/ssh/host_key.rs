//! The key by which clients know the server again.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rand::rngs::StdRng;
use russh::keys::{Algorithm, PrivateKey, ssh_key::LineEnding};

use crate::private_file;

/// Its file in the data directory.
const FILE: &str = "ssh_host_ed25519_key";

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum HostKeyError {
    /// The file cannot be read or written.
    #[error("cannot use the SSH host key `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds something else.
    #[error(
        "`{}` is no private key in OpenSSH's form without a passphrase; `ssh-keygen -t ed25519 -N '' -f FILE` makes one",
        .0.display()
    )]
    Unreadable(PathBuf),
    /// Others of the machine could pretend to be this server.
    #[error("the SSH host key `{}` can be read by others; `chmod 600` it", .0.display())]
    Open(PathBuf),
    /// No key could be made.
    #[error("cannot make an SSH host key")]
    Make(#[source] russh::keys::ssh_key::Error),
}

/// The key in the data directory, made at the first start.
///
/// # Errors
/// See [`HostKeyError`].
pub fn in_directory(directory: &Path, rng: &mut StdRng) -> Result<PrivateKey, HostKeyError> {
    let path = directory.join(FILE);
    if !path.exists() {
        let mut key = PrivateKey::random(rng, Algorithm::Ed25519).map_err(HostKeyError::Make)?;
        key.set_comment("berth");
        let text = key.to_openssh(LineEnding::LF).map_err(HostKeyError::Make)?;
        private_file::write(&path, text.as_bytes())
            .map_err(|source| HostKeyError::File { path: path.clone(), source })?;
    }
    at(&path)
}

/// The key in a file, which may be one that several servers share.
///
/// # Errors
/// See [`HostKeyError`].
pub fn at(path: &Path) -> Result<PrivateKey, HostKeyError> {
    let failed = |source| HostKeyError::File { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.mode() & 0o077 != 0 {
        return Err(HostKeyError::Open(path.to_owned()));
    }
    let text = fs::read(path).map_err(failed)?;
    match PrivateKey::from_openssh(text) {
        Ok(key) if !key.is_encrypted() => Ok(key),
        _ => Err(HostKeyError::Unreadable(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rand::SeedableRng;

    use super::*;

    fn folder() -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("berth-host-key-{}", uuid::Uuid::from_u128(rand::random())));
        fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    fn the_key_is_made_once_for_its_owner_alone_and_kept() {
        let folder = folder();
        let mut rng = StdRng::seed_from_u64(1);
        let first = in_directory(&folder, &mut rng).unwrap();
        let second = in_directory(&folder, &mut rng).unwrap();
        assert_eq!(first.public_key(), second.public_key());
        assert_eq!(fs::metadata(folder.join(FILE)).unwrap().mode() & 0o777, 0o600);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_key_that_others_can_read_and_a_file_that_is_none_are_refused() {
        let folder = folder();
        let path = folder.join("key");
        assert!(matches!(at(&path), Err(HostKeyError::File { .. })));
        fs::write(&path, "hello").unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(matches!(at(&path), Err(HostKeyError::Open(_))));
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        assert!(matches!(at(&path), Err(HostKeyError::Unreadable(_))));
        fs::remove_dir_all(folder).unwrap();
    }
}
