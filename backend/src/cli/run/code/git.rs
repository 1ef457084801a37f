//! A Git checkout, by the person's own `git`.

use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use berth_shared::api::code::without_credentials;

use super::files::Found;

/// A checkout.
#[derive(Debug)]
pub(super) struct Checkout {
    root: PathBuf,
    /// The commit that is checked out; `None` where there is none yet.
    pub(super) commit: Option<String>,
    /// Its branch; `None` where none is checked out.
    pub(super) branch: Option<String>,
}

impl Checkout {
    /// The checkout that a folder is in; `None` when it is in none, or there is no `git` here.
    pub(super) fn find(folder: &Path) -> Option<Self> {
        let root = line(folder, &["rev-parse", "--show-toplevel"])?;
        let root = PathBuf::from(root).canonicalize().ok()?;
        let commit = line(&root, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
        let branch = line(&root, &["symbolic-ref", "--short", "--quiet", "HEAD"]);
        Some(Self { root, commit, branch })
    }

    /// Its topmost folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What is there of it: files that Git knows or would add, as they are now.
    ///
    /// # Errors
    /// Git's own words.
    pub(super) fn files(&self) -> Result<Found, String> {
        let mut found = Found::default();
        for entry in self.list(&["ls-files", "-z", "--stage"])? {
            // `MODE OBJECT STAGE\tPATH`
            let Some(tab) = entry.iter().position(|&byte| byte == b'\t') else { continue };
            let path = path(&entry[tab + 1..]);
            if entry.starts_with(b"160000 ") {
                found.odd.submodules.push(path);
            } else {
                found.take(&self.root, path)?;
            }
        }
        for entry in self.list(&["ls-files", "-z", "--others", "--exclude-standard"])? {
            match entry.strip_suffix(b"/") {
                // Git does not look into other repositories.
                Some(repository) => found.odd.repositories.push(path(repository)),
                None => found.take(&self.root, path(&entry))?,
            }
        }
        let status = [
            "status",
            "--porcelain=v1",
            "-z",
            "--no-renames",
            "--untracked-files=all",
            "--ignore-submodules=all",
        ];
        found.changes = self.list(&status)?.iter().filter(|entry| !entry.ends_with(b"/")).count() as u64;
        found.sort();
        Ok(found)
    }

    /// Makes a repository in the empty folder `at` that has this commit alone, and an index that agrees with it.
    ///
    /// # Errors
    /// Git's own words.
    pub(super) fn shallow(&self, at: &Path) -> Result<(), String> {
        let Some(commit) = &self.commit else { return Ok(()) };
        let format =
            line(&self.root, &["rev-parse", "--show-object-format"]).unwrap_or_else(|| "sha1".to_owned());
        let git = |arguments: &[&OsStr]| output(at, arguments).map(drop);
        let words = |arguments: &[&str]| git(&arguments.iter().map(OsStr::new).collect::<Vec<_>>());
        words(&["init", "--quiet", "--template=", &format!("--object-format={format}")])?;
        words(&["config", "core.logAllRefUpdates", "false"])?;
        // One pack, made by one thread: the same commit makes the same bytes.
        let fetch = [
            "-c",
            "fetch.unpackLimit=1",
            "-c",
            "pack.threads=1",
            "-c",
            "protocol.file.allow=always",
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--depth=1",
            "--",
        ];
        let mut fetch: Vec<&OsStr> = fetch.iter().map(OsStr::new).collect();
        fetch.extend([self.root.as_os_str(), OsStr::new("HEAD:refs/berth/head")]);
        git(&fetch)?;
        match &self.branch {
            Some(branch) => {
                let name = format!("refs/heads/{branch}");
                words(&["update-ref", &name, commit])?;
                words(&["symbolic-ref", "HEAD", &name])?;
            }
            None => words(&["update-ref", "--no-deref", "HEAD", commit])?,
        }
        words(&["update-ref", "-d", "refs/berth/head"])?;
        words(&["config", "--unset", "core.logAllRefUpdates"])?;
        self.remote(&words)?;
        words(&["read-tree", "HEAD"])
    }

    /// Tells the repository where it came from, without secrets.
    fn remote(&self, words: &impl Fn(&[&str]) -> Result<(), String>) -> Result<(), String> {
        let asked = |key: &str| line(&self.root, &["config", "--get", key]);
        let upstream = self.branch.as_deref().and_then(|branch| asked(&format!("branch.{branch}.remote")));
        let remote = upstream.clone().unwrap_or_else(|| "origin".to_owned());
        let Some(url) = asked(&format!("remote.{remote}.url")) else { return Ok(()) };
        words(&["config", "remote.origin.url", &without_credentials(&url)])?;
        words(&["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"])?;
        if let Some(branch) = self.branch.as_deref().filter(|_| upstream.is_some())
            && let Some(merge) = asked(&format!("branch.{branch}.merge"))
        {
            words(&["config", &format!("branch.{branch}.remote"), "origin"])?;
            words(&["config", &format!("branch.{branch}.merge"), &merge])?;
        }
        Ok(())
    }

    /// What a command prints, split at the zeros that it puts behind each entry.
    fn list(&self, arguments: &[&str]) -> Result<Vec<Vec<u8>>, String> {
        let printed = output(&self.root, &arguments.iter().map(OsStr::new).collect::<Vec<_>>())?;
        Ok(printed.split(|&byte| byte == 0).filter(|entry| !entry.is_empty()).map(<[u8]>::to_vec).collect())
    }
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// The first line that a command prints; `None` when it fails or prints none.
fn line(folder: &Path, arguments: &[&str]) -> Option<String> {
    let printed = output(folder, &arguments.iter().map(OsStr::new).collect::<Vec<_>>()).ok()?;
    let text = String::from_utf8(printed).ok()?;
    Some(text.trim_end_matches('\n').to_owned()).filter(|text| !text.is_empty())
}

/// What `git` prints; where it fails, what it says.
fn output(folder: &Path, arguments: &[&OsStr]) -> Result<Vec<u8>, String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(arguments).stdin(Stdio::null());
    // Set while Git runs a hook: they would have it look elsewhere than in the folder.
    for variable in
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"]
    {
        git.env_remove(variable);
    }
    git.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    let output = git.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "`git` is not installed here".to_owned(),
        _ => format!("`git` cannot be run: {error}"),
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let name = arguments
        .iter()
        .find_map(|word| word.to_str().filter(|word| !word.starts_with('-') && !word.contains('=')));
    Err(format!("`git {}` failed: {}", name.unwrap_or_default(), said.trim().replace('\n', " ")))
}
