//! `berth attach` and `berth key`, in a home of their own.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use berth_tests::server::{binary, until};
use serde_json::{Value, json};

use crate::{
    bench::{Bench, RUN, done, said},
    ports::{ask, capitals, connect, free_port},
};

/// `berth` as somebody at home in the bench's folder, who is logged in.
fn berth(bench: &Bench, token: &str, arguments: &[&str]) -> Command {
    let mut berth = Command::new(binary());
    berth
        .args(arguments)
        .env("HOME", bench.folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("BERTH_DATA_DIR");
    berth.env("BERTH_SERVER", bench.server.address()).env("BERTH_TOKEN", token);
    berth
}

fn token(bench: &Bench) -> String {
    let (status, told) = bench.server.send("/tokens", &json!({ "label": "a test" }));
    assert_eq!(status, 201, "{told}");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    told["token"].as_str().expect("a token").to_owned()
}

/// A program and the lines that it says to people, as they come.
struct Attached {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Attached {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let stderr = BufReader::new(child.stderr.take().expect("what it says"));
        let (to, lines) = mpsc::channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
        Self { child, lines }
    }

    fn line(&self, part: &str) -> String {
        let mut seen = Vec::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|_| panic!("waited in vain for {part:?} after {seen:#?}"));
            if line.contains(part) {
                return line;
            }
            seen.push(line);
        }
    }

    fn interrupt(&mut self) {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        assert_eq!(self.child.wait().expect("its end").code(), Some(0));
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_run_is_a_host_with_its_ports_until_one_detaches_also_over_a_restart_of_the_server() {
    let mut bench = Bench::at_port(free_port());
    bench.add_key();
    let there = capitals();
    bench.begin_with(RUN, &format!("ports:\n  - '*:{there}'\n"));
    fs::create_dir(bench.path(".ssh")).expect("made");
    let before = "Host *\n    IdentityAgent none\n";
    fs::write(bench.path(".ssh/config"), before).expect("written");

    let key = bench.path("key");
    let identity = key.to_str().expect("text");
    let token = token(&bench);
    let mut attached = Attached::start(berth(&bench, &token, &["attach", RUN, "-i", identity]));
    let link = attached.line("vscode://");
    assert!(link.ends_with(&format!("vscode://vscode-remote/ssh-remote+{RUN}/workflow")), "{link}");
    let port: u16 =
        attached.line("Port").rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    assert_eq!(ask(connect(port), b"hello"), b"HELLO");

    let config = bench.path(".ssh/config");
    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(&config).args(["-o", "BatchMode=yes", RUN, "echo as a host"]);
    assert_eq!(done(&mut ssh, b""), "as a host\n");
    let text = fs::read_to_string(&config).expect("read");
    assert!(text.ends_with(before) && text.matches("Include").count() == 1, "{text}");

    bench.server.kill();
    bench.server.restart();
    let again = until("the port is reached again", || {
        let stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
        (ask(stream, b"again") == b"AGAIN").then_some(())
    });
    assert!(again.is_some());

    attached.interrupt();
    let left = fs::read_dir(bench.path(".config/berth/ssh")).expect("a folder").count();
    assert_eq!(left, 0, "nothing of it is left");
    assert!(
        until("the port is closed", || std::net::TcpStream::connect(("127.0.0.1", port))
            .is_err()
            .then_some(()))
        .is_some()
    );
    assert_eq!(fs::read_to_string(bench.path(".ssh/config.before-berth")).expect("read"), before);
}

#[test]
fn attaching_says_what_is_in_the_way() {
    let bench = Bench::empty();
    bench.begin(RUN);
    let token = token(&bench);
    let refused = said(&mut berth(&bench, &token, &["attach", "sly-fox-2"]), b"");
    assert_eq!(
        (refused.status, refused.err.contains("did you mean `sly-fox-1`")),
        (Some(1), true),
        "{}",
        refused.err
    );
    let refused = said(&mut berth(&bench, &token, &["attach", RUN]), b"");
    assert_eq!(
        (refused.status, refused.err.contains("`berth key add` adds yours")),
        (Some(1), true),
        "{}",
        refused.err
    );
    assert!(!bench.path(".ssh/config").exists());
}

#[test]
fn keys_are_added_listed_and_removed() {
    let bench = Bench::empty();
    let token = token(&bench);
    let berth = |arguments: &[&str]| said(&mut berth(&bench, &token, arguments), b"");
    let none = berth(&["key", "add"]);
    assert_eq!((none.status, none.err.contains("ssh-keygen -t ed25519")), (Some(2), true), "{}", none.err);
    let private = bench.path("key");
    let refused = berth(&["key", "add", private.to_str().expect("text")]);
    assert_eq!(
        (refused.status, refused.err.contains("nothing was sent; give `")),
        (Some(2), true),
        "{}",
        refused.err
    );

    fs::create_dir(bench.path(".ssh")).expect("made");
    fs::copy(bench.path("key.pub"), bench.path(".ssh/id_ed25519.pub")).expect("copied");
    let added = berth(&["key", "add"]);
    assert!(added.out.starts_with("Added me@laptop (SHA256:"), "{}{}", added.out, added.err);
    let listed = berth(&["key", "list"]);
    assert!(listed.out.contains("me@laptop") && listed.out.contains("ssh-ed25519"), "{}", listed.out);
    let again = berth(&["key", "add"]);
    assert_eq!((again.status, again.err.contains("is yours already")), (Some(1), true), "{}", again.err);
    assert_eq!(berth(&["key", "rm", "me@laptop"]).status, Some(0));
    assert_eq!(berth(&["key", "rm", "me@laptop"]).status, Some(1));
    assert_eq!(berth(&["key", "list"]).out, "No SSH keys; `berth key add` adds yours\n");
}
