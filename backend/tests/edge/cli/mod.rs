//! The command line against a server: the real program, in a home of its own.

mod access;
mod audit;
mod completion;
mod follow;
mod launch;
mod lists;
mod pools;
mod projects;
mod refusals;
mod terminal;

use std::{path::PathBuf, process::Stdio};

use tokio::{io::AsyncWriteExt, process::Command};

use crate::server::{Folder, Server};

/// A person with a home and nothing in it.
pub(crate) struct Home {
    folder: Folder,
    server: Option<String>,
    token: Option<String>,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    /// Of somebody who never logged in.
    pub(crate) fn new() -> Self {
        Self { folder: Folder::new(), server: None, token: None }
    }

    /// Of somebody whose environment names a server and a token.
    pub(crate) async fn of(server: &Server) -> Self {
        let token = server.api_token("a test").await;
        Self::at(&format!("http://{}", server.address), token.reveal())
    }

    /// Of somebody whose environment names this.
    pub(crate) fn at(server: &str, token: &str) -> Self {
        Self { server: Some(server.into()), token: Some(token.into()), ..Self::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        command.args(arguments).current_dir(&self.folder.0).kill_on_drop(true);
        for variable in [
            "BERTH_SERVER",
            "BERTH_TOKEN",
            "BERTH_PROJECT",
            "DSTACK_PROFILE",
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
        ] {
            command.env_remove(variable);
        }
        command.env("HOME", &self.folder.0).env("BERTH_DATA_DIR", self.path("data"));
        command.envs(self.server.as_ref().map(|server| ("BERTH_SERVER", server)));
        command.envs(self.token.as_ref().map(|token| ("BERTH_TOKEN", token)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) async fn berth(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().await.expect("berth runs");
        self.said(output)
    }

    pub(crate) async fn berth_reads(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("berth starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).await.expect("it reads");
        drop(stdin);
        self.said(child.wait_with_output().await.expect("berth runs"))
    }

    fn said(&self, output: std::process::Output) -> Said {
        let mut replaced = vec![(self.folder.0.display().to_string(), "HOME")];
        replaced.extend(self.server.clone().map(|server| (server, "SERVER")));
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("text");
            replaced.iter().fold(text, |text, (found, shown)| text.replace(found.as_str(), shown))
        };
        Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Said {
    /// The exit status and both streams.
    pub(crate) fn all(&self) -> String {
        format!("{}\n--\n{}--\n{}", self.status.expect("a status"), self.out, self.err)
    }
}
