//! The code that `berth run` brings, with a real server and real environments on this machine.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Output, Stdio},
    thread,
};

use axum::response::IntoResponse as _;

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

    fn git(&self, arguments: &[&str]) -> String {
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
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A repository with two commits of a greeting, which a web server gives to everybody: its address, and the first commit.
    fn published(&self) -> (String, String) {
        self.git(&["init", "-q", "theirs"]);
        let commit = |greeting: &str| {
            self.write("theirs/greeting", greeting);
            self.git(&["-C", "theirs", "add", "."]);
            self.git(&["-C", "theirs", "commit", "-qm", greeting]);
            self.git(&["-C", "theirs", "rev-parse", "HEAD"])
        };
        let first = commit("good morning");
        commit("good evening");
        let bare = self.folder.path().join("published/project.git");
        let bare = bare.to_string_lossy();
        self.git(&["clone", "-q", "--bare", "theirs", &bare]);
        self.git(&["-C", &bare, "update-server-info"]);
        fs::remove_dir_all(self.project().join("theirs")).expect("removed");
        (format!("http://{}/project.git", give(self.folder.path().join("published"))), first)
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
    // It may die before it has answered.
    let _ = person.berth(&["run", "-y", "-d", "-n", "fox"]);
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

/// A web server, for as long as the test goes on, that gives what is in a folder.
fn give(folder: PathBuf) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let give = async move |request: axum::extract::Request| match fs::read(
        folder.join(request.uri().path().trim_start_matches('/')),
    ) {
        Ok(bytes) => bytes.into_response(),
        Err(_) => axum::http::StatusCode::NOT_FOUND.into_response(),
    };
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let _ = axum::serve(listener, axum::Router::new().fallback(give)).await;
        });
    });
    address
}

/// A configuration of dstack 0.22 with these keys, and with this as its only command.
fn newer(keys: &str, setup: &str) -> String {
    format!(
        "# dstack: 0.22\ntype: dev-environment\nide: vscode\nresources: {{cpu: 1.., memory: 64MB.., disk: null}}\n{keys}\nsetup:\n  - {setup}\n"
    )
}

#[test]
fn what_a_configuration_has_cloned_is_there_at_its_commit_and_files_are_put_over_it() {
    let server = Server::start_with(&["--engine", "none"]);
    let person = Person::of(&server);
    let (url, first) = person.published();
    person.write("a note", "from here\n");
    let keys = |hash: &str| {
        format!("repos: [{{url: '{url}', hash: '{hash}', path: src}}]\nfiles: ['a note:src/deep/note']")
    };
    let setup = "cat src/greeting src/deep/note; git -C src log --format=%s; git -C src status --porcelain";
    person.write(
        ".dstack.yml",
        &newer(&format!("working_dir: src/empty\n{}", keys(&first)), &format!("cd ../..; {setup}")),
    );
    let plan = person.said(&["run", "-y", "-d", "-n", "fox"]);
    assert!(
        plan.contains(&format!("{url}, commit {} in src; files to src/deep/note", &first[..8])),
        "{plan}"
    );
    let run = server.wait_for("fox", RunStatus::Running).run;
    let Some(RunCode::Git(source)) = &run.code else { panic!("{:?}", run.code) };
    assert_eq!(source.commit.as_deref(), Some(first.as_str()));
    // Git's own words come first.
    let log = person.said(&["logs", "fox"]);
    assert!(log.ends_with("\ngood morningfrom here\ngood morning\n?? deep/\n"), "{log}");

    // A commit that is nowhere, and what the flags say instead of it.
    person.write(".dstack.yml", &newer(&keys(&"1".repeat(40)), "test ! -e src/greeting"));
    person.said(&["run", "-y", "-d", "-n", "hen"]);
    let failed = server.wait_until("hen", |run| run.status.is_finished()).run;
    let message = failed.message.unwrap_or_default();
    assert!(message.contains(&format!("{url} has no commit 1111")), "{message}");
    person.said(&["run", "-y", "-d", "-n", "owl", "--no-code"]);
    server.wait_for("owl", RunStatus::Running);
}

#[test]
fn files_that_a_configuration_names_are_there_before_its_first_command() {
    let server = Server::start_with(&["--engine", "none"]);
    let person = Person::of(&server);
    let settings = person.folder.path().join(".settings");
    fs::write(&settings, "mine\n").expect("a file");
    fs::set_permissions(&settings, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a mode");
    fs::create_dir(person.folder.path().join("data")).expect("a folder");
    fs::write(person.folder.path().join("data/with space"), "given\n").expect("a file");
    person.write("code", "code\n");
    let files = "files: ['~/.settings', '../data:inputs/data']";
    let setup = "cat ~/.settings 'inputs/data/with space' code; stat -c %a ~/.settings; ls -A";
    person.write("files.dstack.yml", &newer(files, setup));
    let run = ["run", "-y", "-d", "-f", "files.dstack.yml", "-n"];
    let plan = person.said(&[&run[..], &["fox"]].concat());
    assert!(plan.contains("; files to ~/.settings, inputs/data"), "{plan}");
    server.wait_for("fox", RunStatus::Running);
    let log = person.said(&["logs", "fox"]);
    assert_eq!(log, "mine\ngiven\ncode\n600\ncode\nfiles.dstack.yml\ninputs\n");

    fs::remove_file(&settings).expect("removed");
    let refused = person.berth(&[&run[..], &["hen"]].concat());
    let err = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(err.contains("`~/.settings` of `files` cannot be brought: No such file"), "{err}");
    assert!(server.run("hen").is_none());
}

#[test]
fn a_folder_that_a_configuration_names_as_its_repository_is_brought_to_its_place() {
    let server = Server::start_with(&["--engine", "none"]);
    let person = Person::of(&server);
    person.write("lib/here", "brought\n");
    person.write("not/here", "");
    let text = newer("repos: ['./lib:src']", "cat src/here; ls -A");
    person.write(".dstack.yml", &text);
    person.said(&["run", "-y", "-d", "-n", "fox"]);
    server.wait_for("fox", RunStatus::Running);
    assert_eq!(person.said(&["logs", "fox"]), "brought\nsrc\n");
}
