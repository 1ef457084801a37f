//! `GET /api/v1/events`

use berth_shared::api::{EventPage, EventSeq, Problem};
use serde::Deserialize;

use super::{
    extract::{By, Here, Json, Query},
    problem::Failure,
};

/// Which piece of the past.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The `next` of the piece before; from the first event on when absent.
    #[serde(default)]
    after: EventSeq,
    /// At most this many, 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Only what concerns the run of this name: the one that has it now, else the newest that had it.
    run: Option<String>,
}

/// What happened in the project, oldest first: one event for each transition of a run, an attempt or an instance. Numbers that are not
/// there are another project's, and whoever asks on from `next` misses nothing.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "events",
    params(Params),
    responses(
        (status = 200, description = "a piece of the past", body = EventPage),
        (status = 404, description = "no run has or had this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    Here(app): Here,
    By(caller): By,
    Query(params): Query<Params>,
) -> Result<Json<EventPage>, Failure> {
    let limit = params.limit.unwrap_or(100).clamp(1, 1000);
    let (mut items, newest) = match &params.run {
        Some(name) => {
            let detail = app.control.run(name).await?;
            let mut events = detail.events;
            events.retain(|event| event.seq > params.after);
            (events, detail.seq)
        }
        None => {
            // Asked first: what is read is then not behind it.
            let newest = *app.control.newest().borrow();
            let stored = app.control.events_after(params.after, limit).await?;
            let read = stored.last().map(|last| last.event.seq);
            let newest = read.map_or(newest, |last| last.max(newest));
            let all = stored.into_iter().map(|stored| stored.event);
            let items = all.filter(|event| caller.hears_of(event.project.as_deref())).collect();
            return Ok(Json(EventPage { items, next: read.unwrap_or(params.after), newest }));
        }
    };
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().map(|event| event.seq);
    // Of one run: what follows its last event up to the newest one concerns others.
    let next = if more { last.unwrap_or(params.after) } else { newest.max(params.after) };
    Ok(Json(EventPage { items, next, newest }))
}
