//! Sends an archive to the server, unless it is there.

use std::time::Duration;

use berth_shared::api::{CodeAnswer, CodeArchive};
use reqwest::{Method, header::CONTENT_TYPE};

use super::pack::Packed;
use crate::cli::{client::Client, failure::Failure};

/// The least that a connection is worth waiting for, bytes a second.
const SLOWEST: u64 = 32 * 1024;

/// The largest archive that the server takes, bytes; `None` when it takes none at all.
pub(super) async fn limit(client: &Client) -> Result<Option<u64>, Failure> {
    match client.get::<CodeAnswer>("/code").await {
        Ok(answer) => Ok(Some(answer.limit)),
        Err(error) if error.problem().is_some_and(|problem| problem.status == 404) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Has the server have it.
pub(super) async fn send(client: &Client, packed: Packed) -> Result<CodeArchive, Failure> {
    let Packed { bytes, archive, .. } = packed;
    let answer: CodeAnswer = client.get(&format!("/code?sha256={}", archive.sha256)).await?;
    if !answer.there {
        let patience = Duration::from_secs(60 + archive.size / SLOWEST);
        let request = client.request(Method::PUT, &format!("/code/{}", archive.sha256));
        client.send_within(request.header(CONTENT_TYPE, "application/gzip").body(bytes), patience).await?;
    }
    Ok(archive)
}
