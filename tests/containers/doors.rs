//! A server of the machine's, as environments on it see it: `berth serve` itself, at every address that the machine has.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use berth_shared::api::{LogChunk, RunStatus};
use berth_tests::{
    engines::Engine,
    server::{self, Server, binary},
};

use crate::bench::{Bench, job, says, until};

/// A server in an engine's network, until this is dropped.
struct Beside<'a> {
    engine: &'a Engine,
    child: Child,
    http: u16,
    ssh: u16,
    _dir: tempfile::TempDir,
}

impl<'a> Beside<'a> {
    fn start(engine: &'a Engine, options: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let log = dir.path().join("log");
        let mut command = engine.beside(&binary().display().to_string());
        command
            .args(["serve", "--listen", "[::]:0", "--ssh-listen", "[::]:0", "--engine", "none", "--data-dir"])
            .arg(dir.path().join("data"))
            .args(options)
            .env("BERTH_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).expect("a log"));
        let mut child = command.spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let said = std::fs::read_to_string(&log).expect("its log");
        let number = |text: &str, after: &str| -> u16 {
            let rest = text.split(after).nth(1).unwrap_or_else(|| panic!("no {after} in {text}\n{said}"));
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or_else(|_| panic!("no number after {after} in {text}"))
        };
        let http = number(&line, "127.0.0.1:");
        let told = said.lines().find(|line| line.contains("SSH connections are taken"));
        let ssh = number(told.unwrap_or_else(|| panic!("no gateway: {said}")), "port=");
        Self { engine, child, http, ssh, _dir: dir }
    }

    /// What a person on that machine is answered.
    fn on_loopback(&self) -> String {
        let address = format!("http://127.0.0.1:{}/healthz", self.http);
        let answer = self.engine.beside("busybox").args(["wget", "-q", "-O", "-", &address]).output();
        String::from_utf8_lossy(&answer.expect("busybox").stdout).into_owned()
    }
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Addresses of the machine that the engine is on, as its environments write them.
fn addresses(engine: &Engine) -> Vec<String> {
    let told = engine.beside("ip").args(["-o", "addr", "show"]).output().expect("ip");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let words = told.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| !word.starts_with("inet"));
        let (_, address) = (words.next()?, words.next()?);
        Some(address.split('/').next()?.to_owned())
    });
    let scoped = words
        .filter(|address| address != "127.0.0.1" && address != "::1")
        .map(|address| if address.starts_with("fe80") { format!("{address}%eth0") } else { address });
    scoped.collect()
}

pub(crate) async fn a_server_beside_it_is_not_reached_unless_that_is_wanted(bench: &Bench) {
    let (id, environment) = bench.running(&job(&[], &[])).await;
    let engine = bench.engine();
    let bridge = format!("bt{}", id.0.simple()).chars().take(15).collect::<String>();
    let there = addresses(engine);
    let gateway =
        engine.beside("ip").args(["-o", "-4", "addr", "show", "dev", &bridge]).output().expect("ip");
    let gateway = String::from_utf8_lossy(&gateway.stdout).into_owned();
    let gateway = gateway.split_whitespace().nth(3).and_then(|address| address.split('/').next());
    let gateway =
        gateway.unwrap_or_else(|| panic!("its network has a bridge {bridge} here: {there:?}")).to_owned();
    // Its input stays open for a while: who may speak first has time for it.
    let ask = |address: &str, port: u16| {
        format!(
            "(printf 'GET /healthz HTTP/1.0\\r\\nHost: 127.0.0.1\\r\\n\\r\\n'; sleep 1) | nc -w 5 {address} {port}; true"
        )
    };

    let server = Beside::start(engine, &[]);
    let places = there.iter().flat_map(|address| [(address, server.http), (address, server.ssh)]);
    let tries: String = places.map(|(address, port)| format!("({}) & ", ask(address, port))).collect();
    assert_eq!(says(&*environment, &format!("{tries} wait")).await, "", "of {there:?} one answers");
    assert!(there.contains(&gateway), "{gateway} was among them: {there:?}");
    assert_eq!(server.on_loopback().trim(), "ok", "a person on that machine is answered");
    drop(server);

    let server = Beside::start(engine, &["--allow-environments"]);
    for (port, begins) in [(server.http, "HTTP/1."), (server.ssh, "SSH-2.0-Berth")] {
        until("an answer", async || {
            says(&*environment, &ask(&gateway, port)).await.starts_with(begins).then_some(())
        })
        .await;
    }
    bench.remove(id).await;
}

/// 32 bytes in Base64.
const SEALING_KEY: &str = "cGxhbnRlZC1rZXktdGhhdC1ub2JvZHktbWF5LXNlZSE=";

#[test]
fn a_sandbox_shows_nothing_that_opens_the_server() {
    let server = Server::start_knowing(
        &[("BERTH_SEALING_KEY", SEALING_KEY), ("SSH_AUTH_SOCK", "/planted/agent")],
        &["--ssh-listen", "0"],
    );
    let data = server.data_dir().display().to_string();
    let (begins, ends) = SEALING_KEY.split_at(20);
    // What is looked for is put together there, lest the text of the script be what is found.
    let script = format!(
        "for file in {data}/* {data}/local/*/*; do cat \"$file\" > /dev/null 2>&1 && echo \"sees $file\"; done; \
         planted={begins}; planted=${{planted}}{ends}; \
         env | grep -e \"$planted\" -e SSH_AUTH_SOCK && echo told; \
         for process in /proc/[0-9]*; do tr '\\0' '\\n' < $process/environ 2> /dev/null | grep -q -e \"$planted\" -e ^SSH_AUTH_SOCK && echo \"sees $process\"; done; \
         ls -A /proc/{pid}/root{data} 2> /dev/null && echo \"sees through {pid}\"; \
         echo looked $(id -u)",
        pid = server.pid(),
    );
    let text = serde_json::json!({
        "type": "dev-environment", "ide": "vscode", "backends": ["local"], "init": [script],
        "resources": { "cpu": 1, "memory": "300MB", "disk": null },
    });
    let _ = server.submit("shy-fox-1", &text.to_string());
    server.wait_for("shy-fox-1", RunStatus::Running);
    let (_, isolation) = server.get("/instances");
    // It runs before its commands have ended.
    let log = server::until("the script to end", || {
        Some(server.log("shy-fox-1")).filter(|log| log.contains("\"init 1 of 1: done\""))
    });
    let log = log.unwrap_or_else(|| panic!("it does not end: {}", server.log("shy-fox-1")));
    server.stop("shy-fox-1", true);
    server.wait_until("shy-fox-1", |run| run.finished_at.is_some());
    if !isolation.contains(r#""namespaces":["#) || isolation.contains(r#""namespaces":[]"#) {
        // Where the kernel gives no namespaces it is said; nothing else can be done.
        assert!(isolation.contains("may read what the server may"), "{isolation}");
        return;
    }
    let chunk: LogChunk = serde_json::from_str(&log).expect("a log");
    let lines: Vec<&str> = chunk.lines.iter().map(|line| line.text.as_str()).collect();
    assert!(lines.iter().any(|line| line.starts_with("looked ")), "{log}");
    let found: Vec<_> = lines.iter().filter(|line| line.starts_with("sees ") || **line == "told").collect();
    assert_eq!(found, Vec::<&&str>::new());
    assert!(!log.contains(SEALING_KEY), "{log}");
}
