//! The code that a run works on: what a person brings, or a repository that is cloned.

mod address;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::{config::Repo, json::FromJson};
pub use address::without_credentials;
use address::{check_branch, check_revision, check_url};

/// What is in `/workflow` when a run's commands begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunCode {
    /// An archive that was sent to the server beforehand.
    Archive(CodeArchive),
    /// A repository that the environment clones.
    Git(GitSource),
}

/// A folder as it was when a run was launched: a tar, compressed with gzip.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeArchive {
    /// SHA-256 of the archive, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size of the archive, bytes.
    pub size: u64,
    /// How many files and links it brings, those of `.git` not counted.
    pub files: u64,
    /// How many entries it has in all.
    pub entries: u64,
    /// Size of everything in it, bytes.
    pub bytes: u64,
    /// The commit that was checked out, where it was a Git repository with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The branch of that commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// How many files differ from that commit.
    #[serde(default)]
    pub changes: u64,
    /// Where the folder is put: below the working directory, `~` or below it, or an absolute path, without `..`; the working directory
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where what `files` of the configuration names is put, in its order: places like `path`. In the archive, the one with the
    /// index `N` is `.berth-files/N`, or what is below that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placed: Vec<String>,
}

/// The folder of an archive in which is what goes to [`CodeArchive::placed`].
pub const PLACED: &str = ".berth-files";

/// A repository that the environment clones by its own `git`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GitSource {
    /// Where it is: `https://HOST/PATH`, `http://HOST/PATH`, `ssh://[USER@]HOST/PATH` or `[USER@]HOST:PATH`, without a password.
    pub url: String,
    /// The branch or tag; the repository's own choice when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that was cloned, once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The commit to check out, 4 to 64 hexadecimal digits; the newest one of the branch when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Where it is cloned to: below the working directory, `~` or below it, or an absolute path, without `..`; the working directory
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether a folder that has something in it is left as it is. Otherwise the run fails.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skip_existing: bool,
    /// An archive with what `files` of the configuration names, which is put in its places after the clone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Box<CodeArchive>>,
}

/// What the server says of code before it is sent. `GET /api/v1/code`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeAnswer {
    /// The largest archive that it takes, bytes.
    pub limit: u64,
    /// Whether it has the archive that was asked for, of the person who asks.
    pub there: bool,
}

impl RunCode {
    /// What makes no sense about it, in words for people.
    ///
    /// # Errors
    /// When there is something.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Archive(archive) => archive.check(),
            Self::Git(source) => source.check(),
        }
    }

    /// The archive that it needs, where it needs one.
    #[must_use]
    pub fn archive(&self) -> Option<&CodeArchive> {
        match self {
            Self::Archive(archive) => Some(archive),
            Self::Git(source) => source.archive.as_deref(),
        }
    }

    /// The same, to be changed.
    pub fn archive_mut(&mut self) -> Option<&mut CodeArchive> {
        match self {
            Self::Archive(archive) => Some(archive),
            Self::Git(source) => source.archive.as_deref_mut(),
        }
    }

    /// Whether something of it has a place of its own, or is of a commit of its own: who knows of neither would have all of it in the
    /// working directory, or another commit.
    #[must_use]
    pub fn is_placed(&self) -> bool {
        let elsewhere = |archive: &CodeArchive| archive.path.is_some() || !archive.placed.is_empty();
        match self {
            Self::Archive(archive) => elsewhere(archive),
            Self::Git(source) => {
                source.path.is_some()
                    || source.revision.is_some()
                    || source.skip_existing
                    || source.archive.is_some()
            }
        }
    }

    /// It in a line: `412 files, 8.3 MiB, commit ab12cd34 of main with 3 local changes`.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Archive(archive) => archive.summary(),
            Self::Git(source) => source.summary(),
        }
    }
}

impl CodeArchive {
    fn check(&self) -> Result<(), String> {
        if !is_sha256(&self.sha256) {
            return Err("an archive is named by its SHA-256, 64 hexadecimal digits in lower case".to_owned());
        }
        let mut texts = [&self.commit, &self.branch].into_iter().flatten();
        if !texts.all(|text| text.len() <= LONGEST && !text.contains(char::is_control)) {
            return Err("a commit or a branch is one line of at most 2,000 bytes".to_owned());
        }
        if self.placed.len() > MOST_PLACED {
            return Err(format!("`files` may name at most {MOST_PLACED} files and folders; name a folder"));
        }
        self.path.iter().chain(&self.placed).try_for_each(|path| check_place(path))
    }

    /// Where its parts go, where that is not the working directory: ` in src; files to ~/.vimrc, data`.
    fn places(&self) -> String {
        let mut told = self.path.as_ref().map(|path| format!(" in {path}")).unwrap_or_default();
        if !self.placed.is_empty() {
            told.push_str("; files to ");
            let shown: Vec<&str> = self.placed.iter().take(3).map(|path| shown(path)).collect();
            told.push_str(&shown.join(", "));
            if let more @ 1.. = self.placed.len() - shown.len() {
                told.push_str(&format!(" and {more} more"));
            }
        }
        told
    }

    fn summary(&self) -> String {
        let files = counted(self.files, "file", "files");
        let mut told = format!("{files}, {}", size(self.size));
        if let Some(commit) = &self.commit {
            told.push_str(&format!(", commit {}", short(commit)));
            if let Some(branch) = &self.branch {
                told.push_str(&format!(" of {branch}"));
            }
            told.push_str(&match self.changes {
                0 => " without local changes".to_owned(),
                n => format!(" with {}", counted(n, "local change", "local changes")),
            });
        }
        told.push_str(&self.places());
        told
    }
}

impl GitSource {
    /// What makes no sense about it, in words for people.
    ///
    /// # Errors
    /// When there is something.
    pub fn check(&self) -> Result<(), String> {
        check_url(&self.url)?;
        self.branch.as_deref().map_or(Ok(()), check_branch)?;
        self.revision.as_deref().map_or(Ok(()), check_revision)?;
        self.path.as_deref().map_or(Ok(()), check_place)?;
        self.archive.as_deref().map_or(Ok(()), CodeArchive::check)
    }

    /// What an entry of `repos` has cloned; `None` when it names a folder of whoever launches.
    #[must_use]
    pub fn of(repo: &Repo) -> Option<Self> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Some(Self {
            url: given(&repo.url)?,
            branch: given(&repo.branch),
            revision: given(&repo.hash),
            path: elsewhere(&repo.path),
            skip_existing: repo.if_exists == "skip",
            ..Self::default()
        })
    }

    fn summary(&self) -> String {
        let mut told = self.url.clone();
        if let Some(branch) = &self.branch {
            told.push_str(&format!(", branch {branch}"));
        }
        if let Some(commit) = self.commit.as_ref().or(self.revision.as_ref()) {
            told.push_str(&format!(", commit {}", short(commit)));
        }
        if let Some(path) = &self.path {
            told.push_str(&format!(" in {path}"));
        }
        if let Some(archive) = &self.archive {
            told.push_str(&archive.places());
        }
        told
    }
}

/// The longest address, branch, commit or path, bytes.
const LONGEST: usize = 2000;

/// The most that `files` may name: each is an argument of the program that unpacks them.
const MOST_PLACED: usize = 50;

/// What makes no sense about a place in an environment, in words for people. It is below the working directory, `~` or below it, or an
/// absolute path.
///
/// # Errors
/// When there is something.
pub fn check_place(path: &str) -> Result<(), String> {
    if path.len() > LONGEST || path.contains(char::is_control) {
        return Err("a path is one line of at most 2,000 bytes".to_owned());
    }
    if path.starts_with('-') {
        return Err(format!("`{path}` begins with `-`, as an option does; write `./{path}`"));
    }
    if path.starts_with('~') && path != "~" && !path.starts_with("~/") {
        return Err(format!("of `{path}` nobody's home directory is known but the run's own: `~/…`"));
    }
    if path.split('/').any(|part| part == "..") {
        return Err(format!(
            "`{path}` leads out by `..`; write where it is to be, below the working directory or absolute"
        ));
    }
    Ok(())
}

/// Whether a place ends in a name that a file can have there: `~/.vimrc` does, `/` and `~` do not.
#[must_use]
pub fn names_a_file(place: &str) -> bool {
    place.trim_end_matches('/').rsplit('/').next().is_some_and(|name| !matches!(name, "" | "." | ".." | "~"))
}

/// A place, unless it is the working directory.
#[must_use]
pub fn elsewhere(path: &str) -> Option<String> {
    let here = path.trim_end_matches('/');
    (!path.is_empty() && here != ".").then(|| path.to_owned())
}

/// A place as people read it.
fn shown(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

/// Whether a text is a SHA-256 as archives are named by it.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The beginning of a commit's name, as people say it.
#[must_use]
pub fn short(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}

fn counted(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// A size with the largest binary unit that leaves at least 1: `8.3 MiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let text = format!("{value:.1}");
    format!("{} {}", text.strip_suffix(".0").unwrap_or(&text), UNITS[unit])
}
