//! `berth attach`, in a terminal of its own and without any server.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::OwnedFd,
    process::{Command, Stdio},
    sync::mpsc,
};

use nix::pty::openpty;

use crate::bench::{Bench, PATIENCE, job};

/// What a program writes to its terminal, read by a thread.
struct Screen {
    seen: String,
    next: mpsc::Receiver<Vec<u8>>,
    keys: File,
}

impl Screen {
    fn new(master: OwnedFd) -> Self {
        let keys = File::from(master);
        let mut reader = keys.try_clone().expect("a copy");
        let (to, next) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                let _ = to.send(buffer[..n].to_vec());
            }
        });
        Self { seen: String::new(), next, keys }
    }

    fn until(&mut self, marker: &str) {
        while !self.seen.contains(marker) {
            let more = self.next.recv_timeout(PATIENCE);
            let more = more.unwrap_or_else(|_| panic!("waited in vain for {marker:?} after {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("typed");
    }
}

fn attach(bench: &Bench, arguments: &[&str]) -> (std::process::Child, Screen) {
    let pty = openpty(None, None).expect("a terminal");
    let end = || Stdio::from(pty.slave.try_clone().expect("a copy"));
    let child = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(["attach", "--local"])
        .env("BERTH_ENGINE", "none")
        .args(arguments)
        .arg("--data-dir")
        .arg(&bench.data_dir)
        .stdin(end())
        .stdout(end())
        .stderr(end())
        .spawn()
        .expect("started");
    (child, Screen::new(pty.master))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_can_attach_detach_and_join_again_without_a_server() {
    let bench = Bench::new();
    let (id, environment) = bench.running(&job(&[], &[])).await;

    let (mut child, mut screen) = attach(&bench, &["sly-fox-1"]);
    screen.until("Attached to `sly-fox-1`");
    screen.press("X=kept; echo ty''ped\r");
    screen.until("typed");
    screen.press("\r~.");
    screen.until("Detached.");
    assert!(child.wait().expect("its end").success());

    let terminal = environment.terminals().await.expect("a list")[0].id.to_string();
    let (mut child, mut screen) = attach(&bench, &[&id.to_string(), "--terminal", &terminal]);
    screen.until("typed");
    screen.press("echo again-$X; exit 3\r");
    screen.until("again-kept");
    assert_eq!(child.wait().expect("its end").code(), Some(3));
    bench.remove(id).await;
}

#[test]
fn who_is_not_there_and_what_is_no_terminal_is_told() {
    let bench = tokio::runtime::Runtime::new().expect("a runtime").block_on(async { Bench::new() });
    let (mut child, mut screen) = attach(&bench, &["nobody"]);
    screen.until("no run `nobody` has an environment on this machine");
    assert_eq!(child.wait().expect("its end").code(), Some(1));
    let piped = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(["attach", "--local", "nobody"])
        .stdin(Stdio::null())
        .output();
    let piped = piped.expect("run");
    assert_eq!(piped.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&piped.stderr).contains("needs a terminal"));
}
