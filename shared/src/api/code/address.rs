//! Where a repository is, and what of it is meant: the forms that Git takes, without secrets.

use super::LONGEST;

const FORMS: &str = "write `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`";

/// What makes no sense about an address, in words for people.
pub(super) fn check_url(url: &str) -> Result<(), String> {
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
pub(super) fn check_branch(branch: &str) -> Result<(), String> {
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

/// A commit, by the beginning of its name at least.
pub(super) fn check_revision(hash: &str) -> Result<(), String> {
    match (4..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(()),
        false => Err(format!("`{hash}` cannot be the hash of a commit: 4 to 64 hexadecimal digits")),
    }
}
