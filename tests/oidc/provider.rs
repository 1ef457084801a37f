//! A provider, run by node.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use berth_tests::server::Server;
use tempfile::TempDir;

use crate::browser::{Answer, Browser};

/// The secret of the client `berth`.
const SECRET: &str = "a secret, with signs: +/%&";

/// A provider of OpenID Connect, which ends with the test.
pub(crate) struct Provider {
    child: Child,
    address: String,
    folder: TempDir,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc")
}

/// Whether the provider's packages are there; says so when not.
///
/// # Panics
/// When they are not and `BERTH_REQUIRE_APPS` is 1.
pub(crate) fn is_there() -> bool {
    let there = folder().join("node_modules/oidc-provider").is_dir();
    if !there {
        assert!(
            std::env::var_os("BERTH_REQUIRE_APPS").is_none_or(|required| required != "1"),
            "the packages of tests/oidc are missing: `npm ci` there, or `cargo xtask test`"
        );
        eprintln!("skipped: the packages of tests/oidc are not installed; `cargo xtask test` does that");
    }
    there
}

impl Provider {
    /// Starts one.
    pub(crate) fn start() -> Self {
        Self::start_at(0)
    }

    /// Starts one at this port; 0 = a free one.
    pub(crate) fn start_at(port: u16) -> Self {
        let mut node = Command::new("node");
        node.current_dir(folder()).arg("provider.mjs").env("PORT", port.to_string());
        // It ends with its input, however the test ends.
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = node.spawn().expect("node starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let address = lines.next().expect("it says its address").expect("a line");
        // What follows must be read: it would end over a pipe that is closed.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let folder = tempfile::Builder::new().prefix("berth-oidc-").tempdir().expect("a folder");
        std::fs::write(folder.path().join("secret"), format!("{SECRET}\n")).expect("a file");
        Self { child, address, folder }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A server that trusts it.
    pub(crate) fn server(&self, options: &[&str]) -> Server {
        let secret = self.folder.path().join("secret");
        let secret = secret.to_str().expect("a plain path");
        let own = [
            "--oidc-issuer",
            &self.address,
            "--oidc-client-id",
            "berth",
            "--oidc-client-secret-file",
            secret,
        ];
        Server::start_with(&[&own[..], &["--oidc-name", "Example"], options].concat())
    }

    /// Has it say something wrong from now on.
    pub(crate) fn tamper(&self, how: &serde_json::Value) {
        let answer = Browser::new().post(&format!("{}/tamper", self.address), how);
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    /// Says at the provider's page, where `asked` leads, that this is `who`; the address to which the browser is sent back.
    pub(crate) fn sign_in(&self, browser: &Browser, asked: &str, who: &str) -> String {
        self.answer(browser, asked, &[("login", who)])
    }

    /// Says no there.
    pub(crate) fn cancel(&self, browser: &Browser, asked: &str) -> String {
        self.answer(browser, asked, &[("no", "1")])
    }

    fn answer(&self, browser: &Browser, asked: &str, fields: &[(&str, &str)]) -> String {
        let mut answer = browser.open(asked);
        for _ in 0..6 {
            let to = answer.to().to_owned();
            if !to.starts_with(&self.address) {
                return to;
            }
            answer =
                if to.contains("/interaction/") { browser.fill_in(&to, fields) } else { browser.open(&to) };
        }
        panic!("the provider sends the browser back: {answer:?}");
    }

    /// The whole way: begins at `server`, says `who` it is, and comes back.
    pub(crate) fn come_in(&self, server: &Server, browser: &Browser, who: &str) -> Answer {
        let asked = begin(server, browser, "/");
        browser.open(&self.sign_in(browser, &asked, who))
    }
}

/// Where a server sends who wants to sign in and see a page.
pub(crate) fn begin(server: &Server, browser: &Browser, page: &str) -> String {
    let begun = browser.open(&format!("{}/api/v1/oidc/begin?to={page}", server.address()));
    begun.to().to_owned()
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
