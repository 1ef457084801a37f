//! `GET /api/v1/runs/{name}/logs/download`

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use berth_shared::{
    api::{LogChunk, LogSource, Problem, RunId},
    log::RowJoiner,
};
use futures_util::stream;
use serde::Deserialize;

use super::{
    extract::{Here, Path, Query},
    problem::Failure,
};
use crate::control::{Control, Refused};

/// An offset beyond the end of every log.
const PAST: u64 = (1 << 53) - 1;

/// How it is written.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// Whether each line begins with when it was written (RFC 3339, UTC, milliseconds), and the lines of Berth itself are
    /// there, too, marked `[berth]`. Without, what programs wrote and nothing else.
    #[serde(default)]
    timestamps: bool,
}

/// What a run's programs wrote so far, standard output and standard error in the order in which they were written, to the
/// byte.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{name}/logs/download",
    tag = "runs",
    params(("name" = String, Path, description = "the run's name"), Params),
    responses(
        (status = 200, description = "the bytes", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "no run has or had this name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn download(
    Here(app): Here,
    Path(name): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Failure> {
    let run = app.control.run(&name).await?.run;
    // What is written meanwhile is not waited for.
    let end = app.control.logs(run.id, PAST).await?.next_offset;
    let reading = Reading {
        control: Arc::clone(&app.control),
        run: run.id,
        after: 0,
        end,
        writer: Writer { timestamps: params.timestamps, joiner: RowJoiner::default(), open: false },
    };
    let pieces = stream::try_unfold(reading, Reading::next);
    let disposition = format!("attachment; filename=\"{}.log\"", run.name);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// A log that is being sent.
struct Reading {
    control: Arc<dyn Control>,
    run: RunId,
    after: u64,
    end: u64,
    writer: Writer,
}

impl Reading {
    /// The next piece; an error breaks the connection, so that nobody takes half a log for a whole one.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Refused> {
        loop {
            if self.after >= self.end {
                return Ok(None);
            }
            let chunk = self.control.logs(self.run, self.after).await?;
            if chunk.lines.is_empty() && chunk.next_offset <= self.after {
                return Ok(None);
            }
            self.after = chunk.next_offset;
            let bytes = self.writer.written(&chunk);
            if !bytes.is_empty() {
                return Ok(Some((bytes.into(), self)));
            }
        }
    }
}

/// Makes bytes of the pieces of a log.
struct Writer {
    timestamps: bool,
    joiner: RowJoiner,
    /// Whether what was written last has no line end.
    open: bool,
}

impl Writer {
    fn written(&mut self, chunk: &LogChunk) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in &chunk.lines {
            if !self.timestamps {
                if line.source != LogSource::System {
                    line.write_to(&mut bytes);
                }
                continue;
            }
            if !self.joiner.joins(line) {
                if self.open {
                    bytes.push(b'\n');
                }
                bytes.extend_from_slice(line.at.rfc3339().as_bytes());
                bytes.push(b' ');
                if line.source == LogSource::System {
                    bytes.extend_from_slice(b"[berth] ");
                }
            }
            line.write_to(&mut bytes);
            self.open = line.open;
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{api::LogLine, time::Timestamp};

    use super::*;

    fn written(timestamps: bool) -> String {
        let line = |source, text: &str, open| LogLine { open, ..LogLine::new(Timestamp(0), source, text) };
        let lines = vec![
            line(LogSource::System, "setup 1 of 1: x", false),
            line(LogSource::Stdout, "10%\r", true),
            line(LogSource::Stdout, "20%", true),
            line(LogSource::Stderr, "oops", false),
            line(LogSource::Stdout, "30%", false),
            line(LogSource::Stdout, "the end", true),
        ];
        let chunk = LogChunk { offset: 0, next_offset: 0, complete: true, lines };
        let mut writer = Writer { timestamps, joiner: RowJoiner::default(), open: false };
        String::from_utf8(writer.written(&chunk)).expect("text")
    }

    #[test]
    fn bytes_are_in_the_order_in_which_they_were_written() {
        assert_eq!(written(false), "10%\r20%oops\n30%\nthe end");
    }

    #[test]
    fn with_times_each_row_has_one() {
        let expected = "T [berth] setup 1 of 1: x\nT 10%\r20%\nT oops\nT 30%\nT the end";
        assert_eq!(written(true), expected.replace('T', "1970-01-01T00:00:00.000Z"));
    }
}
