//! A tab of a browser that shows a preview, and keeps the cookies of what is shown.

use std::{collections::BTreeMap, time::Duration};

use berth_shared::api::RunStatus;
use berth_tests::ports::Reserved;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::WebSocketStream;

use super::Python;
use crate::bench::{Bench, PATIENCE, Page, RUN, header};

/// How long a program of this size may take until it answers, or to do what it is asked.
const LONG: Duration = PATIENCE.saturating_mul(3);

pub(super) struct Tab {
    pub(super) bench: Bench,
    /// Where the program listens.
    pub(super) port: Reserved,
    page: Page,
    kept: BTreeMap<String, String>,
    /// Goes after the server and what runs.
    _python: Python,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `application/json`
    pub(super) kind: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("JSON, not: {self:?}"))
    }
}

impl Tab {
    /// A run in which shell commands, made for a Python and a port, start a program in the background that listens there; and the tab
    /// that the dashboard's link opens, once something listens.
    pub(super) async fn of(python: Python, commands: impl FnOnce(&str, u16) -> String) -> Self {
        let (bench, port) = (Bench::empty(), Reserved::any());
        let commands = commands(&python.command(), port.port()).replace('\n', "\n  ");
        let text = format!(
            "type: dev-environment\nide: vscode\nports:\n- \"*:{}\"\ninit:\n- |\n  {commands}\n",
            port.port()
        );
        let _ = bench.server.submit(RUN, &text);
        let _ = bench.server.wait_for(RUN, RunStatus::Running);
        let page = bench.open(RUN, port.port()).await;
        let mut tab = Self { bench, port, page, kept: BTreeMap::new(), _python: python };
        // As the page does that says so.
        tab.until("/", |answer| answer.status != StatusCode::BAD_GATEWAY).await;
        tab
    }

    /// What it is asked until that is as wanted.
    pub(super) async fn until(&mut self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let mut last = None;
        let asked = timeout(LONG, async {
            loop {
                let answer = self.get(path).await;
                if wanted(&answer) {
                    return answer;
                }
                last = Some(answer);
                sleep(Duration::from_millis(100)).await;
            }
        });
        match asked.await {
            Ok(answer) => answer,
            Err(_) => panic!("{path} is not as wanted: {last:?}; the log: {}", self.bench.server.log(RUN)),
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    /// A request of a script of the page.
    pub(super) async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.bench.request(method.clone(), &self.page.host, path);
        request = request.header("cookie", self.cookies()).header("sec-fetch-site", "same-origin");
        if method != Method::GET {
            request = request.header("origin", self.page.origin());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (name, value) =
                cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.kept.insert(name.to_owned(), value.to_owned());
        }
        let (status, kind) = (answer.status(), header(&answer, "content-type"));
        Answer { status, kind, body: answer.text().await.expect("a body") }
    }

    /// A WebSocket that a script at this origin opens; the page's own without one.
    pub(super) async fn socket(
        &self,
        path: &str,
        origin: Option<&str>,
        protocol: Option<&'static str>,
    ) -> Result<WebSocketStream<TcpStream>, u16> {
        let page = Page { host: self.page.host.clone(), cookie: self.cookies() };
        let own = page.origin();
        self.bench.socket_of(&page, path, origin.unwrap_or(&own), protocol).await
    }

    /// A cookie of the program's.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        self.kept.get(name).map(String::as_str)
    }

    fn cookies(&self) -> String {
        let own = self.kept.iter().map(|(name, value)| format!("; {name}={value}"));
        self.page.cookie.clone() + &own.collect::<String>()
    }

    /// Stops the run; what listened is gone with it.
    pub(super) async fn end(self) {
        self.bench.server.stop(RUN, false);
        let _ = self.bench.server.wait_for(RUN, RunStatus::Terminated);
        let left = TcpStream::connect(("127.0.0.1", self.port.port())).await;
        assert!(left.is_err(), "what listened is gone");
    }
}
