//! `fetch` with typed answers and problems.

use berth_shared::{
    api::Problem,
    json::{FromJson, from_text},
};
use gloo_net::http::{Request, RequestBuilder, Response};
use serde::Serialize;

use super::{ApiError, doubt};
use crate::site::endpoint;

/// `GET`, the answer read as JSON.
///
/// # Errors
/// What the server says, or that it says nothing.
pub async fn get<T: FromJson>(path: &str) -> Result<T, ApiError> {
    json(send(Request::get(&endpoint(path))).await?).await
}

/// `GET` of what is not JSON.
///
/// # Errors
/// What the server says, or that it says nothing.
pub async fn bytes(path: &str) -> Result<Vec<u8>, ApiError> {
    let response = judge(Request::get(&endpoint(path)).send().await).await?;
    // The answer ends in the middle when the connection does.
    response.binary().await.map_err(|_| ApiError::Unreachable)
}

/// `POST` of a JSON body, the answer read as JSON.
///
/// # Errors
/// What the server says, or that it says nothing.
pub async fn post<B: Serialize + ?Sized, T: FromJson>(path: &str, body: &B) -> Result<T, ApiError> {
    json(send_json(Request::post(&endpoint(path)), body).await?).await
}

/// `POST` of a JSON body whose answer says nothing more than yes.
///
/// # Errors
/// What the server says, or that it says nothing.
pub async fn post_empty<B: Serialize + ?Sized>(path: &str, body: &B) -> Result<(), ApiError> {
    send_json(Request::post(&endpoint(path)), body).await.map(drop)
}

/// `PUT` of a JSON body, whose answer says nothing more than yes.
///
/// # Errors
/// What the server says, or that it says nothing.
pub async fn put<B: Serialize + ?Sized>(path: &str, body: &B) -> Result<(), ApiError> {
    send_json(Request::put(&endpoint(path)), body).await.map(drop)
}

/// `PUT` of bytes that the browser holds, whose answer says nothing more than yes.
///
/// # Errors
/// What the server says, or that it says nothing.
pub async fn put_blob(path: &str, kind: &str, body: &web_sys::Blob) -> Result<(), ApiError> {
    let request =
        Request::put(&endpoint(path)).header("accept", "application/json").header("content-type", kind);
    let request = request.body(body.clone()).map_err(|_| ApiError::Garbled(0))?;
    judge(request.send().await).await.map(drop)
}

/// `PATCH` with a JSON body, the answer read as JSON.
///
/// # Errors
/// What the server says, or that it says nothing.
pub async fn patch<B: Serialize + ?Sized, T: FromJson>(path: &str, body: &B) -> Result<T, ApiError> {
    json(send_json(Request::patch(&endpoint(path)), body).await?).await
}

/// `DELETE`, whose answer says nothing more than yes.
///
/// # Errors
/// What the server says, or that it says nothing.
pub async fn delete(path: &str) -> Result<(), ApiError> {
    send(Request::delete(&endpoint(path))).await.map(drop)
}

async fn send(request: RequestBuilder) -> Result<Response, ApiError> {
    judge(request.header("accept", "application/json").send().await).await
}

async fn send_json<B: Serialize + ?Sized>(request: RequestBuilder, body: &B) -> Result<Response, ApiError> {
    // A body that cannot be written as JSON would be a mistake of this page, not of the network.
    let request =
        request.header("accept", "application/json").json(body).map_err(|_| ApiError::Garbled(0))?;
    judge(request.send().await).await
}

async fn judge(answer: Result<Response, gloo_net::Error>) -> Result<Response, ApiError> {
    let response = answer.map_err(|_| ApiError::Unreachable)?;
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    if matches!(status, 401 | 403) {
        doubt();
    }
    let wait = response.headers().get("retry-after").and_then(|seconds| seconds.parse().ok());
    Err(match (read::<Problem>(&response).await, wait) {
        (Some(problem), Some(seconds)) if status == 429 => ApiError::TooMany(Box::new(problem), seconds),
        (Some(problem), _) => ApiError::Problem(Box::new(problem)),
        // A proxy in between answers for a server that is away.
        (None, _) if matches!(status, 502..=504) => ApiError::Unreachable,
        (None, _) => ApiError::Garbled(status),
    })
}

async fn json<T: FromJson>(response: Response) -> Result<T, ApiError> {
    read(&response).await.ok_or_else(|| ApiError::Garbled(response.status()))
}

async fn read<T: FromJson>(response: &Response) -> Option<T> {
    from_text(&response.text().await.ok()?).ok()
}
