//! `GET /api/v1/audit`

use axum::extract::State;
use berth_shared::{api::AuditPage, time::Timestamp};
use serde::Deserialize;

use super::{
    App,
    extract::{Json, Query},
    problem::Failure,
};
use crate::audit::Filter;

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The `next` of the piece before; from the newest entry on when absent.
    before: Option<u64>,
    /// At most this many, 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Only what this person did.
    #[param(example = "ann")]
    actor: Option<String>,
    /// Only this word; with a dot at its end, all words that begin so: `run.`.
    #[param(example = "run.stop")]
    action: Option<String>,
    /// Only what was done to this: the name of a run, a person, a secret …
    #[param(example = "calm-otter-1")]
    target: Option<String>,
    /// Only from this moment on.
    since: Option<Timestamp>,
    /// Only before this moment.
    until: Option<Timestamp>,
}

/// Who did what, from where and when, newest first: whatever was changed by the API, the command line or over SSH, and what was refused.
/// `docs/audit.md` describes it.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "audit",
    params(Params),
    responses((status = 200, description = "a piece of the log", body = AuditPage, example = json!({
        "items": [{
            "seq": 42,
            "at": 1_790_000_000_000_i64,
            "actor": "ann",
            "via": "session",
            "address": "192.0.2.7",
            "action": "person.role",
            "target": "bob",
            "outcome": "done",
            "detail": "manager",
            "hash": "80a9106d2c8a443a3777123cfe5aab8aa46e8bb6431ccd24d8d3388a14f17db2"
        }],
        "next": 42
    }))),
)]
pub(super) async fn list(
    State(app): State<App>,
    Query(params): Query<Params>,
) -> Result<Json<AuditPage>, Failure> {
    let limit = params.limit.unwrap_or(100).clamp(1, 1000);
    let Params { before, actor, action, target, since, until, .. } = params;
    let filter = Filter { actor, action, target, since, until };
    let mut rows = app.audit.store().newest(&filter, before, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|last| last.seq.unsigned_abs());
    let items = rows.into_iter().map(|row| row.entry()).collect::<Result<_, _>>()?;
    Ok(Json(AuditPage { items, next }))
}
