//! `GET /api/v1/audit/export`

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse as _, Response},
};
use berth_shared::{api::AuditEntry, time::Timestamp};
use futures_util::stream;
use serde::Deserialize;

use super::{App, audited::Note, extract::Query, problem::Failure};
use crate::{
    audit::Filter,
    store::{AuditStore, StoreError},
};

/// How many entries are read at once.
const PIECE: u32 = 500;

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// One entry as JSON on each line, to the letter: what `docs/audit.md` verifies.
    #[default]
    Jsonl,
    /// A table for spreadsheets: RFC 4180, with a line of names. Texts that a spreadsheet would take for a formula have a `'` before them.
    Csv,
}

/// Which entries, and how they are written.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// `jsonl` when absent.
    #[param(inline)]
    format: Option<Format>,
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

/// The audit log as a file, oldest first. All of it, as `jsonl`, carries its chain of hashes along.
#[utoipa::path(
    get,
    path = "/api/v1/audit/export",
    tag = "audit",
    params(Params),
    responses((status = 200, description = "the entries, a line each", content(
        (String = "application/x-ndjson", example = "{\"seq\":42,\"at\":1790000000000,\"actor\":\"ann\",\"via\":\"session\",\"address\":\"192.0.2.7\",\"action\":\"person.role\",\"target\":\"bob\",\"outcome\":\"done\",\"detail\":\"manager\",\"hash\":\"80a9106d2c8a443a3777123cfe5aab8aa46e8bb6431ccd24d8d3388a14f17db2\"}\n"),
        (String = "text/csv", example = "seq,at,actor,via,address,action,target,outcome,detail,hash\r\n42,2026-09-21T14:13:20.000Z,ann,session,192.0.2.7,person.role,bob,done,manager,80a9106d2c8a443a3777123cfe5aab8aa46e8bb6431ccd24d8d3388a14f17db2\r\n"),
    ))),
)]
pub(super) async fn export(
    State(app): State<App>,
    note: Note,
    Query(params): Query<Params>,
) -> Result<Response, Failure> {
    let Params { format, actor, action, target, since, until } = params;
    let format = format.unwrap_or_default();
    let filter = Filter { actor, action, target, since, until };
    note.detail(if filter == Filter::default() { "all of it" } else { "a part of it" });
    let (kind, name, head) = match format {
        Format::Jsonl => ("application/x-ndjson", "jsonl", ""),
        Format::Csv => ("text/csv; charset=utf-8", "csv", HEAD),
    };
    let mut reading = Reading { store: app.audit.store().clone(), filter, format, after: 0, is_over: false };
    // What cannot be read at all is a refusal rather than half a file.
    let first = [head.as_bytes(), &reading.piece().await?].concat();
    let rest = stream::try_unfold(reading, |mut reading| async {
        let piece = reading.piece().await?;
        Ok::<_, StoreError>((!piece.is_empty()).then(|| (Bytes::from(piece), reading)))
    });
    let first = stream::iter([Ok(Bytes::from(first))]);
    let headers: [(HeaderName, String); 2] = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"berth-audit.{name}\"")),
    ];
    Ok((headers, Body::from_stream(futures_util::StreamExt::chain(first, rest))).into_response())
}

/// A log that is being sent.
struct Reading {
    store: AuditStore,
    filter: Filter,
    format: Format,
    after: u64,
    is_over: bool,
}

impl Reading {
    /// The next lines; none = there are no more. An error breaks the connection, so that nobody takes half a log for a whole one.
    async fn piece(&mut self) -> Result<Vec<u8>, StoreError> {
        let mut text = Vec::new();
        if self.is_over {
            return Ok(text);
        }
        let rows = self.store.oldest(&self.filter, self.after, PIECE).await?;
        self.is_over = rows.len() < PIECE as usize;
        for row in rows {
            let entry = row.entry()?;
            self.after = entry.seq;
            match self.format {
                Format::Jsonl => {
                    // Numbers and texts: there is nothing in them that JSON could not say.
                    text.extend(serde_json::to_vec(&entry).unwrap_or_default());
                    text.push(b'\n');
                }
                Format::Csv => text.extend(line(&entry).into_bytes()),
            }
        }
        Ok(text)
    }
}

/// The names of the columns.
const HEAD: &str = "seq,at,actor,via,address,action,target,outcome,detail,hash\r\n";

fn line(entry: &AuditEntry) -> String {
    let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
    let cells = [
        entry.seq.to_string(),
        entry.at.rfc3339(),
        text(&entry.actor),
        entry.via.as_str().to_owned(),
        text(&entry.address),
        cell(&entry.action),
        text(&entry.target),
        entry.outcome.as_str().to_owned(),
        text(&entry.detail),
        cell(&entry.hash),
    ];
    format!("{}\r\n", cells.join(","))
}

/// A text in a table, which is no formula.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_formula_or_another_cell() {
        let cells = ["plain", "a,b", "say \"no\"", "=1+1", "@x", "-1", "+1", "", "=a,\"b\""].map(cell);
        insta::assert_snapshot!(cells.join("|"), @r#"plain|"a,b"|"say ""no"""|'=1+1|'@x|'-1|'+1||"'=a,""b""""#);
    }
}
