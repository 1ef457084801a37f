//! A client that sends exactly what it is told to.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use rustls::{ClientConfig, pki_types::ServerName};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use crate::certificate::Certificate;

/// After this long something is stuck.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A request, by default as the dashboard sends it.
#[derive(Clone)]
pub(crate) struct Request {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// A connection, private or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(address: SocketAddr, method: &str, path: &str) -> Self {
        let headers = [
            ("host", address.to_string()),
            ("origin", format!("http://{address}")),
            ("connection", "close".into()),
        ];
        Self {
            address,
            tls: None,
            method: method.into(),
            path: path.into(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Over TLS, to whoever has this certificate.
    pub(crate) fn over(mut self, certificate: &Certificate) -> Self {
        self.tls = Some(certificate.trusted());
        let origin = format!("https://{}", self.address);
        self.header("origin", &origin)
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn session(self, cookie: &str) -> Self {
        let name = if self.tls.is_some() { berth::http::SECURE_COOKIE } else { berth::http::COOKIE };
        self.header("cookie", &format!("{name}={cookie}"))
    }

    pub(crate) fn json(self, body: &str) -> Self {
        self.body("application/json", body.as_bytes())
    }

    pub(crate) fn body(mut self, kind: &str, body: &[u8]) -> Self {
        self.body = body.into();
        let length = body.len().to_string();
        self.header("content-type", kind).header("content-length", &length)
    }

    pub(crate) async fn send(self) -> Answer {
        timeout(DEADLINE, self.exchange()).await.expect("an answer in time")
    }

    /// Connects, and no more.
    pub(crate) async fn stream(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(self.address).await.expect("the server listens");
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let connector = TlsConnector::from(tls.clone());
        Ok(Box::new(connector.connect(ServerName::from(self.address.ip()), stream).await?))
    }

    /// What is sent before the body.
    pub(crate) fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head
    }

    async fn exchange(self) -> Answer {
        let mut stream = self.stream().await.expect("a connection");
        stream.write_all(self.head().as_bytes()).await.expect("the head is taken");
        stream.write_all(&self.body).await.expect("the body is taken");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.expect("an answer");
        parse(&bytes)
    }

    /// Opens a WebSocket; `Err` is the status of a refusal.
    pub(crate) async fn connect(self) -> Result<Socket, u16> {
        let url = format!("ws://{}{}", self.address, self.path);
        let mut request = url.into_client_request().expect("an address");
        for (name, value) in &self.headers {
            if name != "connection" {
                let name: tokio_tungstenite::tungstenite::http::HeaderName = name.parse().unwrap();
                request.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        if !self.headers.contains_key("origin") {
            request.headers_mut().remove("origin");
        }
        let stream = self.stream().await.expect("a connection");
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&bytes[..end]).expect("a readable head");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer { status: status.parse().unwrap(), headers, body: bytes[end + 4..].into() }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The session that it begins.
    pub(crate) fn session(&self) -> String {
        let (_, rest) = self.header("set-cookie").split_once('=').expect("a cookie");
        rest.split(';').next().unwrap_or_default().to_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The code of a problem, which must be a whole one.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        problem["code"].as_str().expect("a code").to_owned()
    }

    /// Status, code and words of a problem.
    pub(crate) fn told(&self) -> String {
        let code = self.code();
        format!("{} {code}: {}", self.status, self.json()["detail"].as_str().expect("words"))
    }
}

/// A WebSocket.
pub(crate) struct Socket(WebSocketStream<Box<dyn Stream>>);

impl Socket {
    pub(crate) async fn text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("the frame is taken");
    }

    pub(crate) async fn binary(&mut self, bytes: &[u8]) {
        self.0.send(Message::binary(bytes.to_vec())).await.expect("the frame is taken");
    }

    /// The next frame that is not a ping.
    pub(crate) async fn frame(&mut self) -> Message {
        loop {
            match timeout(DEADLINE, self.0.next()).await.expect("a frame in time") {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return message,
                Some(Err(error)) => panic!("{error}"),
                None => return Message::Close(None),
            }
        }
    }

    /// The next frame, which must be JSON.
    pub(crate) async fn message(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("{other:?} is not text"),
        }
    }

    /// The next message of a type; others are passed over.
    pub(crate) async fn next(&mut self, kind: &str) -> Value {
        loop {
            let message = self.message().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Waits for the goodbye: its code and reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.frame().await {
                let frame = frame.expect("a reason");
                return (frame.code.into(), frame.reason.to_string());
            }
        }
    }
}
