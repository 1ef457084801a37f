//! What `berth login` remembers: servers and their API tokens, in a file for its owner alone.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// Every server that somebody logged in to from here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    /// The one that is used when none is named.
    #[serde(default)]
    pub(super) current: Option<String>,
    /// By address: `http://127.0.0.1:8080`.
    #[serde(default)]
    pub(super) servers: BTreeMap<String, Login>,
}

/// How to get in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Login {
    /// The API token.
    pub(super) token: String,
    /// Whose it is.
    pub(super) user: String,
    /// The token's label, when `berth login` made it itself: `berth logout` revokes it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) label: Option<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Why it cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum SavedError {
    #[error(
        "neither XDG_CONFIG_HOME nor HOME is set, so there is no place for logins; set BERTH_SERVER and BERTH_TOKEN instead"
    )]
    NoPlace,
    #[error("cannot read the logins in `{}`", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the logins in `{}` cannot be understood; remove the file and run `berth login` again", path.display())]
    Damaged {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("cannot write the logins to `{}`", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// `$XDG_CONFIG_HOME/berth/servers.json`, else below `~/.config`.
pub(super) fn file() -> Result<PathBuf, SavedError> {
    // The XDG Base Directory Specification ignores relative paths.
    let base = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home =
        || env::var_os("HOME").filter(|home| !home.is_empty()).map(|home| Path::new(&home).join(".config"));
    Ok(base.or_else(home).ok_or(SavedError::NoPlace)?.join("berth/servers.json"))
}

impl Saved {
    /// What is remembered; nothing when there is no file, or no place for one.
    pub(super) fn read() -> Result<Self, SavedError> {
        match file() {
            Ok(path) => Self::read_from(&path),
            Err(SavedError::NoPlace) => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    fn read_from(path: &Path) -> Result<Self, SavedError> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| SavedError::Damaged { path: path.to_owned(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(SavedError::Read { path: path.to_owned(), source }),
        }
    }

    /// Remembers this and nothing else.
    pub(super) fn write(&self) -> Result<PathBuf, SavedError> {
        let path = file()?;
        self.write_to(&path).map_err(|source| SavedError::Write { path: path.clone(), source })?;
        Ok(path)
    }

    fn write_to(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let new = path.with_extension("json.new");
        // One that a crash has left may be somebody else's to read.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(new, path)
    }
}
