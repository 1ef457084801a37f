//! A server with a run, and a person with a key.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use berth_shared::api::RunStatus;
use berth_tests::server::Server;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The run that most tests are about.
pub(crate) const RUN: &str = "sly-fox-1";

pub(crate) struct Bench {
    pub(crate) server: Server,
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
}

impl Bench {
    /// A server whose gateway listens, a run that runs, and a key that was added.
    pub(crate) fn running() -> Self {
        let bench = Self::empty();
        bench.add_key();
        bench.begin(RUN);
        bench
    }

    /// A server whose gateway listens, and a key that nobody knows yet.
    pub(crate) fn empty() -> Self {
        Self::at_port(0)
    }

    /// The same at a port; 0 = any that is free.
    pub(crate) fn at_port(port: u16) -> Self {
        let server = Server::start_with(&["--engine", "none", "--ssh-listen", &port.to_string()]);
        let (status, told) = server.get("/ssh");
        assert_eq!(status, 200, "{told}");
        let told: Value = serde_json::from_str(&told).expect("JSON");
        let port = u16::try_from(told["port"].as_u64().expect("a port")).expect("a port");
        let folder = tempfile::tempdir().expect("a folder");
        keygen(&folder.path().join("key"));
        let host_key = told["host_key"].as_str().expect("a key");
        // Known before the first connection, and nothing else is.
        let known = format!("[127.0.0.1]:{port} {host_key}\n");
        fs::write(folder.path().join("known_hosts"), known).expect("written");
        Self { server, folder, port }
    }

    /// A run that rests.
    pub(crate) fn begin(&self, name: &str) {
        self.begin_with(name, "");
    }

    /// The same with more lines in its configuration.
    pub(crate) fn begin_with(&self, name: &str, lines: &str) {
        let _ = self.server.submit(name, &format!("type: dev-environment\nide: vscode\n{lines}"));
        let _ = self.server.wait_for(name, RunStatus::Running);
    }

    pub(crate) fn public_key(&self) -> String {
        fs::read_to_string(self.path("key.pub")).expect("a public key")
    }

    pub(crate) fn add_key(&self) {
        let (status, told) =
            self.server.send("/keys", &json!({ "public_key": self.public_key(), "label": "laptop" }));
        assert_eq!(status, 201, "{told}");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Options of all programs of OpenSSH: nothing of this machine's own set-up counts.
    fn options(&self) -> Vec<String> {
        let known = self.path("known_hosts");
        let mut options = vec!["-F".to_owned(), "none".to_owned(), "-i".to_owned(), shown(&self.path("key"))];
        for option in [
            &format!("UserKnownHostsFile={}", known.display()),
            "GlobalKnownHostsFile=none",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "BatchMode=yes",
        ] {
            options.extend(["-o".to_owned(), option.to_owned()]);
        }
        options
    }

    /// `ssh` to the run, with more options.
    pub(crate) fn ssh(&self, options: &[&str]) -> Command {
        self.ssh_to(RUN, options)
    }

    pub(crate) fn ssh_to(&self, run: &str, options: &[&str]) -> Command {
        let mut ssh = Command::new("ssh");
        // The first of two options counts.
        ssh.args(options).args(self.options()).args(["-p", &self.port.to_string()]);
        ssh.arg(format!("{run}@127.0.0.1"));
        ssh
    }

    /// `scp` or `sftp`, which name the port with a large letter.
    pub(crate) fn copy(&self, program: &str, options: &[&str]) -> Command {
        let mut copy = Command::new(program);
        copy.args(self.options()).args(["-P", &self.port.to_string()]).args(options);
        copy
    }

    /// The command line of `ssh` for programs that start it themselves.
    pub(crate) fn rsh(&self) -> String {
        let mut words = vec!["ssh".to_owned()];
        words.extend(self.options());
        words.extend(["-p".to_owned(), self.port.to_string()]);
        words.join(" ")
    }

    /// A place in the run.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{RUN}@127.0.0.1:{path}")
    }
}

pub(crate) fn keygen(at: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "me@laptop", "-f"])
        .arg(at)
        .status();
    assert!(made.expect("ssh-keygen can be started").success());
}

pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What a program said and how it ended.
pub(crate) struct Said {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// Runs a program to its end with this input.
pub(crate) fn said(command: &mut Command, input: &[u8]) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_owned();
    // A program that ends early reads no more.
    let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let said = child.wait_with_output().expect("its end").into();
    feeding.join().expect("fed");
    said
}

/// Runs a program that must succeed; its output.
pub(crate) fn done(command: &mut Command, input: &[u8]) -> String {
    let told = format!("{command:?}");
    let said = said(command, input);
    assert_eq!(said.status, Some(0), "{told}\n{}{}", said.out, said.err);
    said.out
}
