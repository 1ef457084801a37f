//! The code that `berth run` brings, with a real server and real environments on this machine.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use berth_shared::api::{RunCode, RunStatus};
use berth_tests::server::{Server, binary};
use tempfile::TempDir;

/// Says what is there, and rests.
const TEXT: &str = "type: dev-environment
ide: vscode
resources:
  cpu: 1..
  memory: 64MB..
  disk:
setup:
  - ./tool
  - git status --porcelain=v1 && git log --format=%s && git config remote.origin.url
";

/// A person with a home, and a checkout in it.
struct Person {
    folder: TempDir,
}

impl Person {
    fn of(server: &Server) -> Self {
        let folder = tempfile::tempdir().expect("a home");
        let person = Self { folder };
        fs::create_dir(person.project()).expect("a folder");
        person.said(&["login", "--data-dir", &server.data_dir().to_string_lossy()]);
        person
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("a projéct")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.project().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(self.project()).env("HOME", self.folder.path());
        git.args([
            "-c",
            "user.name=Ann",
            "-c",
            "user.email=ann@example.com",
            "-c",
            "init.defaultBranch=main",
        ]);
        let output = git.args(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// A commit, and something of each kind after it.
    fn checkout(&self) {
        self.git(&["init", "-q"]);
        self.git(&["remote", "add", "origin", "https://ann:s3cret@git.example/ann/project.git"]);
        self.write(
            "tool",
            "#!/bin/sh\ncat 'deep/with space'; test ! -e gone && test ! -e secret && echo so far, so good\n",
        );
        self.write("deep/with space", "old\n");
        self.write("gone", "");
        self.write(".gitignore", "secret\n");
        self.write(".dstack.yml", TEXT);
        let tool = self.project().join("tool");
        fs::set_permissions(tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
        self.git(&["add", "."]);
        self.git(&["commit", "-qm", "the first one"]);
        self.write("deep/with space", "new\n");
        self.write("added", "");
        self.write("secret", "secret");
        fs::remove_file(self.project().join("gone")).expect("removed");
    }

    fn berth(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(self.project())
            .env("HOME", self.folder.path())
            .stdin(Stdio::null());
        for variable in ["XDG_CONFIG_HOME", "BERTH_SERVER", "BERTH_TOKEN", "BERTH_DATA_DIR", "DSTACK_PROFILE"]
        {
            command.env_remove(variable);
        }
        command.output().expect("berth runs")
    }

    fn said(&self, arguments: &[&str]) -> String {
        let output = self.berth(arguments);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "berth {arguments:?}: {:?}: {err}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn workflow(server: &Server, name: &str) -> Option<PathBuf> {
    let instance = server.run(name)?.run.instance_id?;
    let folder = server.data_dir().join("local").join(instance.to_string()).join("workflow");
    folder.is_dir().then_some(folder)
}

#[test]
fn a_checkout_is_in_the_environment_with_its_commit_and_what_was_changed_since() {
    let server = Server::start();
    let person = Person::of(&server);
    person.checkout();
    let plan = person.said(&["run", "-y", "-d", "-n", "fox"]);
    assert!(plan.contains("of main with 3 local changes"), "{plan}");
    let run = server.wait_for("fox", RunStatus::Running).run;
    let log = person.said(&["logs", "fox"]);
    assert_eq!(
        log,
        "new\nso far, so good\n M \"deep/with space\"\n D gone\n?? added\nthe first one\nhttps://git.example/ann/project.git\n"
    );
    let Some(RunCode::Archive(archive)) = &run.code else { panic!("{:?}", run.code) };
    assert_eq!((archive.files, archive.changes, archive.branch.as_deref()), (5, 3, Some("main")));
    let inside = workflow(&server, "fox").expect("its folder");
    assert!(!inside.join("secret").exists(), "what is ignored stays");

    // The same again is there already; the secret of the remote is nowhere.
    let again = person.said(&["run", "-y", "-d", "-n", "hen", "--format", "json"]);
    assert!(again.contains(&archive.sha256), "{again}");
    for name in ["berth.db", "berth.db-wal"] {
        let bytes = fs::read(server.data_dir().join(name)).unwrap_or_default();
        assert!(!bytes.windows(6).any(|window| window == b"s3cret"), "{name}");
    }
    server.wait_for("hen", RunStatus::Running);
}

#[test]
fn a_server_that_dies_while_code_is_brought_leaves_it_there_once() {
    let mut server = Server::start();
    let person = Person::of(&server);
    person.checkout();
    server.kill();
    // The code is there, and nobody knows.
    let dying = server.command().env("BERTH_FAILPOINT", "call.deliver.after").stdout(Stdio::null()).spawn();
    let mut dying = dying.expect("a server");
    berth_tests::server::until("the server answers", || person.berth(&["ps"]).status.success().then_some(()))
        .expect("it answers");
    person.said(&["run", "-y", "-d", "-n", "fox"]);
    let died = dying.wait().expect("its end");
    assert!(!died.success(), "{died}");
    server.restart();
    server.wait_for("fox", RunStatus::Running);
    let log = server.log("fox");
    let count = |line: &str| log.matches(line).count();
    assert_eq!((count("code: done"), count("so far, so good")), (1, 1), "{log}");
}

#[test]
fn code_that_is_too_large_is_refused_with_its_largest_files() {
    let server = Server::start_with(&["--code-limit", "4KiB"]);
    let person = Person::of(&server);
    person.checkout();
    let mut last = 1_u32;
    let noise = (0..20_000).map(|_| {
        last ^= last << 13;
        last ^= last >> 17;
        last ^= last << 5;
        last as u8
    });
    let noise: Vec<u8> = noise.collect();
    fs::write(person.project().join("model.bin"), noise).expect("a file");
    let refused = person.berth(&["run", "-y", "-d", "-n", "fox"]);
    let err = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{err}");
    assert!(
        err.contains("the server takes at most 4 KiB, compressed") && err.contains("19.5 KiB  model.bin"),
        "{err}"
    );
    assert!(server.run("fox").is_none());
    person.said(&["run", "-y", "-d", "-n", "fox", "--no-code"]);
    assert_eq!(server.wait_until("fox", |run| run.status.is_finished()).run.code, None);
}
