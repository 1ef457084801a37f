//! What is asked at a terminal.

use std::{
    fs::File,
    io::{Read, Write},
    process::Stdio,
    sync::mpsc,
};

use nix::{
    pty::openpty,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::process::Child;

use super::Home;
use crate::{client::DEADLINE, server::Server};

/// What a command writes to its terminal, read by a thread.
struct Screen {
    /// All of it.
    all: String,
    /// What nobody waited for yet.
    seen: String,
    next: mpsc::Receiver<Vec<u8>>,
    keys: File,
}

impl Screen {
    fn of(home: &Home, arguments: &[&str]) -> (Child, Self) {
        let pty = openpty(None, None).expect("a terminal");
        let end = || Stdio::from(pty.slave.try_clone().expect("a copy"));
        let mut command = home.command(arguments);
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("berth starts");
        let keys = File::from(pty.master);
        let mut reader = keys.try_clone().expect("a copy");
        let (to, next) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                let _ = to.send(buffer[..n].to_vec());
            }
        });
        (child, Self { all: String::new(), seen: String::new(), next, keys })
    }

    /// Waits for something to be written, and forgets what was before.
    fn until(&mut self, marker: &str) {
        while !self.seen.contains(marker) {
            let more = tokio::task::block_in_place(|| self.next.recv_timeout(DEADLINE));
            let more = more.unwrap_or_else(|_| panic!("waited in vain for {marker:?} after {:?}", self.seen));
            let more = String::from_utf8_lossy(&more);
            self.all.push_str(&more);
            self.seen.push_str(&more);
        }
        let end = self.seen.find(marker).map_or(0, |at| at + marker.len());
        self.seen.drain(..end);
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("typed");
    }
}

fn interrupt(child: &Child) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).expect("it lives");
    kill(Pid::from_raw(pid), Signal::SIGINT).expect("interrupted");
}

async fn launcher(price: f64) -> (Server, Home) {
    let server = Server::start().await;
    *server.fake.offers.lock().unwrap() = vec![price];
    server.fake.happen(1);
    server.fake.log("hello");
    let home = Home::of(&server).await;
    home.write(".dstack.yml", "type: dev-environment\nide: vscode\n");
    (server, home)
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_asks_whether_to_stop_the_run_and_no_leaves_it() {
    let (server, home) = launcher(1.0).await;
    let (mut child, mut screen) = Screen::of(&home, &["run"]);
    screen.until("$1 an hour until it is stopped");
    screen.until("Continue? [y/n]: ");
    screen.press("perhaps\n");
    screen.until("Continue? [y/n]: ");
    screen.press("y\n");
    screen.until("hello");
    interrupt(&child);
    screen.until("Stop the run before detaching? [y/n]: ");
    screen.press("n\n");
    screen.until("Detached: calm-otter-1 goes on");
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
    assert!(server.fake.stopped.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_and_yes_stop_the_run_and_wait_for_its_end() {
    let (server, home) = launcher(1.0).await;
    let (mut child, mut screen) = Screen::of(&home, &["run"]);
    screen.until("Continue? [y/n]: ");
    screen.press("y\n");
    screen.until("hello");
    interrupt(&child);
    screen.until("Stop the run before detaching? [y/n]: ");
    screen.press("y\n");
    while server.fake.stopped.lock().unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    *server.fake.ended.lock().unwrap() = Some(berth_shared::api::RunStatus::Terminated);
    server.fake.happen(1);
    screen.until("calm-otter-1 is terminated");
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_launches_nothing_and_a_risen_price_is_asked_about_again() {
    let (server, home) = launcher(0.75).await;
    let (mut child, mut screen) = Screen::of(&home, &["run"]);
    screen.until("Continue? [y/n]: ");
    screen.press("n\n");
    screen.until("Nothing was launched");
    assert_eq!(child.wait().await.unwrap().code(), Some(1));
    let (mut child, mut screen) = Screen::of(&home, &["run", "-d"]);
    screen.until("Continue? [y/n]: ");
    screen.press("y\n");
    screen.until("p3.2xlarge in eu-west-1 on aws now costs $1 an hour instead of $0.75. Continue? [y/n]: ");
    assert!(server.fake.submitted.lock().unwrap().is_empty());
    screen.press("y\n");
    screen.until("submitted, detaching...");
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
    assert_eq!(server.fake.submitted.lock().unwrap()[0].agreed_price, Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_typed_is_not_shown() {
    let server = Server::start().await;
    let token = server.api_token("mine").await;
    let home = Home::new();
    let (mut child, mut screen) = Screen::of(&home, &["login", &format!("http://{}", server.address)]);
    screen.until("API token of");
    screen.until(": ");
    // The terminal is told to be silent right after.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    screen.press(&format!("{}\n", token.reveal()));
    screen.until("Logged in to");
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
    assert!(!screen.all.contains(token.reveal()), "{}", screen.all);
}
