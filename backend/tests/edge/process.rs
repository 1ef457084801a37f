//! `berth serve` and its neighbours, as processes.

use std::{
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use crate::{client::Request, server::Folder};

pub(crate) fn berth(data_dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
    command.args(arguments).arg("--data-dir").arg(data_dir).env_remove("BERTH_LOG");
    // An engine of the machine's own is none of a test's business.
    command.env("BERTH_ENGINE", "none");
    command
}

/// A server that is killed with the test.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

impl Serving {
    pub(crate) fn start(data_dir: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["serve"], arguments].concat();
        let mut child = berth(data_dir, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("berth starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (address, token) = line
            .trim_end()
            .strip_prefix("Open http://")
            .and_then(|rest| rest.split_once("/login?token="))
            .unwrap_or_else(|| panic!("not the line to open: {line:?}"));
        Self { child, address: address.parse().unwrap(), token: token.into() }
    }

    /// Asks it to stop; its exit status and what it said on standard error.
    pub(crate) fn stop(&mut self, signal: &str) -> (Option<i32>, String) {
        let kill = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn login(address: SocketAddr, token: &str) -> Request {
    Request::new(address, "POST", "/api/v1/login").json(&format!(r#"{{"token":"{token}"}}"#))
}

#[tokio::test]
async fn the_printed_link_signs_in_and_so_does_one_that_is_asked_for_later() {
    let folder = Folder::new();
    let server = Serving::start(&folder.0, &["--listen", "127.0.0.1:0"]);
    assert_eq!(login(server.address, &server.token).send().await.status, 200);

    let output = berth(&folder.0, &["login-link"]).output().unwrap();
    assert!(output.status.success(), "{}", error(&output));
    let link = String::from_utf8(output.stdout).unwrap();
    let token = link.trim_end().strip_prefix(&format!("http://{}/login?token=", server.address)).unwrap();
    assert_eq!(login(server.address, token).send().await.status, 200);
}

#[tokio::test]
async fn an_api_token_is_made_listed_and_revoked_beside_the_server() {
    let folder = Folder::new();
    let server = Serving::start(&folder.0, &["--listen", "127.0.0.1:0"]);
    let output = berth(&folder.0, &["token", "create", "ci"]).output().unwrap();
    let token = String::from_utf8(output.stdout).unwrap();
    let me = || {
        let bearer = format!("Bearer {}", token.trim_end());
        Request::new(server.address, "GET", "/api/v1/me").header("authorization", &bearer).send()
    };
    assert_eq!(me().await.status, 200);

    let again = berth(&folder.0, &["token", "create", "ci"]).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    insta::assert_snapshot!(error(&again), @"error: the administrator already has a token named `ci`; choose another name, or revoke that one first");
    let list = berth(&folder.0, &["token", "list"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&list.stdout), "ci\tadmin\n");
    assert!(berth(&folder.0, &["token", "revoke", "ci"]).status().unwrap().success());
    assert_eq!(me().await.status, 401);
}

#[test]
fn a_port_in_use_is_said_so() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = berth(&folder.0, &["serve", "--listen", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = error(&output).replace(&address, "ADDRESS");
    insta::assert_snapshot!(told, @"error: cannot listen on ADDRESS: the port is in use; stop what listens there, or give another with `--listen ADDR:PORT`");
}

#[test]
fn a_data_directory_in_use_is_said_so() {
    let folder = Folder::new();
    let server = Serving::start(&folder.0, &["--listen", "127.0.0.1:0"]);
    let output = berth(&folder.0, &["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = error(&output)
        .replace(&folder.0.display().to_string(), "DIR")
        .replace(&server.child.id().to_string(), "PID");
    insta::assert_snapshot!(told, @"error: the data directory `DIR` is in use by another `berth serve` (process PID); stop that one, or choose another directory with `--data-dir`");
}

#[test]
fn other_databases_are_refused_plainly_and_without_their_passwords() {
    let folder = Folder::new();
    let output = berth(&folder.0, &["serve", "--database-url", "mysql://ann:secret@x/y"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("no database has such an address"), "{}", error(&output));
    assert!(!error(&output).contains("secret"), "{}", error(&output));
    let output = berth(&folder.0, &["login-link"])
        .env("BERTH_DATABASE_URL", "postgres://ann:secret@127.0.0.1:1/berth")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("`ann@127.0.0.1:1/berth`"), "{}", error(&output));
    assert!(!error(&output).contains("secret"), "{}", error(&output));
}

#[test]
fn a_login_link_needs_a_server_to_have_been_there() {
    let folder = Folder::new();
    let output = berth(&folder.0, &["login-link"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = error(&output).replace(&folder.0.display().to_string(), "DIR");
    insta::assert_snapshot!(told, @"error: there is no server's state in `DIR`; start `berth serve` first, or name its directory with `--data-dir`");
}

#[tokio::test]
async fn told_to_stop_it_says_goodbye_and_that_environments_live_on() {
    for signal in ["-TERM", "-INT"] {
        let folder = Folder::new();
        let mut server = Serving::start(&folder.0, &["--listen", "127.0.0.1:0"]);
        let answer = login(server.address, &server.token).send().await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let stream = Request::new(server.address, "GET", "/api/v1/stream").header("cookie", &cookie);
        let mut socket = stream.connect().await.expect("a socket");
        socket.next("snapshot").await;
        let stopped = tokio::task::spawn_blocking(move || server.stop(signal));
        assert_eq!(socket.closed().await, (1001, "server-stopping".into()));
        let (code, said) = stopped.await.unwrap();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("environments live on"), "{said}");
        assert!(!folder.0.join("server.json").exists());
    }
}
