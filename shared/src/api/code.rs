//! The code that a run works on: what a person brings, or a repository that is cloned.

use serde::{Deserialize, Serialize};

/// What is in `/workflow` when a run's commands begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunCode {
    /// An archive that was sent to the server beforehand.
    Archive(CodeArchive),
    /// A repository that the environment clones.
    Git(GitSource),
}

/// A folder as it was when a run was launched: a tar, compressed with gzip.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// A repository that the environment clones by its own `git`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// What the server says of code before it is sent. `GET /api/v1/code`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
            Self::Archive(archive) if !is_sha256(&archive.sha256) => {
                Err("an archive is named by its SHA-256, 64 hexadecimal digits in lower case".to_owned())
            }
            Self::Archive(archive) => {
                let texts = [&archive.commit, &archive.branch].into_iter().flatten();
                match texts.into_iter().all(|text| text.len() <= LONGEST && !text.contains(char::is_control))
                {
                    true => Ok(()),
                    false => Err("a commit or a branch is one line of at most 2,000 bytes".to_owned()),
                }
            }
            Self::Git(source) => source.check(),
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
        self.branch.as_deref().map_or(Ok(()), check_branch)
    }

    fn summary(&self) -> String {
        let mut told = self.url.clone();
        if let Some(branch) = &self.branch {
            told.push_str(&format!(", branch {branch}"));
        }
        if let Some(commit) = &self.commit {
            told.push_str(&format!(", commit {}", short(commit)));
        }
        told
    }
}

/// The longest address, branch or commit, bytes.
const LONGEST: usize = 2000;

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
        RunCode::Git(GitSource { url: url.into(), branch: branch.map(Into::into), commit: None }).check()
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
        };
        let all = [
            RunCode::Archive(folder),
            RunCode::Archive(commit),
            RunCode::Archive(detached),
            RunCode::Git(cloned),
        ];
        let told: Vec<String> = all.iter().map(RunCode::summary).collect();
        assert_eq!(
            told,
            [
                "1 file, 100 bytes",
                "412 files, 8.3 MiB, commit ab12cd34 of main with 3 local changes",
                "412 files, 8.3 MiB, commit ab12cd34 without local changes",
                "https://example.com/a/b, branch dev, commit ab12cd34",
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
