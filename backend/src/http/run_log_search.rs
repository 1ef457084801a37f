//! `GET /api/v1/runs/{name}/logs/search`

use std::borrow::Cow;

use axum::http::StatusCode;
use berth_shared::{
    api::{LogChunk, LogHit, LogHits, Problem},
    log::{self, Needle, Row, RowJoiner},
};
use serde::Deserialize;

use super::{
    extract::{Here, Json, Path, Query},
    problem::Failure,
};

/// How much of a log is looked through for one request, bytes.
const SEARCHED: u64 = 16 << 20;

/// How much of a row is given, characters.
const EXCERPT: usize = 500;

/// What to look for, and where.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// A text, whatever the case of its letters; 1 to 1000 bytes. Colours and what a carriage return wrote over are not
    /// looked at.
    q: String,
    /// The `next` of the answer before; 0, the start, when absent.
    #[serde(default)]
    after: u64,
    /// How many rows at most, 1 to 1000.
    #[serde(default = "most")]
    limit: usize,
}

fn most() -> usize {
    100
}

/// Rows of a run's log that have a text in them, oldest first: at most `limit`, of the next 16 MiB of the log. Go on with
/// `next` until there is none.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}/logs/search",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name"), Params),
    responses(
        (status = 200, description = "the rows", body = LogHits),
        (status = 404, description = "no run has or had this name", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "there is nothing to look for", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn search(
    Here(app): Here,
    Path(name): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<LogHits>, Failure> {
    let needle = Needle::new(&params.q).ok_or_else(|| {
        let message = format!("`q` must have 1 to {} bytes", Needle::LIMIT);
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong-parameter", message)
    })?;
    let run = app.control.run(&name).await?.run.id;
    let mut search = Search::new(needle, params.limit.clamp(1, 1000));
    let (mut after, mut begun) = (params.after, None);
    loop {
        let chunk = app.control.logs(run, after).await?;
        let over = chunk.complete || chunk.next_offset <= after;
        after = chunk.next_offset.max(after);
        let begun = *begun.get_or_insert(chunk.offset);
        if let Some(next) = search.look(&chunk) {
            return Ok(Json(search.found(Some(next), next)));
        }
        if over {
            let next = search.end();
            return Ok(Json(search.found(next, next.unwrap_or(after))));
        }
        if after.saturating_sub(begun) >= SEARCHED {
            let next = search.rest().unwrap_or(after);
            return Ok(Json(search.found(Some(next), next)));
        }
    }
}

/// Looks through a log, one piece after the other.
struct Search {
    needle: Needle,
    limit: usize,
    hits: Vec<LogHit>,
    joiner: RowJoiner,
    /// The last row, which the next piece may go on with.
    rest: Option<Row>,
}

impl Search {
    fn new(needle: Needle, limit: usize) -> Self {
        Self { needle, limit, hits: Vec::new(), joiner: RowJoiner::default(), rest: None }
    }

    /// Looks through the next piece; where to go on when there are enough.
    fn look(&mut self, chunk: &LogChunk) -> Option<u64> {
        let mut rows: Vec<Row> = self.rest.take().into_iter().collect();
        log::rows(chunk, &mut self.joiner, &mut rows);
        if self.joiner.is_open() {
            self.rest = rows.pop();
        }
        rows.iter().find_map(|row| self.look_at(row))
    }

    /// The same of the last row; nothing goes on with it.
    fn end(&mut self) -> Option<u64> {
        let rest = self.rest.take()?;
        self.look_at(&rest)
    }

    /// Where the row begins that is not at its end.
    fn rest(&self) -> Option<u64> {
        self.rest.as_ref().map(|row| row.offset)
    }

    fn look_at(&mut self, row: &Row) -> Option<u64> {
        let odd = row.text.contains(|letter: char| letter.is_control() && letter != '\t');
        let text = if odd { Cow::Owned(log::plain(&row.text)) } else { Cow::Borrowed(&row.text) };
        if !self.needle.is_in(&text) {
            return None;
        }
        if self.hits.len() == self.limit {
            return Some(row.offset);
        }
        let text = text.chars().take(EXCERPT).collect();
        self.hits.push(LogHit { offset: row.offset, at: row.at, source: row.source, text });
        None
    }

    fn found(self, next: Option<u64>, searched: u64) -> LogHits {
        LogHits { hits: self.hits, next, searched }
    }
}
