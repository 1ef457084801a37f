//! `berth logs`

use std::{collections::VecDeque, io::Write as _, process::ExitCode};

use berth_shared::{
    api::{LogChunk, LogLine, RunDetail},
    time::Timestamp,
};
use clap_complete::ArgValueCompleter;

use super::{
    client::{Access, Client, complete_runs, meant, part},
    failure::{Failure, finish},
    flags::seconds,
    follow::{Follow, Step, print_lines},
    words::{Format, json_line},
};
use crate::clock::{Clock, SystemClock};

/// An offset beyond the end of every log, which JavaScript could hold, too.
const PAST: u64 = (1 << 53) - 1;
/// How much of the end is looked at first, bytes; four times as much each time that is too little.
const WINDOW: u64 = 64 * 1024;

/// Arguments of `berth logs`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the run.
    #[arg(value_name = "RUN", add = ArgValueCompleter::new(complete_runs))]
    run: String,

    /// Go on until the run ends; a server that is started anew is waited for.
    #[arg(short, long)]
    follow: bool,

    /// Only the last lines, of those that were written so far.
    #[arg(short, long, value_name = "LINES")]
    tail: Option<usize>,

    /// Only what was written in the last while: `10m`, `2h`.
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    since: Option<i64>,

    /// How to print the lines: `jsonl` has when each was written, and by what.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

/// Prints what a run's programs wrote.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(logs(args))
}

async fn logs(args: &Args) -> Result<(), Failure> {
    args.format.fits_follow(args.follow)?;
    let client = args.access.client()?;
    let path = format!("/runs/{}", part(&args.run));
    let detail: RunDetail = match client.get(&path).await {
        Ok(detail) => detail,
        Err(error) => return Err(meant(&client, &args.run, error).await),
    };
    let from = args.since.map(|seconds| SystemClock.now().plus_seconds(-seconds));
    let wanted = |line: &LogLine| from.is_none_or(|from: Timestamp| line.at >= from);
    let (offset, complete) = past(args, &client, &path, &wanted).await?;
    if !args.follow || complete {
        return Ok(());
    }
    let finished = detail.run.status.is_finished();
    let mut follow = Follow::begin(&client, detail.run.id, detail.seq, Some(offset), finished).await?;
    while let Some(step) = follow.next().await? {
        match step {
            Step::Log(chunk) => print(args, chunk.lines.iter().filter(|line| wanted(line)))?,
            Step::Away => eprintln!("note: the server is away; trying again"),
            Step::Back => eprintln!("note: the server is back"),
            Step::Deleted => eprintln!("note: the run was deleted, its log included"),
            Step::Run(_) => {}
        }
    }
    Ok(())
}

/// Prints what is there already; where it ends, and whether nothing follows.
async fn past(
    args: &Args,
    client: &Client,
    path: &str,
    wanted: &impl Fn(&LogLine) -> bool,
) -> Result<(u64, bool), Failure> {
    let mut kept = VecDeque::new();
    let collect = args.tail.is_some() || args.format == Format::Json;
    let mut after = begin(args, client, path, wanted).await?;
    let complete = loop {
        let mut chunk: LogChunk = client.get(&format!("{path}/logs?after={after}")).await?;
        let grown = chunk.next_offset > after;
        after = chunk.next_offset;
        chunk.lines.retain(wanted);
        if collect {
            kept.extend(chunk.lines);
            let limit = args.tail.unwrap_or(usize::MAX);
            kept.drain(..kept.len().saturating_sub(limit));
        } else {
            print(args, &chunk.lines)?;
        }
        if chunk.complete || !grown {
            break chunk.complete;
        }
    };
    if args.format == Format::Json {
        let mut out = std::io::stdout().lock();
        json_line(&mut out, &serde_json::json!({ "run": args.run, "complete": complete, "lines": kept }))?;
        out.flush()?;
    } else {
        print(args, &kept)?;
    }
    Ok((after, complete))
}

/// Where to begin to read, so that what is wanted is read and little else: the end of a log may be far from its beginning.
async fn begin(
    args: &Args,
    client: &Client,
    path: &str,
    wanted: &impl Fn(&LogLine) -> bool,
) -> Result<u64, Failure> {
    if args.tail.is_none() && args.since.is_none() {
        return Ok(0);
    }
    let read = async |after: u64| client.get::<LogChunk>(&format!("{path}/logs?after={after}")).await;
    // A server that does not know where its log ends repeats what it was asked.
    let end = read(PAST).await?.next_offset;
    if end == PAST {
        return Ok(0);
    }
    let (mut width, mut first) = (WINDOW, None);
    loop {
        let from = end.saturating_sub(width);
        let mut chunk = read(from).await?;
        // Nothing that is older is kept.
        if from == 0 || first == Some(chunk.offset) {
            return Ok(from);
        }
        first = Some(chunk.offset);
        // Whatever follows a line that is too old is all there is to want.
        if chunk.lines.first().is_some_and(|line| !wanted(line)) {
            return Ok(from);
        }
        if let Some(tail) = args.tail {
            let mut pieces = Vec::new();
            loop {
                pieces.push((chunk.offset, chunk.lines.iter().filter(|line| wanted(line)).count()));
                if chunk.complete || chunk.next_offset >= end || chunk.next_offset <= chunk.offset {
                    break;
                }
                chunk = read(chunk.next_offset).await?;
            }
            let mut lines = 0;
            let enough = pieces.iter().rfind(|(_, count)| {
                lines += count;
                lines >= tail
            });
            if let Some((offset, _)) = enough {
                return Ok(*offset);
            }
        }
        width = width.saturating_mul(4);
    }
}

fn print<'l>(args: &Args, lines: impl IntoIterator<Item = &'l LogLine>) -> Result<(), Failure> {
    if args.format == Format::Text {
        return Ok(print_lines(lines)?);
    }
    let mut out = std::io::stdout().lock();
    for line in lines {
        json_line(&mut out, line)?;
    }
    Ok(out.flush()?)
}
