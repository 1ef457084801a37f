//! `PUT /api/v1/code/{sha256}`

use std::{fmt::Write as _, time::Duration};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use berth_shared::api::{
    Problem,
    code::{is_sha256, size},
};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    code::no_sha256,
    extract::{By, Here, MAX_DISCARDED, Path},
    problem::Failure,
};
use crate::{
    control::Refused,
    store::{CODE_PIECE, CodeStore},
};

/// For how long nothing may come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends the code of a launch: a tar, compressed with gzip, whose SHA-256 is in the address. What it is for is said by the launch
/// (`code` of `POST /api/v1/runs`). Kept while an unfinished run needs it, and for a week after it was sent or named by a launch.
#[utoipa::path(
    put,
    path = "/api/v1/code/{sha256}",
    tag = "runs",
    params(("sha256" = String, Path, description = "SHA-256 of the body, 64 hexadecimal digits in lower case")),
    request_body(content_type = "application/gzip", description = "the archive"),
    responses(
        (status = 204, description = "it is there"),
        (status = 413, description = "`code-too-large`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`code-invalid`, `code-damaged`: the body has another SHA-256", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn put(
    Here(app): Here,
    By(caller): By,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Failure> {
    if !is_sha256(&sha256) {
        return Err(no_sha256());
    }
    let said =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|length| length > app.code_limit) {
        discard(&mut body.into_data_stream()).await;
        return Err(too_large(app.code_limit));
    }
    let (upload, now) = (app.new_id(), app.clock.now());
    let store = app.control.code();
    store.begin(upload, &caller.user, &sha256, now).await.map_err(Refused::from)?;
    let taken = take(store, upload, &sha256, app.code_limit, body).await;
    let done = match taken {
        Ok(size) => {
            store.complete(upload, size, app.clock.now()).await.map_err(|error| Refused::from(error).into())
        }
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => {
            tracing::info!(user = caller.user, sha256, "code was brought");
            Ok(StatusCode::NO_CONTENT)
        }
        Err(failure) => {
            // What stays goes by itself, a day later.
            let _ = store.abandon(upload).await;
            Err(failure)
        }
    }
}

/// Keeps a body, piece by piece; gives its size.
async fn take(
    store: &dyn CodeStore,
    upload: Uuid,
    sha256: &str,
    limit: u64,
    body: Body,
) -> Result<u64, Failure> {
    let mut stream = body.into_data_stream();
    let mut digest = Sha256::new();
    let (mut length, mut number) = (0_u64, 0_u32);
    let mut piece = Vec::with_capacity(CODE_PIECE);
    loop {
        let next: Option<Result<Bytes, _>> = timeout(PATIENCE, stream.next()).await.map_err(|_| broken())?;
        let Some(bytes) = next else { break };
        let mut bytes = bytes.map_err(|_| broken())?;
        length += bytes.len() as u64;
        if length > limit {
            discard(&mut stream).await;
            return Err(too_large(limit));
        }
        digest.update(&bytes);
        while !bytes.is_empty() {
            let room = (CODE_PIECE - piece.len()).min(bytes.len());
            piece.extend_from_slice(&bytes.split_to(room));
            if piece.len() == CODE_PIECE {
                store.append(upload, number, &piece).await.map_err(Refused::from)?;
                number += 1;
                piece.clear();
            }
        }
    }
    if !piece.is_empty() {
        store.append(upload, number, &piece).await.map_err(Refused::from)?;
    }
    let found = digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    if found != sha256 {
        let detail =
            format!("the body's SHA-256 is {found}, not {sha256}: it was changed or cut off on its way");
        return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "code-damaged", detail));
    }
    Ok(length)
}

/// Reads some of what is not taken and throws it away, so that its sender gets to read the answer instead of a broken connection.
async fn discard(stream: &mut BodyDataStream) {
    let mut length = 0;
    while let Ok(Some(Ok(bytes))) = timeout(PATIENCE, stream.next()).await {
        length += bytes.len();
        if length > MAX_DISCARDED {
            return;
        }
    }
}

fn broken() -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "unreadable-body", "the body ended before it was complete")
}

fn too_large(limit: u64) -> Failure {
    let detail = format!(
        "the code is larger than the {} that this server takes, compressed; whoever runs it can change that with \
         `--code-limit`",
        size(limit)
    );
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "code-too-large", detail)
}
