//! Runs that are stopped when nobody has worked in them for long, with a real server and real environments.

use std::{net::TcpStream, thread::sleep, time::Duration};

use berth_shared::api::{JobReason, Run, RunReason, RunStatus};
use berth_tests::server::{Server, until};
use serde_json::json;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client::IntoClientRequest};
use uuid::Uuid;

/// A file of dstack 0.22: 0.18 has no such key.
const TEXT: &str = "type: dev-environment\nide: vscode\ninactivity_duration: 6s\n";

/// Opens a terminal as a page does; `None` while there is none to be had.
fn terminal(server: &Server, run: &str) -> Option<WebSocket<TcpStream>> {
    let host = server.address().trim_start_matches("http://");
    let at = format!("/terminals/{run}/{}?cols=80&rows=24", Uuid::from_u128(rand::random()));
    let mut request = format!("ws://{host}/api/v1{at}").into_client_request().expect("an address");
    request.headers_mut().insert("cookie", server.session().parse().expect("a cookie"));
    request.headers_mut().insert("origin", server.address().parse().expect("an origin"));
    let stream = TcpStream::connect(host).expect("the server is there");
    let mut socket = tokio_tungstenite::tungstenite::client(request, stream).expect("the server takes it").0;
    loop {
        match socket.read().expect("the server says something") {
            Message::Text(text) => return text.contains("attached").then_some(socket),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

fn run(server: &Server, name: &str) -> Run {
    server.run(name).expect("it is there").run
}

#[test]
fn a_terminal_that_is_attached_keeps_a_run_which_stops_when_it_is_left() {
    let server = Server::start_with(&["--engine", "none"]);
    let _ = server.submit("fox", TEXT);
    let mut socket = until("a terminal is there", || terminal(&server, "fox")).expect("it comes up");
    // Nothing is typed: being there is enough.
    socket.get_mut().set_read_timeout(Some(Duration::from_millis(10))).expect("set");
    for _ in 0..70 {
        let _ = socket.read();
        sleep(Duration::from_millis(200));
    }
    let kept = run(&server, "fox");
    assert_eq!((kept.status, kept.inactive_at), (RunStatus::Running, None));
    assert_eq!(kept.inactivity_seconds, Some(6));
    drop(socket);
    let over = server.wait_for("fox", RunStatus::Terminated).run;
    assert_eq!(
        (over.reason, over.job_reason),
        (Some(RunReason::InactivityDurationExceeded), Some(JobReason::InactivityDurationExceeded))
    );
    let message = over.message.unwrap_or_default();
    assert!(message.contains("nobody has worked in it for 6 s"), "{message}");
}

#[test]
fn a_run_without_anybody_is_stopped_unless_somebody_keeps_it() {
    let server = Server::start_with(&["--engine", "none"]);
    for name in ["fox", "hen"] {
        let _ = server.submit(name, TEXT);
    }
    let kept = until("it is kept", || {
        let (status, told) = server.send("/runs/hen/keep", &json!({ "seconds": 600 }));
        assert!(status == 200 || told.contains("run-not-running"), "{told}");
        (status == 200).then(|| serde_json::from_str::<Run>(&told).expect("a run"))
    });
    let at = kept.expect("it comes up").inactive_at.expect("a clock");
    let over = server.wait_for("fox", RunStatus::Terminated).run;
    assert_eq!(over.reason, Some(RunReason::InactivityDurationExceeded));
    sleep(Duration::from_secs(4));
    let hen = run(&server, "hen");
    assert_eq!((hen.status, hen.inactive_at), (RunStatus::Running, Some(at)));
    let (status, told) = server.send("/runs/fox/keep", &json!({ "seconds": 600 }));
    assert_eq!(status, 409, "{told}");
    server.stop("hen", true);
}
