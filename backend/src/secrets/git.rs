//! Logins at hosts of Git repositories. They lie among the secrets, under names that no configuration can name, so that they are sealed,
//! and sealed anew by another key, as those are.

use berth_shared::{
    api::{GIT_LOGIN_LIMIT, GitLogin, GitSource, Secret, SetGitLogin, is_git_host},
    time::Timestamp,
};
use ring::aead::NONCE_LEN;

use super::{BookAway, OpenSecretError, SecretRecord, Secrets};
use crate::{sealed::uses, store::qualified, supervisor::spec::GitAccess};

/// What their names begin with, by whether the host is reached encrypted. Neither has a `/`, which would part a project from a name.
const ENCRYPTED: &str = "git:";
const OPEN: &str = "git+http:";

/// How many a project may have.
const LOGINS: usize = 100;

/// Whether a name in the book is that of a login, and of no secret.
pub(super) fn is_login(name: &str) -> bool {
    name.contains(':')
}

fn name_of(host: &str) -> String {
    match host.strip_prefix("http://") {
        Some(host) => format!("{OPEN}{host}"),
        None => format!("{ENCRYPTED}{host}"),
    }
}

fn host_of(name: &str) -> Option<String> {
    let open = || name.strip_prefix(OPEN).map(|host| format!("http://{host}"));
    name.strip_prefix(ENCRYPTED).map(str::to_owned).or_else(open)
}

/// Why a login is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SetGitLoginError {
    /// It is for nothing that can be signed in at.
    #[error(
        "`{0}` is no host of repositories: write `HOST` or `HOST:PORT` in lower case; `http://HOST:PORT` where it is reached in the open"
    )]
    Host(String),
    /// Its name or password is empty, too long, or more than a line.
    #[error("a user's name and a password have 1 to {GIT_LOGIN_LIMIT} bytes each, in one line")]
    Login,
    /// There are too many.
    #[error("there are {LOGINS} logins already; remove some that nothing uses")]
    TooMany,
    /// It cannot be written down.
    #[error(transparent)]
    Away(#[from] BookAway),
}

impl Secrets {
    /// The project's logins, by host.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn git_logins(&self) -> Result<Vec<GitLogin>, BookAway> {
        let records = self.records().await?.into_iter();
        let login = |(_, SecretRecord { secret: Secret { name, set_by, set_at }, .. })| {
            let host = host_of(&name)?;
            Some(GitLogin { host, set_by, set_at })
        };
        Ok(records.filter_map(login).collect())
    }

    /// What a clone of this repository is let in by, if there is something.
    ///
    /// # Errors
    /// See [`OpenSecretError`].
    pub async fn git_access(&self, source: &GitSource) -> Result<Option<GitAccess>, OpenSecretError> {
        let Some(host) = source.login_host() else { return Ok(None) };
        let name = name_of(&host);
        let mut records = self.records().await?.into_iter();
        let Some((kept, record)) = records.find(|(_, record)| record.secret.name == name) else {
            return Ok(None);
        };
        let opened = self.sealer.open(&record.sealed, &uses::secret(&kept));
        let opened =
            opened.map_err(|why| OpenSecretError::Sealed { name: format!("login at {host}"), why })?;
        // One line each: that is seen to when it is set.
        let (username, password) = opened.split_once('\n').unwrap_or_default();
        let place = if host.starts_with("http://") { host } else { format!("https://{host}") };
        Ok(Some(GitAccess { place, username: username.to_owned(), password: password.to_owned() }))
    }

    /// Sets a login, in the place of one for the same host. `nonce` is random, and another one each time.
    ///
    /// # Errors
    /// See [`SetGitLoginError`].
    pub async fn set_git_login(
        &self,
        host: &str,
        SetGitLogin { username, password }: &SetGitLogin,
        (set_by, set_at): (&str, Timestamp),
        nonce: [u8; NONCE_LEN],
    ) -> Result<GitLogin, SetGitLoginError> {
        if !is_git_host(host) {
            return Err(SetGitLoginError::Host(host.to_owned()));
        }
        let fits =
            |text: &str| (1..=GIT_LOGIN_LIMIT).contains(&text.len()) && !text.contains(char::is_control);
        if !fits(username) || !fits(password) {
            return Err(SetGitLoginError::Login);
        }
        let there = self.git_logins().await?;
        if there.len() >= LOGINS && !there.iter().any(|login| login.host == host) {
            return Err(SetGitLoginError::TooMany);
        }
        let kept = qualified(&self.project, &name_of(host));
        let sealed = self.sealer.seal(&format!("{username}\n{password}"), &uses::secret(&kept), nonce);
        let secret = Secret { name: kept, set_by: set_by.to_owned(), set_at };
        self.book.set(&SecretRecord { secret, sealed }).await?;
        Ok(GitLogin { host: host.to_owned(), set_by: set_by.to_owned(), set_at })
    }

    /// Forgets a login; whether there was one.
    ///
    /// # Errors
    /// When the book cannot be written.
    pub async fn remove_git_login(&self, host: &str) -> Result<bool, BookAway> {
        self.book.remove(&qualified(&self.project, &name_of(host))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(url: &str) -> GitSource {
        GitSource { url: url.to_owned(), ..GitSource::default() }
    }

    async fn set(secrets: &Secrets, host: &str, password: &str) -> Result<GitLogin, SetGitLoginError> {
        let login = SetGitLogin { username: "ann".to_owned(), password: password.to_owned() };
        secrets.set_git_login(host, &login, ("bob", Timestamp(7)), [1; NONCE_LEN]).await
    }

    #[tokio::test]
    async fn a_login_is_for_one_host_of_one_project_and_no_secret() {
        let secrets = Secrets::in_memory();
        let vision = secrets.of("vision");
        set(&secrets, "github.com", "one").await.expect("set");
        set(&vision, "github.com", "two").await.expect("set");
        set(&vision, "http://git.lan:3000", "three").await.expect("set");
        let hosts = async |secrets: &Secrets| -> Vec<String> {
            secrets.git_logins().await.expect("read").into_iter().map(|login| login.host).collect()
        };
        assert_eq!(hosts(&secrets).await, ["github.com"]);
        assert_eq!(hosts(&vision).await, ["http://git.lan:3000", "github.com"]);
        assert!(vision.list().await.expect("read").is_empty(), "no configuration names one");
        let access = async |secrets: &Secrets, url: &str| {
            let access = secrets.git_access(&source(url)).await.expect("read");
            access.map(|access| (access.place, access.username, access.password))
        };
        let told =
            |place: &str, password: &str| Some((place.to_owned(), "ann".to_owned(), password.to_owned()));
        assert_eq!(access(&secrets, "https://github.com/a/b").await, told("https://github.com", "one"));
        assert_eq!(access(&vision, "https://github.com/a/b").await, told("https://github.com", "two"));
        assert_eq!(access(&vision, "http://git.lan:3000/a").await, told("http://git.lan:3000", "three"));
        // What is for an encrypted way is not said in the open, and nothing to another host.
        for url in [
            "http://github.com/a/b",
            "https://gitlab.com/a",
            "git@github.com:a/b",
            "https://github.com:8443/a",
        ] {
            assert_eq!(access(&vision, url).await, None, "{url}");
        }
        assert!(vision.remove_git_login("github.com").await.expect("removed"));
        assert!(!vision.remove_git_login("github.com").await.expect("nothing to remove"));
        assert_eq!(access(&secrets, "https://github.com/a/b").await, told("https://github.com", "one"));
    }

    #[tokio::test]
    async fn what_is_no_login_is_refused() {
        let secrets = Secrets::in_memory();
        assert!(matches!(set(&secrets, "https://github.com", "x").await, Err(SetGitLoginError::Host(_))));
        for password in [String::new(), "a\nb".to_owned(), "x".repeat(GIT_LOGIN_LIMIT + 1)] {
            assert!(matches!(set(&secrets, "github.com", &password).await, Err(SetGitLoginError::Login)));
        }
    }
}
