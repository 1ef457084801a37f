//! `GET /api/v1/runs/{name}/logs/index`

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use berth_shared::{
    api::{LogIndex, Problem, RunId},
    log::Indexer,
};

use super::{
    extract::{Here, Json, Path},
    problem::Failure,
};

/// How many logs' indexes are kept: about 20 KB each at most.
const KEPT: usize = 64;

/// Indexes of logs that were asked for lately: a log only grows, so that the next question reads only what is new.
#[derive(Debug, Default)]
pub(crate) struct Indexes(Mutex<VecDeque<(RunId, Begun)>>);

/// An index as far as it has got. Locked while it is made, so that all who wait for it get the same.
type Begun = Arc<tokio::sync::Mutex<Indexer>>;

impl Indexes {
    fn of(&self, run: RunId) -> Begun {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(id, _)| *id == run).and_then(|at| kept.remove(at));
        let (_, index) = known.clone().unwrap_or_else(|| (run, Begun::default()));
        kept.push_back((run, Arc::clone(&index)));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        index
    }
}

/// A run's log in blocks of rows, so that any place of it can be gone to: a block is read from its offset on.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}/logs/index",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name")),
    responses(
        (status = 200, description = "the blocks", body = LogIndex),
        (status = 404, description = "no run has or had this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn index(Here(app): Here, Path(name): Path<String>) -> Result<Json<LogIndex>, Failure> {
    let run = app.control.run(&name).await?.run.id;
    let begun = app.log_indexes.of(run);
    let mut indexer = begun.lock().await;
    let first = app.control.logs(run, 0).await?;
    if indexer.index().marks.first().is_some_and(|mark| mark.offset != first.offset) {
        // The oldest of what was counted is gone, or the log is kept elsewhere now.
        *indexer = Indexer::default();
    }
    if indexer.index().marks.is_empty() {
        indexer.add(&first);
    }
    while !indexer.index().complete {
        let after = indexer.index().next_offset;
        let chunk = app.control.logs(run, after).await?;
        if chunk.next_offset < after {
            // It ends before what was counted: another one has taken its place.
            *indexer = Indexer::default();
            continue;
        }
        indexer.add(&chunk);
        if chunk.next_offset == after {
            break;
        }
    }
    Ok(Json(indexer.index().clone()))
}
