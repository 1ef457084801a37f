//! The server, as the command line sees it: requests of its API, and its stream.

mod access;
mod address;
mod error;
mod live;
mod names;
mod socket;

use std::time::Duration;

use berth_shared::api::{DEFAULT_PROJECT, Page, Problem, endpoint_of, flag_of, page_of};
use reqwest::{
    Method, RequestBuilder, Response, StatusCode, Url,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect,
};
use serde::{Serialize, de::DeserializeOwned};

pub(super) use access::Access;
pub(super) use address::Address;
pub(super) use error::ClientError;
pub(super) use live::{Live, Seen};
pub(super) use names::{complete, complete_runs, meant};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one answer may take; the server gives up after half a minute.
const ANSWER: Duration = Duration::from_secs(40);
/// The largest answer, bytes.
const MAX_ANSWER: usize = 64 << 20;

/// A server and how to get in.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
    /// Whether the token is that of BERTH_TOKEN.
    from_environment: bool,
    /// The project that is asked.
    project: String,
}

impl Client {
    /// Reaches `server`, an address without a path, with an API token.
    pub(super) fn new(server: &str, token: &str, from_environment: bool) -> Result<Self, ClientError> {
        Ok(Self { token: Some(token.to_owned()), from_environment, ..Self::stranger(server)? })
    }

    /// Reaches `server` without saying who asks.
    pub(super) fn stranger(server: &str) -> Result<Self, ClientError> {
        // One that is installed already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("berth/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // A token goes to nobody else.
            .redirect(redirect::Policy::none());
        let here = Url::parse(server).is_ok_and(|url| address::is_loopback(&url));
        let builder = if here { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(ClientError::Prepare)?;
        let (server, project) = (server.to_owned(), DEFAULT_PROJECT.to_owned());
        Ok(Self { http, server, token: None, from_environment: false, project })
    }

    /// The same for another project.
    pub(super) fn of(self, project: &str) -> Self {
        Self { project: project.to_owned(), ..self }
    }

    /// The project that is asked.
    pub(super) fn project(&self) -> &str {
        &self.project
    }

    /// What a command says besides to be about the project.
    pub(super) fn in_project(&self) -> String {
        flag_of(&self.project)
    }

    /// Its address.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// The address of a page of the project.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}{}", self.server, page_of(&self.project, path))
    }

    /// A request of the API; `path` begins with `/`, its parts are escaped.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = endpoint_of(&self.project, &format!("/api/v1{path}"));
        let request = self.http.request(method, format!("{}{path}", self.server));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Reads something.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.answer(self.request(Method::GET, path)).await
    }

    /// Reads a whole list, piece by piece.
    pub(super) async fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, ClientError> {
        let mut items = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut cursor = String::new();
        loop {
            let page: Page<T> = self.get(&format!("{path}{joint}limit=200{cursor}")).await?;
            items.extend(page.items);
            match page.next.map(|next| format!("&cursor={}", part(&next))) {
                // A server that sends the same place again would have this go on for ever.
                Some(next) if next != cursor => cursor = next,
                _ => return Ok(items),
            }
        }
    }

    /// Asks for something to be done.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.answer(json(self.request(Method::POST, path), body)).await
    }

    /// Puts something in its place.
    pub(super) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.answer(json(self.request(Method::PUT, path), body)).await
    }

    /// Changes a part of something.
    pub(super) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.answer(json(self.request(Method::PATCH, path), body)).await
    }

    /// Removes something.
    pub(super) async fn delete(&self, path: &str) -> Result<(), ClientError> {
        self.send(self.request(Method::DELETE, path)).await.map(|_| ())
    }

    /// Sends a request and reads its answer.
    pub(super) async fn answer<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, ClientError> {
        let response = self.send(request).await?;
        let bytes = self.body(response).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let what = format!("its answer cannot be understood: {error}");
            ClientError::Stranger { server: self.server.clone(), what }
        })
    }

    /// Sends a request; an answer that is a refusal is an error.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        self.send_within(request, ANSWER).await
    }

    /// As [`Client::send`], for what may take longer.
    pub(super) async fn send_within(
        &self,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<Response, ClientError> {
        let response = request.timeout(patience).send().await.map_err(|error| self.unreachable(error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(response).await) }
    }

    /// As [`Client::send`], for an answer that comes piece by piece, however long it takes.
    pub(super) async fn send_for_long(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let sent = tokio::time::timeout(ANSWER, request.send()).await;
        let response = match sent {
            Ok(sent) => sent.map_err(|error| self.unreachable(error))?,
            Err(_) => return Err(self.silent()),
        };
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(response).await) }
    }

    /// The next piece of an answer; an error when the server falls silent in the middle.
    pub(super) async fn piece(&self, response: &mut Response) -> Result<Option<Vec<u8>>, ClientError> {
        match tokio::time::timeout(ANSWER, response.chunk()).await {
            Ok(piece) => Ok(piece.map_err(|error| self.unreachable(error))?.map(|bytes| bytes.to_vec())),
            Err(_) => Err(self.silent()),
        }
    }

    fn silent(&self) -> ClientError {
        ClientError::Unreachable { server: self.server.clone(), cause: "it does not answer".to_owned() }
    }

    /// What a refusal says.
    async fn refusal(&self, response: Response) -> ClientError {
        let status = response.status();
        let is_problem = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let problem = match self.body(response).await {
            Ok(bytes) if is_problem => serde_json::from_slice::<Problem>(&bytes).ok(),
            Ok(_) => None,
            Err(error) => return error,
        };
        match problem {
            Some(problem) if status == StatusCode::UNAUTHORIZED && problem.code == "not-signed-in" => {
                ClientError::NotAccepted {
                    server: self.server.clone(),
                    from_environment: self.from_environment,
                }
            }
            Some(problem) => ClientError::Refused { problem: Box::new(problem), retry_after },
            None => ClientError::Stranger {
                server: self.server.clone(),
                what: format!("it answers with {status}"),
            },
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, ClientError> {
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| self.unreachable(error))? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > MAX_ANSWER {
                let what = "its answer does not end".to_owned();
                return Err(ClientError::Stranger { server: self.server.clone(), what });
            }
        }
        Ok(bytes)
    }

    fn unreachable(&self, error: reqwest::Error) -> ClientError {
        ClientError::Unreachable { server: self.server.clone(), cause: innermost(&error.without_url()) }
    }
}

/// A request with a body.
pub(super) fn json(request: RequestBuilder, body: &impl Serialize) -> RequestBuilder {
    // Our own requests have text keys only.
    request.header(CONTENT_TYPE, "application/json").body(serde_json::to_vec(body).unwrap_or_default())
}

/// What lies at the bottom of an error: the system's own words, such as that nobody listens.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    let text = error.to_string();
    // The number of the system's error helps nobody here.
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// A part of a path, escaped.
pub(super) fn part(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
