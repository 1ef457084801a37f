//! `berth ps`

mod table;
mod watch;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use berth_shared::{
    api::{Page, Run},
    time::Timestamp,
};

use super::{
    client::{Access, Client, ClientError},
    failure::{Failure, finish},
    words::{Format, json_line},
};
use crate::clock::{Clock, SystemClock};

/// Arguments of `berth ps`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show finished runs too.
    #[arg(short, long)]
    all: bool,

    /// Show changes as they happen, until Ctrl+C.
    #[arg(short, long)]
    watch: bool,

    /// Show what each run has cost and why it ended, too.
    #[arg(short, long)]
    verbose: bool,

    /// How to print the result. JSON has everything about each run, and its cost in US dollars.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

/// A run in JSON.
#[derive(serde::Serialize)]
struct Told<'r> {
    #[serde(flatten)]
    run: &'r Run,
    /// US dollars so far.
    cost: f64,
}

/// Lists runs, newest first: those that are not finished, or else the last one that is.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        let client = args.access.client()?;
        if args.watch {
            return watch::watch(args, &client).await;
        }
        let runs = if args.all { client.all("/runs").await? } else { active_or_last(&client).await? };
        let mut out = io::stdout().lock();
        print(&mut out, args, &runs, SystemClock.now())?;
        Ok(out.flush()?)
    })
}

async fn active_or_last(client: &Client) -> Result<Vec<Run>, ClientError> {
    let active = client.all::<Run>("/runs?active=true").await?;
    if active.is_empty() { Ok(client.get::<Page<Run>>("/runs?limit=1").await?.items) } else { Ok(active) }
}

fn print(out: &mut dyn io::Write, args: &Args, runs: &[Run], now: Timestamp) -> Result<(), Failure> {
    let told = |run| Told { cost: Run::cost(run, now), run };
    match args.format {
        Format::Text if runs.is_empty() => writeln!(out, "No runs yet; `berth run` launches one")?,
        Format::Text => out.write_all(table::runs(runs, args.verbose, now).as_bytes())?,
        Format::Json => {
            let runs: Vec<_> = runs.iter().map(told).collect();
            json_line(out, &serde_json::json!({ "runs": runs }))?;
        }
        Format::Jsonl => runs.iter().try_for_each(|run| json_line(out, &told(run)))?,
    }
    Ok(())
}
