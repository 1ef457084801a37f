//! What surrounds every request: its number, its line in the log, the headers of every answer, and problems
//! instead of bare statuses.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use super::{App, problem::Failure, visitor::Visitor};

/// How long a request may take; a WebSocket's life is not part of it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The same for code that is brought.
const BRINGING: Duration = Duration::from_secs(3600);

/// Where code is brought to.
const CODE: &str = "/api/v1/code/";

/// Carries the request's number.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sent with every answer that does not bring its own.
///
/// `script-src` lets WebAssembly be compiled, and no inline script run: the page has none. It has no inline style either: what CodeMirror and
/// xterm.js would write as such goes into constructed sheets (`frontend/js/editor/styles.js`, `frontend/js/xterm.mjs`).
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                              object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// For a year browsers ask for nothing at this host in the open. Its subdomains are none of ours.
const HTTPS_ALONE: &str = "max-age=31536000";

/// What the page has no use for, and so no script in it.
const NO_DEVICES: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// Numbers requests: eight hexadecimal digits that differ from start to start, then a count.
#[derive(Debug)]
pub(super) struct RequestIds {
    start: u32,
    count: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(start: u32) -> Self {
        Self { start, count: AtomicU64::new(0) }
    }

    fn next(&self) -> String {
        format!("{:08x}-{}", self.start, self.count.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

pub(super) async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = app.request_ids.next();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let from = request.extensions().get::<Visitor>().map(|visitor| visitor.address.to_string());
    let insists = host(&request).is_some_and(|host| app.names.insists_on_https(host));
    let (project, is_named) = super::project::of(&request);
    let project = is_named.then(|| project.to_owned());
    let span = tracing::info_span!("request", id, %method, path, project, from);
    async {
        let mut response = match tokio::time::timeout(limit(&method, &path), next.run(request)).await {
            Ok(response) => problems(response, &id, path.starts_with("/api/")),
            Err(_) => Failure::timeout().render(&id),
        };
        tracing::debug!(status = response.status().as_u16());
        app.metrics.answered(response.status());
        headers(&mut response, &id, insists);
        response
    }
    .instrument(span)
    .await
}

/// How long a request may take. How slowly a large body may come, its handler says.
pub(super) fn limit(method: &Method, path: &str) -> Duration {
    if path.starts_with(CODE) && method == Method::PUT { BRINGING } else { TIMEOUT }
}

/// Makes a problem of a failure, and of the bare statuses that the router answers with by itself.
fn problems(response: Response, id: &str, api: bool) -> Response {
    if let Some(failure) = response.extensions().get::<Arc<Failure>>() {
        match &failure.cause {
            Some(cause) if failure.status.is_server_error() => {
                tracing::error!(code = failure.code, cause, "failed");
            }
            _ => tracing::info!(code = failure.code, detail = %failure.detail, "refused"),
        }
        let mut answer = failure.render(id);
        for (name, value) in response.headers() {
            if name == header::SET_COOKIE || name == header::ALLOW {
                answer.headers_mut().append(name, value.clone());
            }
        }
        return answer;
    }
    if !api {
        return response;
    }
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let mut answer = Failure::wrong_method().render(id);
    if let Some(allow) = response.headers().get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    answer
}

fn host(request: &Request) -> Option<&str> {
    request.headers().get(header::HOST)?.to_str().ok()
}

fn headers(response: &mut Response, id: &str, insists_on_https: bool) {
    let headers = response.headers_mut();
    if insists_on_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ALONE));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("permissions-policy"), NO_DEVICES),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
