//! One run, followed to its end: what becomes of it, and its log.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use berth_shared::api::{EventSeq, LogChunk, LogLine, LogSource, Run, RunId, ServerMessage};
use tokio::time::timeout;

use super::client::{Client, ClientError, Live, Seen};

/// How long a log may be silent after its run is over until nothing more is expected of it.
const SILENCE: Duration = Duration::from_secs(10);

/// What happens.
pub(super) enum Step {
    /// The run is as this now.
    Run(Box<Run>),
    /// More of its log.
    Log(LogChunk),
    /// Somebody deleted it.
    Deleted,
    /// The server is away, and waited for.
    Away,
    /// It is back.
    Back,
}

/// Follows a run.
pub(super) struct Follow<'c> {
    live: Live<'c>,
    run: RunId,
    finished: bool,
    log_complete: bool,
}

impl<'c> Follow<'c> {
    /// Follows `run` from the event `after` on, and its log from `offset` when there is one. `finished` says what is known
    /// of the run.
    pub(super) async fn begin(
        client: &'c Client,
        run: RunId,
        after: EventSeq,
        offset: Option<u64>,
        finished: bool,
    ) -> Result<Self, ClientError> {
        let mut live = Live::open(client, Some(after)).await?;
        if let Some(offset) = offset {
            live.follow_log(run, offset).await;
        }
        Ok(Self { live, run, finished, log_complete: offset.is_none() })
    }

    /// What happens next; `None` when the run is over and its log is complete. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<Option<Step>, ClientError> {
        loop {
            if self.finished && self.log_complete {
                return Ok(None);
            }
            let seen = if self.finished {
                match timeout(SILENCE, self.live.next()).await {
                    Ok(seen) => seen?,
                    Err(_) => return Ok(None),
                }
            } else {
                self.live.next().await?
            };
            match seen {
                Seen::Away => return Ok(Some(Step::Away)),
                Seen::Back => return Ok(Some(Step::Back)),
                Seen::Message(message) => {
                    if let Some(step) = self.take(*message) {
                        return Ok(Some(step));
                    }
                }
            }
        }
    }

    fn take(&mut self, message: ServerMessage) -> Option<Step> {
        let is_it = |run: &Run| run.id == self.run;
        match message {
            ServerMessage::Event { deleted_run: Some(deleted), .. } if deleted == self.run => {
                (self.finished, self.log_complete) = (true, true);
                Some(Step::Deleted)
            }
            ServerMessage::Event { run: Some(run), .. } if is_it(&run) => {
                self.finished = run.status.is_finished();
                Some(Step::Run(run))
            }
            ServerMessage::Snapshot { runs, .. } => {
                let Some(run) = runs.into_iter().find(is_it) else {
                    // Over for so long that a snapshot leaves it out.
                    self.finished = true;
                    return None;
                };
                self.finished = run.status.is_finished();
                Some(Step::Run(Box::new(run)))
            }
            ServerMessage::Log { run_id, chunk, .. } if run_id == self.run => {
                self.log_complete = chunk.complete;
                (!chunk.lines.is_empty()).then_some(Step::Log(chunk))
            }
            ServerMessage::Error { code, .. } if code == "unknown-run" => {
                (self.finished, self.log_complete) = (true, true);
                Some(Step::Deleted)
            }
            _ => None,
        }
    }
}

/// Writes lines as the programs wrote them to standard output; what Berth says itself goes to standard error.
pub(super) fn print_lines<'l>(lines: impl IntoIterator<Item = &'l LogLine>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    // Written at once, for a line each is slow.
    let mut bytes = Vec::new();
    for line in lines {
        if line.source == LogSource::System {
            // In the order in which they came.
            out.write_all(&bytes)?;
            out.flush()?;
            bytes.clear();
            eprintln!("[berth] {}", super::words::visible(&line.text));
        } else {
            line.write_to(&mut bytes);
        }
    }
    out.write_all(&bytes)?;
    out.flush()
}
