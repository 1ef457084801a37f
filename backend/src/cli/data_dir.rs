//! `--data-dir`, and what a running server leaves there for other commands.

use std::{
    env, fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// The variable that names the directory.
const VARIABLE: &str = "BERTH_DATA_DIR";

/// Where the state is.
#[derive(Clone, Debug, clap::Args)]
pub struct DataDir {
    /// Directory of the server's state; `$XDG_DATA_HOME/berth`, or `~/.local/share/berth`, when absent.
    #[arg(long, global = true, value_name = "DIR", env = VARIABLE)]
    data_dir: Option<PathBuf>,
}

/// No directory was given and none can be guessed.
#[derive(Debug, thiserror::Error)]
#[error(
    "neither XDG_DATA_HOME nor HOME is set, so there is no place for the data; give one with `--data-dir`"
)]
pub struct NoDataDir;

impl DataDir {
    /// The directory that was given on the command line. The variable names the real server's, which is nobody else's.
    #[must_use]
    pub fn given(&self) -> Option<PathBuf> {
        let real = env::var_os(VARIABLE);
        self.data_dir.clone().filter(|given| real.as_deref() != Some(given.as_os_str()))
    }

    /// The directory when no flag can name one; `None` when the environment does not either.
    pub(super) fn of_environment() -> Option<PathBuf> {
        let data_dir = env::var_os("BERTH_DATA_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
        Self { data_dir }.resolve().ok()
    }

    /// The directory.
    ///
    /// # Errors
    /// When none was given and the environment names none.
    pub fn resolve(&self) -> Result<PathBuf, NoDataDir> {
        if let Some(given) = &self.data_dir {
            return Ok(given.clone());
        }
        // The XDG Base Directory Specification ignores relative paths.
        let base = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".local/share"));
        Ok(base.or_else(home).ok_or(NoDataDir)?.join("berth"))
    }
}

/// What a running server says about itself in its data directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Where it is reached: `http://127.0.0.1:8080`.
    pub url: String,
    /// Its process.
    pub pid: u32,
}

impl Running {
    fn file(directory: &Path) -> PathBuf {
        directory.join("server.json")
    }

    /// Writes it down.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        let new = directory.join("server.json.new");
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        serde_json::to_writer(file, self)?;
        fs::rename(new, Self::file(directory))
    }

    /// Reads what the last server wrote; it may be gone.
    ///
    /// # Errors
    /// When there is no such file, or not one of ours.
    pub fn read(directory: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(Self::file(directory))?)?)
    }

    /// Removes it.
    pub fn remove(directory: &Path) {
        // The next server overwrites it anyway.
        let _ = fs::remove_file(Self::file(directory));
    }
}
