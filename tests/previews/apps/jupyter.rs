//! Jupyter's server.

use berth_tests::server::until;
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::{
    Python,
    kernel::{Kernel, PROTOCOL, printed},
    tab::Tab,
    version,
};
use crate::bench::{PATIENCE, RUN};

/// Jupyter as it is started by hand, and a tab that shows it. It draws its own token, and asks for it.
async fn started() -> Option<Tab> {
    let python = Python::with_both()?;
    // It is served under other names than its machine's.
    let options = "--no-browser --allow-root --ServerApp.allow_remote_access=True --ServerApp.port_retries=0";
    let serve = |python: &str, port| {
        format!("{python} -m jupyter_server {options} --ServerApp.ip=127.0.0.1 --ServerApp.port={port} &")
    };
    Some(Tab::of(python, serve).await)
}

/// Logs in with the token that the run's log tells.
async fn log_in(tab: &mut Tab) {
    assert_eq!(tab.get("/api/status").await.status, 403);
    let token = until("the token is told", || {
        let log = tab.bench.server.log(RUN);
        let (_, rest) = log.split_once("/?token=")?;
        Some(rest.chars().take_while(char::is_ascii_hexdigit).collect::<String>())
    });
    let page = tab.get(&format!("/?token={}", token.expect("the log has a link"))).await;
    assert_eq!((page.status.as_u16(), page.kind.as_str()), (200, "text/html; charset=UTF-8"));
    let status = tab.get("/api/status").await;
    assert_eq!(status.status, 200, "its cookie is kept: {status:?}");
    assert_eq!(status.json()["kernels"], 0);
    assert_eq!(tab.get("/api").await.json()["version"], version("jupyter_server"));
}

/// A `POST` of a script in Jupyter's own page; its answer.
async fn post(tab: &mut Tab, path: &str, status: u16) -> Value {
    let token = tab.cookie("_xsrf").expect("Jupyter sets it").to_owned();
    let answer = tab.send(Method::POST, path, &[("x-xsrftoken", &token)]).await;
    assert_eq!(answer.status, status, "{answer:?}");
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notebook_runs_code_in_its_kernel() {
    let Some(mut tab) = started().await else { return };
    log_in(&mut tab).await;
    // Jupyter's own guard against other pages is in force.
    let unproved = tab.send(Method::POST, "/api/kernels", &[]).await;
    assert_eq!(unproved.status, 403, "{unproved:?}");
    let kernel = post(&mut tab, "/api/kernels", 201).await;
    let id = kernel["id"].as_str().expect("an id").to_owned();
    let channels = format!("/api/kernels/{id}/channels?session_id=tab");
    let elsewhere = tab.socket(&channels, Some("http://evil.example"), Some(PROTOCOL)).await;
    assert_eq!(elsewhere.err(), Some(403));
    let mut kernel = Kernel::over(tab.socket(&channels, None, Some(PROTOCOL)).await.expect("a socket"));
    let all = kernel.run("print(6*7)", "").await;
    assert_eq!(printed(&all), "42\n", "{all:?}");
    // What a cell asks for goes the other way while it runs.
    let all = kernel.run("print(6 * int(input('times? ')))", "9").await;
    assert_eq!(printed(&all), "54\n", "{all:?}");
    let large = kernel.run("print('x' * (1 << 20))", "").await;
    assert_eq!(printed(&large).len(), (1 << 20) + 1);
    let token = tab.cookie("_xsrf").expect("Jupyter sets it").to_owned();
    let gone = tab.send(Method::DELETE, &format!("/api/kernels/{id}"), &[("x-xsrftoken", &token)]).await;
    assert_eq!(gone.status, 204, "{gone:?}");
    tab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_of_jupyter_answers() {
    let Some(mut tab) = started().await else { return };
    log_in(&mut tab).await;
    let terminal = post(&mut tab, "/api/terminals", 200).await;
    let name = terminal["name"].as_str().expect("a name");
    let mut socket = tab.socket(&format!("/terminals/websocket/{name}"), None, None).await.expect("a socket");
    let typed = json!(["stdin", "echo $((6 * 7))\r"]);
    socket.send(Message::text(typed.to_string())).await.expect("taken");
    let mut shown = String::new();
    while !shown.contains("42") {
        let message = timeout(PATIENCE, socket.next()).await.expect("it says something");
        let Message::Text(text) = message.expect("more").expect("a frame") else { continue };
        let told: Value = serde_json::from_str(&text).expect("JSON");
        if told[0] == "stdout" {
            shown.push_str(told[1].as_str().expect("text"));
        }
    }
    tab.end().await;
}
