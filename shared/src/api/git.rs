//! What runs sign in by when they clone private repositories.

use serde::{Deserialize, Serialize};

use super::code::GitSource;
use crate::{json::FromJson, time::Timestamp};

/// The longest user's name, and the longest password or token, bytes.
pub const GIT_LOGIN_LIMIT: usize = 4096;

/// The name to sign in by where none is given: with a token as the password, most hosts take any.
pub const GIT_USERNAME: &str = "x-access-token";

/// A login at a host of repositories, without its password: that is never told again. `GET /api/v1/git`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GitLogin {
    /// Where it is for: `HOST` or `HOST:PORT` in lower case, as `github.com`, or `http://HOST:PORT` for one reached in the open.
    pub host: String,
    /// Who set it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
}

/// Sets a login. `PUT /api/v1/git/{host}`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetGitLogin {
    /// The user's name, 1 to 4,096 bytes.
    #[serde(default = "usual")]
    pub username: String,
    /// The password, or a token, 1 to 4,096 bytes.
    pub password: String,
}

fn usual() -> String {
    GIT_USERNAME.to_owned()
}

impl std::fmt::Debug for SetGitLogin {
    /// Without the password, wherever this is printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetGitLogin").finish_non_exhaustive()
    }
}

/// Whether a login can be for this: `HOST` or `HOST:PORT` in lower case, reached encrypted, or `http://HOST:PORT`, reached in the open.
#[must_use]
pub fn is_git_host(text: &str) -> bool {
    let rest = text.strip_prefix("http://").unwrap_or(text);
    let (name, port) = rest.split_once(':').map_or((rest, None), |(name, port)| (name, Some(port)));
    let label = |label: &str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(known)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_port =
        |port: &str| port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port);
    name.len() <= 253 && name.split('.').all(label) && port.is_none_or(is_port)
}

impl GitSource {
    /// Where a login would have to be for to be used for this repository, as [`is_git_host`] has it; `None` = no login is: the address
    /// is reached by SSH.
    #[must_use]
    pub fn login_host(&self) -> Option<String> {
        let (scheme, rest) = self.url.split_once("://")?;
        let host = rest.split('/').next()?.to_ascii_lowercase();
        match scheme.to_ascii_lowercase().as_str() {
            "https" => Some(host.strip_suffix(":443").map_or(host.clone(), str::to_owned)),
            "http" => Some(format!("http://{}", host.strip_suffix(":80").unwrap_or(&host))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_for_a_host_and_what_is_reached_in_the_open_says_so() {
        for host in ["github.com", "git.example:8443", "http://127.0.0.1:3000", "localhost"] {
            assert!(is_git_host(host), "{host}");
        }
        for host in [
            "",
            "GitHub.com",
            "https://github.com",
            "github.com/ann",
            "a b",
            "a..b",
            "-a",
            "a:0",
            "a:65536",
            "a:080",
            "u@a",
            "ftp://a",
        ] {
            assert!(!is_git_host(host), "{host}");
        }
    }

    #[test]
    fn a_repository_says_for_which_host_a_login_has_to_be() {
        for (url, host) in [
            ("https://GitHub.com/ann/project.git", Some("github.com")),
            ("https://git.example:443/a", Some("git.example")),
            ("https://git.example:8443/a", Some("git.example:8443")),
            ("HTTP://git.lan:80/a", Some("http://git.lan")),
            ("http://git.lan:3000/a", Some("http://git.lan:3000")),
            ("ssh://git@github.com/ann/project", None),
            ("git@github.com:ann/project", None),
        ] {
            let source = GitSource { url: url.to_owned(), ..GitSource::default() };
            assert_eq!(source.login_host().as_deref(), host, "{url}");
            assert!(host.is_none_or(is_git_host), "{url}");
        }
    }
}
