//! A small web application, as somebody would run it in an environment.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{
        Query, Request, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{any, get, post},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Serves until the test's runtime ends; gives its port. The sandbox shares the machine's network, so it is one of the environment.
pub(crate) async fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    tokio::spawn(async move { axum::serve(listener, routes()).await });
    port
}

fn routes() -> Router {
    Router::new()
        .route("/", get("the application"))
        .route("/said", any(said))
        .route("/length", post(length))
        .route("/echo", post(echo))
        .route("/many", get(many))
        .route("/events", get(events))
        .route("/socket", any(socket))
        .route("/cookies", get(cookies))
        .route("/away", get(away))
        .layer(axum::extract::DefaultBodyLimit::disable())
}

/// What it was asked, word for word.
async fn said(request: Request) -> Json<Value> {
    let lines: Vec<String> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    Json(json!({ "method": request.method().as_str(), "path": request.uri().to_string(), "headers": lines }))
}

/// How much was sent.
async fn length(body: Body) -> String {
    let mut body = body.into_data_stream();
    let mut length = 0;
    while let Some(Ok(piece)) = body.next().await {
        length += piece.len();
    }
    length.to_string()
}

/// Gives each piece back as it comes.
async fn echo(body: Body) -> Body {
    Body::from_stream(body.into_data_stream())
}

/// As many bytes as are asked for.
async fn many(Query(ask): Query<Vec<(String, usize)>>) -> Body {
    let wanted = ask.first().map_or(0, |(_, bytes)| *bytes);
    let piece = Bytes::from(vec![b'x'; 1 << 16]);
    let pieces = (0..wanted.div_ceil(piece.len())).map(move |n| {
        let left = wanted - n * piece.len();
        Ok::<_, Infallible>(piece.slice(..left.min(piece.len())))
    });
    Body::from_stream(stream::iter(pieces))
}

/// One event, and then nothing for as long as somebody listens.
async fn events() -> impl IntoResponse {
    let first = stream::iter([Ok::<_, Infallible>(Event::default().data("first"))]);
    Sse::new(first.chain(stream::pending())).keep_alive(KeepAlive::new().interval(Duration::from_secs(600)))
}

async fn socket(upgrade: WebSocketUpgrade, headers: HeaderMap) -> Response {
    // As careful programs do.
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let scheme = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok()).unwrap_or("http");
    if text(header::ORIGIN) != format!("{scheme}://{}", text(header::HOST)) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade.protocols(["chat"]).on_upgrade(talk)
}

async fn talk(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.next().await {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn cookies() -> Response {
    let mut response = "set".into_response();
    for cookie in ["own=1; Domain=localhost; Path=/", "berth_preview=stolen; Path=/", "berth_session=stolen"]
    {
        response.headers_mut().append(header::SET_COOKIE, cookie.parse().expect("a cookie"));
    }
    response
}

async fn away() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, "https://elsewhere.example/x?y")]).into_response()
}
