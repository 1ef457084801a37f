//! Gets of a log what the page has not.

use berth_shared::{
    api::{LogChunk, LogIndex, RunId, Topic},
    log::{self, RowJoiner},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{self, ApiError},
    live::{
        Feed,
        log_book::{LogBook, Missing},
        use_live,
    },
};

/// How long to wait when the server does not answer, milliseconds.
const RETRY: u32 = 2000;

/// Follows a run's log until the current component goes: first where its rows are, then what is written from then on.
pub(in crate::pages::run) fn follow(feed: &Feed, name: String, id: RunId) {
    let live = use_live();
    let log = feed.log.clone();
    let begun = RwSignal::new(log.with_untracked(LogBook::is_answered));
    Effect::new({
        let log = log.clone();
        move |_| {
            if begun.get() {
                let after = log.with_untracked(LogBook::next_offset);
                live.follow(Topic::Logs { run_id: id, after });
            }
        }
    });
    if begun.get_untracked() {
        return;
    }
    spawn_local(async move {
        loop {
            match api::get::<LogIndex>(&format!("/api/v1/runs/{name}/logs/index")).await {
                Ok(index) => {
                    log.update(|log| log.begin(&index));
                    break;
                }
                // Somebody deleted it, or the session is over: the page will say so.
                Err(ApiError::Problem(problem)) if problem.status < 500 => return,
                Err(_) => TimeoutFuture::new(RETRY).await,
            }
            if begun.is_disposed() {
                return;
            }
        }
        begun.try_set(true);
    });
}

/// Reads a block.
pub(in crate::pages::run) async fn block(
    log: &ArcRwSignal<LogBook>,
    name: &str,
    missing: Missing,
) -> Result<(), ApiError> {
    let (mut rows, mut joiner, mut after) = (Vec::new(), RowJoiner::default(), missing.offset);
    while after < missing.end {
        let chunk: LogChunk = api::get(&format!("/api/v1/runs/{name}/logs?after={after}")).await?;
        if chunk.lines.is_empty() || chunk.next_offset <= after || chunk.offset >= missing.end {
            break;
        }
        after = chunk.next_offset;
        log::rows(&chunk, &mut joiner, &mut rows);
    }
    log.update(|log| log.fill(missing, rows));
    Ok(())
}
