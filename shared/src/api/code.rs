//! The code that a run works on: what a person brings, or a repository that is cloned.

use serde::{Deserialize, Serialize};

use crate::{config::Repo, json::FromJson};

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

/// A commit, by the beginning of its name at least.
fn check_revision(hash: &str) -> Result<(), String> {
    match (4..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(()),
        false => Err(format!("`{hash}` cannot be the hash of a commit: 4 to 64 hexadecimal digits")),
    }
}

/// Whether a text is a SHA-256 as archives are named by it.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

const FORMS: &str = "write `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`";

fn check_url(url: &str) -> Result<(), String> {
    if url.is_empty() {
        return Err(format!("a repository's address is missing; {FORMS}"));
    }
    if url.len() > LONGEST || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!("a repository's address is one word of at most 2,000 bytes; {FORMS}"));
    }
    if url.starts_with('-') {
        return Err(format!("`{url}` is no address of a repository; {FORMS}"));
    }
    let Some((scheme, rest)) = url.split_once("://") else { return check_scp(url) };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let scheme = scheme.to_ascii_lowercase();
    match (scheme.as_str(), user) {
        ("http" | "https", Some(_)) => return Err(CREDENTIALS.to_owned()),
        ("ssh", Some(user)) if user.contains(':') => return Err(CREDENTIALS.to_owned()),
        ("http" | "https" | "ssh", _) => {}
        ("git", _) => {
            return Err(format!("`git://` is neither encrypted nor checked by anybody; {FORMS}"));
        }
        ("file", _) => {
            return Err(format!("`{url}` is on a machine, which an environment cannot see; {FORMS}"));
        }
        _ => return Err(format!("`{scheme}://` is no way to a repository that is known here; {FORMS}")),
    }
    check_host(url, host)?;
    // What stands behind `?` or `#` would be a token, or nothing to Git.
    if path.contains(['?', '#']) {
        return Err(format!("an address of a repository has no `?` and no `#`; {FORMS}"));
    }
    if path.trim_matches('/').is_empty() {
        return Err(format!("`{url}` names a host and no repository on it; {FORMS}"));
    }
    Ok(())
}

const CREDENTIALS: &str = "the address holds a user's name or a password, which the run's page and its log would show to \
                           everybody; leave it out. A private repository comes from your own checkout, by `berth run` there, \
                           or by the project's login for its host: `berth git set`";

/// `[USER@]HOST:PATH`, as `scp` has it.
fn check_scp(url: &str) -> Result<(), String> {
    let Some((place, path)) = url.split_once(':').filter(|(place, _)| !place.contains('/')) else {
        return Err(format!("`{url}` is no address of a repository; {FORMS}"));
    };
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    check_host(url, host)?;
    if path.is_empty() || path.starts_with(':') {
        return Err(format!("`{url}` names a host and no repository on it; {FORMS}"));
    }
    Ok(())
}

fn check_host(url: &str, host: &str) -> Result<(), String> {
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if host.is_empty() || host.starts_with('-') || !host.chars().all(fine) {
        return Err(format!("`{url}` names no host; {FORMS}"));
    }
    Ok(())
}

/// As `git check-ref-format` has it, as far as it can be told without knowing the repository.
fn check_branch(branch: &str) -> Result<(), String> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    let wrong = branch.is_empty()
        || branch.len() > LONGEST
        || branch.starts_with(['-', '/'])
        || branch.ends_with(['/', '.'])
        || branch.ends_with(".lock")
        || branch.contains("..")
        || branch.contains("@{")
        || branch.contains("//")
        || branch.chars().any(odd);
    if wrong { Err(format!("`{branch}` cannot be the name of a branch or a tag")) } else { Ok(()) }
}

/// An address without a name and a password, for where it is kept: `https://user:token@host/x` → `https://host/x`.
#[must_use]
pub fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let Some((user, host)) = authority.rsplit_once('@') else { return url.to_owned() };
    // Who one is to an SSH server is part of where a repository is; a password is not.
    let user = user.split_once(':').map_or(user, |(user, _)| user);
    match scheme.to_ascii_lowercase().as_str() {
        "ssh" | "git+ssh" | "ssh+git" => format!("{scheme}://{user}@{host}{path}"),
        _ => format!("{scheme}://{host}{path}"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn git(url: &str, branch: Option<&str>) -> Result<(), String> {
        RunCode::Git(GitSource { url: url.into(), branch: branch.map(Into::into), ..GitSource::default() })
            .check()
    }

    #[test]
    fn code_is_told_in_a_line() {
        let folder = CodeArchive { files: 1, size: 100, sha256: "0".repeat(64), ..CodeArchive::default() };
        let commit = CodeArchive {
            files: 412,
            size: 8_703_180,
            commit: Some("ab12cd34ef".repeat(4)),
            branch: Some("main".into()),
            changes: 3,
            ..folder.clone()
        };
        let detached = CodeArchive { branch: None, changes: 0, ..commit.clone() };
        let cloned = GitSource {
            url: "https://example.com/a/b".into(),
            branch: Some("dev".into()),
            commit: Some("ab12cd34ef".repeat(4)),
            ..GitSource::default()
        };
        let placed = CodeArchive {
            path: Some("src".into()),
            placed: ["~/.vimrc", "", "/data", "more"].map(Into::into).to_vec(),
            ..folder.clone()
        };
        let both = GitSource {
            commit: None,
            revision: Some("0123456789".into()),
            path: Some("~/b".into()),
            archive: Some(Box::new(CodeArchive { path: None, ..placed.clone() })),
            ..cloned.clone()
        };
        let all = [
            RunCode::Archive(folder),
            RunCode::Archive(commit),
            RunCode::Archive(detached),
            RunCode::Archive(placed),
            RunCode::Git(cloned),
            RunCode::Git(both),
        ];
        let told: Vec<String> = all.iter().map(RunCode::summary).collect();
        assert_eq!(
            told,
            [
                "1 file, 100 bytes",
                "412 files, 8.3 MiB, commit ab12cd34 of main with 3 local changes",
                "412 files, 8.3 MiB, commit ab12cd34 without local changes",
                "1 file, 100 bytes in src; files to ~/.vimrc, ., /data and 1 more",
                "https://example.com/a/b, branch dev, commit ab12cd34",
                "https://example.com/a/b, branch dev, commit 01234567 in ~/b; files to ~/.vimrc, ., /data and 1 more",
            ]
        );
    }

    #[test]
    fn addresses_of_repositories_are_taken_in_the_forms_that_git_has() {
        for url in [
            "https://github.com/a/b.git",
            "http://127.0.0.1:8123/repo.git",
            "ssh://git@host.example:2222/a/b",
            "git@github.com:a/b.git",
            "host:repo",
            "https://[::1]:8080/a",
        ] {
            assert_eq!(git(url, None), Ok(()), "{url}");
        }
        assert_eq!(git("https://a/b", Some("feature/x-1")), Ok(()));
    }

    #[test]
    fn what_is_no_address_or_holds_a_secret_is_refused_with_the_reason() {
        let refusals: Vec<String> = [
            "",
            "https://me:secret@host/a",
            "https://token@host/a",
            "ssh://me:secret@host/a",
            "https://host/a?token=x",
            "git://host/a",
            "file:///etc",
            "ext::sh -c id",
            "--upload-pack=x",
            "/srv/repo",
            "https://host",
            "https:///a",
            "host:",
            "ssh://-oProxyCommand=x/a",
        ]
        .iter()
        .map(|url| format!("{url} -> {}", git(url, None).expect_err(url)))
        .collect();
        insta::assert_snapshot!(refusals.join("\n"));
        for branch in ["", "-x", "a..b", "a b", "x.lock", "a:b", "@{1}", "a\n"] {
            assert!(git("https://a/b", Some(branch)).is_err(), "{branch:?}");
        }
    }

    #[test]
    fn an_entry_of_repos_says_what_is_cloned_and_where() {
        let repo = Repo {
            local_path: None,
            url: Some("https://a/b".into()),
            branch: Some("dev".into()),
            hash: Some("0123abcd".into()),
            path: "src".into(),
            if_exists: "skip".into(),
        };
        let source = GitSource {
            url: "https://a/b".into(),
            branch: Some("dev".into()),
            revision: Some("0123abcd".into()),
            path: Some("src".into()),
            skip_existing: true,
            ..GitSource::default()
        };
        assert_eq!(GitSource::of(&repo), Some(source.clone()));
        let plain = Repo { branch: None, hash: None, path: ".".into(), if_exists: "error".into(), ..repo };
        let plain_source = GitSource { url: "https://a/b".into(), ..GitSource::default() };
        assert_eq!(GitSource::of(&plain), Some(plain_source.clone()));
        assert_eq!(
            GitSource::of(&Repo { url: Some(String::new()), local_path: Some(".".into()), ..plain }),
            None
        );
        assert!(RunCode::Git(source).is_placed() && !RunCode::Git(plain_source).is_placed());
    }

    #[test]
    fn what_older_ones_do_not_know_is_written_only_where_it_is_asked_for() {
        let plain = RunCode::Git(GitSource { url: "https://a/b".into(), ..GitSource::default() });
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"kind":"git","url":"https://a/b"}"#);
        let archive = serde_json::to_string(&CodeArchive::default()).unwrap();
        assert!(!archive.contains("path") && !archive.contains("placed"), "{archive}");
    }

    #[test]
    fn places_and_commits_that_cannot_be_are_refused_with_the_reason() {
        for path in ["", ".", "a/b", "~", "~/.ssh/id", "/data", "a..b", "/"] {
            assert_eq!(check_place(path), Ok(()), "{path}");
        }
        let of = |path: Option<&str>, revision: Option<&str>| GitSource {
            url: "https://a/b".into(),
            path: path.map(Into::into),
            revision: revision.map(Into::into),
            ..GitSource::default()
        };
        let paths = ["../a", "a/../b", "~ann/x", "-x", "a\nb"].map(|path| of(Some(path), None));
        let hashes = ["abc", "main", "--upload-pack=x", "0123 4567"].map(|hash| of(None, Some(hash)));
        let told: Vec<String> =
            paths.iter().chain(&hashes).map(|source| source.check().expect_err("refused")).collect();
        assert_eq!(
            told,
            [
                "`../a` leads out by `..`; write where it is to be, below the working directory or absolute",
                "`a/../b` leads out by `..`; write where it is to be, below the working directory or absolute",
                "of `~ann/x` nobody's home directory is known but the run's own: `~/…`",
                "`-x` begins with `-`, as an option does; write `./-x`",
                "a path is one line of at most 2,000 bytes",
                "`abc` cannot be the hash of a commit: 4 to 64 hexadecimal digits",
                "`main` cannot be the hash of a commit: 4 to 64 hexadecimal digits",
                "`--upload-pack=x` cannot be the hash of a commit: 4 to 64 hexadecimal digits",
                "`0123 4567` cannot be the hash of a commit: 4 to 64 hexadecimal digits",
            ]
        );
        assert_eq!(of(Some("a b/ü"), Some(&"0a".repeat(20))).check(), Ok(()));
        let archive = CodeArchive { sha256: "0".repeat(64), ..CodeArchive::default() };
        let within = CodeArchive { placed: vec!["../x".into()], ..archive.clone() };
        assert!(RunCode::Archive(within.clone()).check().is_err());
        assert!(GitSource { archive: Some(Box::new(within)), ..of(None, None) }.check().is_err());
        let many = CodeArchive { placed: vec!["x".into(); 51], ..archive };
        assert!(RunCode::Archive(many).check().is_err());
    }

    #[test]
    fn a_file_is_put_where_a_name_of_its_own_is_said() {
        let names = ["a", "~/.vimrc", "/data/x.csv", "./a", "a/b/", "a b"].map(names_a_file);
        let none = ["", ".", "/", "~", "~/", "a/.", "./", "a/.."].map(names_a_file);
        assert_eq!((names, none), ([true; 6], [false; 8]));
    }

    #[test]
    fn secrets_are_taken_out_of_addresses() {
        let kept = [
            ("https://me:tok@host/a", "https://host/a"),
            ("https://tok@host", "https://host"),
            ("ssh://git:pw@host/a", "ssh://git@host/a"),
            ("git@host:a", "git@host:a"),
            ("https://host/a@b", "https://host/a@b"),
            ("/srv/x", "/srv/x"),
        ];
        for (url, without) in kept {
            assert_eq!(without_credentials(url), without);
        }
    }
}
