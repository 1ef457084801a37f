//! A server with a run, and somebody's browser.

use std::time::Duration;

use berth_shared::api::RunStatus;
use berth_tests::server::Server;
use reqwest::{Client, Method, RequestBuilder, Response, redirect::Policy};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::app;

/// The run that most tests are about.
pub(crate) const RUN: &str = "sly-fox-1";

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Bench {
    pub(crate) server: Server,
    /// Where the application listens.
    pub(crate) app: u16,
    client: Client,
}

/// What a page of a browser has of a preview.
pub(crate) struct Page {
    /// `8888--sly-fox-1.localhost:8080`
    pub(crate) host: String,
    /// `name=value`
    pub(crate) cookie: String,
}

impl Bench {
    /// A run that runs, and an application on the first of its ports.
    pub(crate) async fn running() -> Self {
        let app = app::serve().await;
        let bench = Self { app, ..Self::empty() };
        bench.begin(RUN, &[bench.app]);
        bench
    }

    /// A server without runs.
    pub(crate) fn empty() -> Self {
        Self::of(Server::start())
    }

    pub(crate) fn of(server: Server) -> Self {
        // One that is installed already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).build();
        Self { server, app: 0, client: client.expect("a client") }
    }

    pub(crate) fn begin(&self, name: &str, ports: &[u16]) {
        self.submit(name, ports);
        let _ = self.server.wait_for(name, RunStatus::Running);
    }

    pub(crate) fn submit(&self, name: &str, ports: &[u16]) {
        let ports: String = ports.iter().map(|port| format!("  - \"*:{port}\"\n")).collect();
        let _ = self.server.submit(name, &format!("type: dev-environment\nide: vscode\nports:\n{ports}"));
    }

    /// Where a preview is.
    pub(crate) fn host(&self, run: &str, port: u16) -> String {
        let (_, here) = self.server.address().rsplit_once(':').expect("a port");
        format!("{port}--{run}.localhost:{here}")
    }

    /// A request of a browser that follows a link.
    pub(crate) fn request(&self, method: Method, host: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.server.address());
        self.client.request(method, url).header("host", host).header("accept", "text/html,*/*")
    }

    pub(crate) async fn get(&self, host: &str, path: &str, cookie: &str) -> Response {
        self.request(Method::GET, host, path).header("cookie", cookie).send().await.expect("an answer")
    }

    /// What the dashboard answers to whoever follows its link to a preview.
    pub(crate) async fn link(&self, run: &str, port: u16) -> Response {
        let host = self.server.address().trim_start_matches("http://").to_owned();
        self.get(&host, &format!("/api/v1/runs/{run}/ports/{port}/open"), self.server.session()).await
    }

    /// The address with a ticket that it leads to: host, and path with query.
    pub(crate) async fn ticket(&self, run: &str, port: u16) -> (String, String) {
        let answer = self.link(run, port).await;
        let to = header(&answer, "location");
        assert_eq!(answer.status(), 303, "{:?}", answer.text().await);
        let (host, path) = to.trim_start_matches("http://").split_once('/').expect("a path");
        (host.to_owned(), format!("/{path}"))
    }

    /// Opens the preview as a browser does that follows the dashboard's link.
    pub(crate) async fn open(&self, run: &str, port: u16) -> Page {
        let (host, path) = self.ticket(run, port).await;
        assert_eq!(host, self.host(run, port));
        let entered = self.get(&host, &path, "").await;
        let (to, cookie) = (header(&entered, "location"), header(&entered, "set-cookie"));
        assert_eq!((entered.status().as_u16(), to.as_str()), (303, "/"), "{:?}", entered.text().await);
        Page { host, cookie: cookie.split(';').next().unwrap_or_default().to_owned() }
    }

    /// Opens a WebSocket in a page; `Err` is the status of a refusal.
    pub(crate) async fn socket(
        &self,
        page: &Page,
        path: &str,
        origin: &str,
    ) -> Result<WebSocketStream<TcpStream>, u16> {
        self.socket_of(page, path, origin, Some("chat")).await
    }

    /// The same in this subprotocol, which is agreed upon.
    pub(crate) async fn socket_of(
        &self,
        page: &Page,
        path: &str,
        origin: &str,
        protocol: Option<&'static str>,
    ) -> Result<WebSocketStream<TcpStream>, u16> {
        let address = self.server.address().trim_start_matches("http://");
        let stream = TcpStream::connect(address).await.expect("it listens");
        let mut request = format!("ws://{}{path}", page.host).into_client_request().expect("an address");
        let headers = request.headers_mut();
        headers.insert("cookie", page.cookie.parse().expect("a cookie"));
        headers.insert("origin", origin.parse().expect("an origin"));
        if let Some(protocol) = protocol {
            headers.insert("sec-websocket-protocol", protocol.parse().expect("a protocol"));
        }
        match client_async(request, stream).await {
            Ok((socket, answer)) => {
                let agreed = answer.headers().get("sec-websocket-protocol");
                assert_eq!(agreed.map(|agreed| agreed.to_str().expect("text")), protocol);
                Ok(socket)
            }
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

impl Page {
    /// Where its scripts say that they come from.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.host)
    }
}

pub(crate) fn header(answer: &Response, name: &str) -> String {
    let value = answer.headers().get(name).map(|value| value.to_str().expect("text"));
    value.unwrap_or_default().to_owned()
}

/// Status and what a person reads: the title of the page, or all of a text.
pub(crate) async fn read(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    let title = text.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>"));
    (status, title.map_or(text.clone(), |(title, _)| title.to_owned()))
}
