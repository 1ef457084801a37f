//! The log of a simulated job: a function of the job and the time. Its offsets are those that the log archive gives the
//! same lines.

use berth_shared::{
    api::{LogChunk, LogLine, LogSource},
    time::Timestamp,
};

use super::job::Job;
use crate::{logs, provider::JobObservation, supervisor::words};

/// How often a job says that it is there, in milliseconds.
const SIGN_EVERY: i64 = 60_000;
/// How often it says so at most: a log has an end.
const SIGNS: i64 = 1000;

/// A piece of the log from `after` on, of about [`logs::CHUNK_BYTES`].
pub(super) fn read(job: &Job, handle: &str, after: u64, now: Timestamp) -> LogChunk {
    let complete = job.has_ended(now);
    let mut start = 0;
    let mut chunk = LogChunk { offset: after, next_offset: after, complete, lines: Vec::new() };
    for line in lines(job, handle, now) {
        let end = start + logs::encoded_len(&line);
        if start >= after {
            if chunk.lines.is_empty() {
                chunk.offset = start;
            } else if end - chunk.offset > logs::CHUNK_BYTES as u64 {
                chunk.complete = false;
                return chunk;
            }
            chunk.lines.push(line);
            chunk.next_offset = end;
        }
        start = end;
    }
    if chunk.lines.is_empty() {
        chunk.offset = after.min(start);
        chunk.next_offset = chunk.offset;
    }
    chunk
}

/// Everything that was written until `now`, oldest first.
fn lines(job: &Job, handle: &str, now: Timestamp) -> Vec<LogLine> {
    let until = job.ends_at().map_or(now, |end| end.min(now));
    let mut lines = Vec::new();
    let mut say = |at: Timestamp, source, text: String| {
        if at <= until {
            lines.push(LogLine::new(at, source, text));
        }
    };
    say(
        job.begun_at,
        LogSource::System,
        format!("run {} on the simulated machine {handle}: no command below was run", job.run_name),
    );
    for step in &job.steps {
        let title = words::title(&step.command);
        say(step.begins_at, LogSource::System, format!("{}: {title}", step.place));
        let half = Timestamp(step.begins_at.0 + (step.ends_at.0 - step.begins_at.0) / 2);
        say(half, LogSource::Stdout, format!("(simulated) what `{title}` would write"));
        if step.exit.is_none() {
            say(step.ends_at, LogSource::System, format!("{}: done", step.place));
        }
    }
    if job.steps.last().is_none_or(|step| step.exit.is_none()) {
        let rests = job.steps.last().map_or(job.made_at, |step| step.ends_at);
        let signs = ((until.0 - rests.0) / SIGN_EVERY).clamp(0, SIGNS);
        for sign in 1..=signs {
            let text = format!("(simulated) here since {sign} min");
            say(Timestamp(rests.0 + sign * SIGN_EVERY), LogSource::Stdout, text);
        }
    }
    if let Some(stop) = job.stop.filter(|stop| stop.grace_seconds > 0) {
        let text = format!("stopping: processes have {} seconds to end", stop.grace_seconds);
        say(stop.asked_at, LogSource::System, text);
    }
    if let JobObservation::Ended { message: Some(message), at, .. } = job.observe(now) {
        say(at, LogSource::System, message);
    }
    lines.sort_by_key(|line| line.at);
    lines
}
